"""Which plan holds for a request: a phone's script, its magic number, then the rules."""

from dataclasses import replace

from pokea.simulator.world import ids
from pokea.simulator.world.model import World
from pokea.simulator.world.plans import (
    PAYEE_PREFIX,
    PAYER_PREFIX,
    Plan,
    Rule,
    magic_plan,
    overlay,
)
from pokea.simulator.world.scene import OwnPlan, Scene

_CHANCES = 1_000_000


def plan_for(scene: Scene, product: str, msisdn: str = "", own: OwnPlan = "none") -> Plan:
    """The plan of one request; using it up is part of asking."""
    world = scene.world
    plan = _own_plan(world, msisdn, own)
    for rule in list(world.rules):
        if _applies(world, rule, product, msisdn):
            plan = overlay(plan, rule.plan)
    if plan.sync == "token_revoked" and msisdn:
        plan = _once_per_phone(world, plan, msisdn)
    return plan


def _own_plan(world: World, msisdn: str, own: OwnPlan) -> Plan:
    if own == "none":
        return Plan()
    if own == "payee":
        return magic_plan(msisdn, PAYEE_PREFIX) or Plan()
    phone = world.phones.get(msisdn)
    if phone is not None and phone.script:
        return phone.script.pop(0)
    magic = magic_plan(msisdn, PAYER_PREFIX)
    if magic is not None:
        return magic
    if phone is not None and not phone.on:
        return Plan(action="off")
    if msisdn and ids.draw(world, 100) < world.switches.autopilot_percent:
        return Plan(action="pay")
    return Plan()


def _applies(world: World, rule: Rule, product: str, msisdn: str) -> bool:
    if rule.product not in {"", product} or rule.phone not in {"", msisdn}:
        return False
    if ids.draw(world, _CHANCES) >= rule.probability * _CHANCES:
        return False
    if rule.times:
        rule.times -= 1
        if rule.times == 0:
            world.rules.remove(rule)
    return True


def _once_per_phone(world: World, plan: Plan, msisdn: str) -> Plan:
    # The token dies once; the client's second try with a new token is served.
    if msisdn in world.revoked_for:
        world.revoked_for.discard(msisdn)
        return replace(plan, sync="none")
    world.revoked_for.add(msisdn)
    return plan
