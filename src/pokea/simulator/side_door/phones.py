"""Phones: their state, their next action, and their owner's answer."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Body, HTTPException
from pydantic import BaseModel, ConfigDict, Field

from pokea.simulator.engine import Engine
from pokea.simulator.side_door.deps import Msisdn, Sim
from pokea.simulator.world import money
from pokea.simulator.world.model import Phone, Prompt, World, phone_account
from pokea.simulator.world.phones import phone_of
from pokea.simulator.world.plans import Action, Plan, is_magic
from pokea.simulator.world.scene import Scene
from pokea.simulator.world.step import OwnerAnswered
from pokea.simulator.world.stk_outcome import by_itself
from pokea.simulator.world.wire import shillings_text

router = APIRouter(prefix="/_sim/phones", tags=["phones"])
_SHOWN = 12  # phones on the page: the people, and the latest strangers


class PromptView(BaseModel):
    """A prompt on a screen."""

    checkout_id: str
    payee: str
    amount: str
    reference: str
    expires_at: datetime
    expires_in_s: float


class SmsView(BaseModel):
    """A message."""

    at: datetime
    text: str


class PhoneView(BaseModel):
    """A phone as its page shows it."""

    msisdn: str
    name: str
    balance: str
    on: bool
    locked: bool
    language: str
    prompt: PromptView | None
    next: list[Action]
    inbox: list[SmsView]


class PhoneEdit(BaseModel):
    """What an operator may change about a phone."""

    model_config = ConfigDict(extra="forbid")

    on: bool | None = None
    locked: bool | None = None
    name: str | None = Field(default=None, max_length=40)
    balance: str | None = Field(default=None, pattern=r"^\d{1,9}(\.\d{2})?$")
    language: Literal["en", "sw"] | None = None
    registered: bool | None = None
    pochi: bool | None = None


class OwnerAnswer(BaseModel):
    """What the owner does with the prompt on the screen: a PIN, Cancel, or an action."""

    model_config = ConfigDict(extra="forbid")

    pin: str | None = Field(default=None, pattern=r"^\d{4}$")
    cancel: bool = False
    action: Action | None = None
    checkout_id: str | None = None


class PromptResult(BaseModel):
    """How a prompt stands."""

    checkout_id: str
    state: str
    result_code: str
    result_desc: str
    receipt: str


def open_prompts(world: World) -> dict[str, Prompt]:
    """The prompt on each phone's screen: the oldest that is open and shown."""
    found: dict[str, Prompt] = {}
    for prompt in world.open_prompts.values():
        if prompt.shown:
            found.setdefault(prompt.phone, prompt)
    return found


def shown_phones(engine: Engine) -> list[PhoneView]:
    """The phones with a face: magic numbers answer by themselves and are left out."""
    world, prompts = engine.world, open_prompts(engine.world)
    ordinary = [phone for phone in world.phones.values() if not is_magic(phone.msisdn)]
    strangers = ordinary[4:][-_SHOWN:]
    waiting = [p for p in ordinary[4:-_SHOWN] if p.msisdn in prompts][-_SHOWN:]
    return [_view(engine, phone, prompts) for phone in [*ordinary[:4], *waiting, *strangers]]


def _view(engine: Engine, phone: Phone, prompts: dict[str, Prompt]) -> PhoneView:
    prompt = prompts.get(phone.msisdn) if phone.on else None
    return PhoneView(
        msisdn=phone.msisdn,
        name=phone.name,
        balance=shillings_text(money.phone_balance(engine.world, phone)),
        on=phone.on,
        locked=phone.locked,
        language=phone.language,
        prompt=None if prompt is None else _prompt_view(engine, prompt),
        next=[plan.action for plan in phone.script],
        inbox=[SmsView(at=sms.at, text=sms.text) for sms in reversed(phone.inbox)],
    )


