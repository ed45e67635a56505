"""Named scenarios: a few rules and switches under one word."""

from dataclasses import dataclass, field, replace
from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel

from pokea.simulator.side_door.deps import Sim
from pokea.simulator.world.model import Switches
from pokea.simulator.world.plans import Plan, Rule
from pokea.simulator.world.scene import Scene

router = APIRouter(prefix="/_sim/scenarios", tags=["cruelty"])


@dataclass(frozen=True, slots=True)
class Scenario:
    """What a name stands for."""

    about: str
    rules: tuple[Rule, ...] = ()
    switches: dict[str, Any] = field(default_factory=dict[str, Any])


class ScenarioView(BaseModel):
    """A name and what it does."""

    name: str
    about: str


_PUSH, _QUERY, _ANY = "stk_push", "stk_query", ""


def _rule(product: str, plan: Plan, probability: float = 1.0) -> Rule:
    return Rule(product=product, plan=plan, probability=probability)


def _all(plan: Plan) -> tuple[Rule, ...]:
    return (_rule(_ANY, plan),)


def _money(plan: Plan) -> tuple[Rule, ...]:
    """For what moves money only; a token that never comes is another story."""
    return tuple(_rule(product, plan) for product in (_PUSH, "b2c", "b2pochi", "b2b", "tax"))


SCENARIOS: dict[str, Scenario] = {
    "calm": Scenario("No faults, no rules, everything as usual"),
    "friday_evening": Scenario(
        "Customers pay by themselves; 8 % cancel, 4 % mistype, 2 % lose the callback",
        (
            _rule(_PUSH, Plan(action="cancel"), 0.08),
            _rule(_PUSH, Plan(action="wrong_pin"), 0.04),
            _rule(_PUSH, Plan(callback="drop"), 0.02),
        ),
        {"autopilot_percent": 100},
    ),
    "callbacks_lost": Scenario("No callback ever arrives", _all(Plan(callback="drop"))),
    "callbacks_twice": Scenario("Every callback twice", _all(Plan(callback="twice"))),
    "callbacks_shuffled": Scenario(
        "Callbacks up to 90 seconds late, so in any order",
        _all(Plan(callback_jitter_s=90.0)),
    ),
    "callbacks_early": Scenario(
        "The callback arrives before the answer", _all(Plan(callback="before_ack"))
    ),
    "other_types": Scenario(
        "Numbers as strings, items shuffled and missing",
        (_rule(_ANY, Plan(callback_types="strings", callback_missing=("Balance",))),),
        {"shuffle_items": True},
    ),
    "wrong_amount": Scenario(
        "The callback tells half the amount", (_rule(_PUSH, Plan(callback_amount="half")),)
    ),
    "late_success": Scenario(
        "The prompt expires, and five minutes later it is paid after all",
        (_rule(_PUSH, Plan(action="ignore", late_success_s=300.0)),),
    ),
    "query_contradicts": Scenario(
        "STK query says failed, whatever happened", (_rule(_PUSH, Plan(query="failed")),)
    ),
    "timeout_money_moved": Scenario(
        "No answer to the request, but the money moves",
        _money(Plan(sync="timeout_after")),
    ),
    "timeout_nothing_happened": Scenario(
        "No answer, and nothing happened", _money(Plan(sync="timeout_before"))
    ),
    "daraja_down": Scenario("HTML 503 from the firewall", _all(Plan(sync="html_503"))),
    "daraja_flaky": Scenario(
        "A fifth of all calls fail, each in another way",
        (
            _rule(_ANY, Plan(sync="json_500"), 0.05),
            _rule(_ANY, Plan(sync="json_503"), 0.05),
            _rule(_ANY, Plan(sync="html_503"), 0.05),
            _rule(_ANY, Plan(sync="reset_before"), 0.05),
        ),
    ),
    "daraja_slow": Scenario("Five seconds to every answer", _all(Plan(sync_delay_s=5.0))),
    "tokens_die": Scenario(
        "Tokens live a minute, and a new one retires the old",
        (),
        {"token_life_s": 60, "reissue_retires_token": True},
    ),
    "rate_limited": Scenario(
        "5 STK queries a minute, 5 calls a second",
        (),
        {"query_per_minute": 5, "spike_arrest_per_s": 5},
    ),
    "sandbox_lies": Scenario(
        "As the real sandbox: C2B callbacks at 40 %, every fifth query a 500",
        (
            _rule("c2b_simulate", Plan(callback="drop"), 0.6),
            _rule(_QUERY, Plan(query="error"), 0.2),
        ),
    ),
    "production": Scenario(
        "Production habits: https, one registration, one prompt per phone, rule 17",
        (),
        {"habits": "production"},
    ),
}


@router.get("")
async def list_scenarios() -> list[ScenarioView]:
    """Every name, and what it does."""
    return [ScenarioView(name=name, about=found.about) for name, found in SCENARIOS.items()]


@router.post("/{name}")
async def play_scenario(sim: Sim, name: str) -> ScenarioView:
    """Replace the rules and switches by a scenario's."""
    found = SCENARIOS.get(name)
    if found is None:
        raise HTTPException(404, f"known scenarios: {', '.join(SCENARIOS)}")
    sim.change(lambda scene: _play(scene, found))
    return ScenarioView(name=name, about=found.about)


def _play(scene: Scene, found: Scenario) -> None:
    scene.world.rules[:] = [replace(rule) for rule in found.rules]
    scene.world.switches = replace(Switches(), **found.switches)
