"""Faults by rule, and the switches between documentation, sandbox and production."""

from dataclasses import asdict, fields, replace
from typing import Annotated, Any

from fastapi import APIRouter, Body, HTTPException
from pydantic import TypeAdapter, ValidationError

from pokea.simulator.side_door.deps import Sim, normal_msisdn
from pokea.simulator.world.model import Switches
from pokea.simulator.world.plans import Plan, Rule

router = APIRouter(prefix="/_sim", tags=["cruelty"])
_RULE_FIELDS = frozenset(item.name for item in fields(Rule)) - {"plan"}
_RULE = TypeAdapter(Rule)
_SWITCHES = TypeAdapter(Switches)


@router.get("/faults")
async def list_faults(sim: Sim) -> list[Rule]:
    """The rules in force."""
    return sim.world.rules


@router.post("/faults", status_code=201)
async def add_fault(sim: Sim, wanted: Annotated[dict[str, Any], Body()]) -> Rule:
    """Add a rule: ``product``, ``phone``, ``probability``, ``times``, and any faults of a plan.

    ``{"product": "stk_push", "probability": 0.2, "sync": "html_503"}`` refuses every fifth
    push; ``{"phone": "0712345678", "callback": "drop", "times": 1}`` loses one callback.
    """
    rule = {key: value for key, value in wanted.items() if key in _RULE_FIELDS}
    plan = {key: value for key, value in wanted.items() if key not in _RULE_FIELDS}
    if rule.get("phone"):
        rule["phone"] = normal_msisdn(str(rule["phone"]))
    try:
        made = _RULE.validate_python(rule | {"plan": plan})
    except ValidationError as error:
        raise HTTPException(422, error.errors(include_context=False)) from error
    sim.change(lambda scene: scene.world.rules.append(made))
    return made


@router.delete("/faults")
async def clear_faults(sim: Sim) -> list[Rule]:
    """Be kind again: drop every rule and every scripted action."""

    def forget() -> None:
        sim.world.rules.clear()
        for phone in sim.world.phones.values():
            phone.script.clear()

    sim.change(lambda _: forget())
    return []


@router.get("/plan")
async def default_plan() -> Plan:
    """Every field that a script or a rule may set, with its usual value."""
    return Plan()


@router.get("/switches")
async def show_switches(sim: Sim) -> Switches:
    """How this Safaricom behaves."""
    return sim.world.switches


@router.patch("/switches")
async def change_switches(sim: Sim, wanted: Annotated[dict[str, Any], Body()]) -> Switches:
    """Change some switches; the others stay."""
    known = {item.name for item in fields(Switches)}
    unknown = sorted(set(wanted) - known)
    if unknown:
        raise HTTPException(422, f"unknown switches: {', '.join(unknown)}")
    try:
        made = _SWITCHES.validate_python(asdict(sim.world.switches) | wanted)
    except ValidationError as error:
        raise HTTPException(422, error.errors(include_context=False)) from error
    sim.change(lambda scene: setattr(scene.world, "switches", replace(made)))
    return made