def _prompt_view(engine: Engine, prompt: Prompt) -> PromptView:
    left = (prompt.expires_at - engine.clock.now()).total_seconds()
    return PromptView(
        checkout_id=prompt.checkout_id,
        payee=engine.world.organisations[prompt.shortcode].name,
        amount=shillings_text(prompt.amount),
        reference=prompt.reference,
        expires_at=prompt.expires_at,
        expires_in_s=max(0.0, left),
    )


@router.get("")
async def list_phones(sim: Sim) -> list[PhoneView]:
    """The phones with a face."""
    return shown_phones(sim)


@router.get("/{msisdn}")
async def show_phone(sim: Sim, msisdn: Msisdn) -> PhoneView:
    """One phone; whoever is asked for exists from then on."""
    phone = sim.change(lambda scene: phone_of(scene, msisdn))
    return _view(sim, phone, open_prompts(sim.world))


@router.patch("/{msisdn}")
async def edit_phone(sim: Sim, msisdn: Msisdn, edit: PhoneEdit) -> PhoneView:
    """Switch it off, give it money, unlock its PIN, rename its owner."""
    phone = sim.change(lambda scene: _edit(scene, msisdn, edit))
    return _view(sim, phone, open_prompts(sim.world))


def _edit(scene: Scene, msisdn: str, edit: PhoneEdit) -> Phone:
    phone = phone_of(scene, msisdn)
    if edit.on is not None:
        phone.on = edit.on
    if edit.locked is not None:
        phone.locked, phone.wrong_pins = edit.locked, 0
    if edit.name is not None:
        phone.name = edit.name
    if edit.language is not None:
        phone.language = edit.language
    if edit.registered is not None:
        phone.registered = edit.registered
    if edit.pochi is not None:
        phone.pochi = edit.pochi
    if edit.balance is not None:
        whole, _, cents = edit.balance.partition(".")
        money.open_account(
            scene.world, phone_account(msisdn), int(whole) * 100 + int(cents or "0")
        )
    return phone


@router.post("/{msisdn}/next")
async def script_phone(
    sim: Sim, msisdn: Msisdn, plans: Annotated[Plan | list[Plan], Body()]
) -> PhoneView:
    """Script the next outcome, or several; with it the phone answers by itself."""
    wanted = plans if isinstance(plans, list) else [plans]
    phone = sim.change(lambda scene: phone_of(scene, msisdn))
    phone.script.extend(wanted)
    return _view(sim, phone, open_prompts(sim.world))


@router.delete("/{msisdn}/next")
async def clear_script(sim: Sim, msisdn: Msisdn) -> PhoneView:
    """Forget what was scripted."""
    phone = sim.change(lambda scene: phone_of(scene, msisdn))
    phone.script.clear()
    return _view(sim, phone, open_prompts(sim.world))


@router.post("/{msisdn}/answer")
async def answer_prompt(sim: Sim, msisdn: Msisdn, given: OwnerAnswer) -> PromptResult:
    """Answer the prompt on the screen, as its owner does at /phone."""
    prompt = open_prompts(sim.world).get(msisdn)
    if given.checkout_id is not None:
        prompt = sim.world.open_prompts.get(given.checkout_id)
    if prompt is None or prompt.phone != msisdn:
        raise HTTPException(409, "there is no prompt on this phone")
    if given.action is not None:
        action = given.action
        sim.change(lambda scene: _act(scene, prompt, action))
    elif given.cancel or given.pin is not None:
        pin = "" if given.cancel else given.pin or ""
        await sim.ask(OwnerAnswered(checkout_id=prompt.checkout_id, pin=pin))
    else:
        raise HTTPException(422, 'send {"pin": "1234"} or {"cancel": true}')
    return PromptResult(
        checkout_id=prompt.checkout_id,
        state=prompt.state,
        result_code=prompt.result_code,
        result_desc=prompt.result_desc,
        receipt=prompt.receipt,
    )


def _act(scene: Scene, prompt: Prompt, action: Action) -> None:
    prompt.plan.action = action
    by_itself(scene, prompt)
