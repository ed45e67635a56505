"""What really happened: movements of money, prompts, and the posts that were made."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from pokea.simulator.side_door.deps import Sim
from pokea.simulator.world.model import Movement, Prompt
from pokea.simulator.world.wire import shillings_text

router = APIRouter(prefix="/_sim", tags=["truth"])
Limit = Annotated[int, Query(ge=1, le=100_000)]


class MovementView(BaseModel):
    """One movement of money; amounts as decimal strings, and exactly in cents."""

    number: int
    receipt: str
    kind: str
    at: datetime
    amount: str
    amount_cents: int
    fee: str
    debit: str
    credit: str
    phone: str
    shortcode: str
    reference: str
    checkout_id: str
    merchant_request_id: str
    conversation_id: str
    originator_conversation_id: str
    reverses: str
    reversed_by: str


class Truth(BaseModel):
    """Every movement after ``since``, and the proof that no money was made or lost."""

    total: int
    sum_of_all_accounts: str
    movements: list[MovementView]


class PromptTruth(BaseModel):
    """One STK push and its real end."""

    checkout_id: str
    merchant_request_id: str
    shortcode: str
    phone: str
    amount: str
    reference: str
    callback_url: str
    state: str
    result_code: str
    result_desc: str
    receipt: str
    opened_at: datetime
    settled_at: datetime | None


class DeliveryView(BaseModel):
    """One post to a merchant, and the status of the answer; 0 is no answer."""

    at: datetime
    url: str
    purpose: str
    status: int
    body: str


def _movement(found: Movement) -> MovementView:
    return MovementView(
        number=found.number,
        receipt=found.receipt,
        kind=found.kind,
        at=found.at,
        amount=shillings_text(found.amount),
        amount_cents=found.amount,
        fee=shillings_text(found.fee),
        debit=found.debit,
        credit=found.credit,
        phone=found.phone,
        shortcode=found.shortcode,
        reference=found.reference,
        checkout_id=found.checkout_id,
        merchant_request_id=found.merchant_request_id,
        conversation_id=found.conversation_id,
        originator_conversation_id=found.originator_conversation_id,
        reverses=found.reverses,
        reversed_by=found.reversed_by,
    )


def _prompt(found: Prompt) -> PromptTruth:
    return PromptTruth(
        checkout_id=found.checkout_id,
        merchant_request_id=found.merchant_request_id,
        shortcode=found.shortcode,
        phone=found.phone,
        amount=shillings_text(found.amount),
        reference=found.reference,
        callback_url=found.callback_url,
        state=found.state,
        result_code=found.result_code,
        result_desc=found.result_desc,
        receipt=found.receipt,
        opened_at=found.opened_at,
        settled_at=found.settled_at,
    )


@router.get("/truth")
async def show_truth(sim: Sim, since: int = 0, limit: Limit = 10_000) -> Truth:
    """Every movement of money with a number above ``since``, oldest first."""
    movements = sim.world.movements
    start = max(0, since)
    return Truth(
        total=len(movements),
        sum_of_all_accounts=shillings_text(sum(sim.world.accounts.values())),
        movements=[_movement(found) for found in movements[start : start + limit]],
    )


@router.get("/prompts")
async def list_prompts(sim: Sim, limit: Limit = 1000) -> list[PromptTruth]:
    """The latest STK pushes, newest last, and how they really ended."""
    return [_prompt(found) for found in list(sim.world.prompts.values())[-limit:]]


@router.get("/accounts")
async def list_accounts(sim: Sim) -> dict[str, str]:
    """Every account and its balance; they add up to 0.00, always."""
    return {name: shillings_text(cents) for name, cents in sim.world.accounts.items()}


@router.get("/deliveries")
async def list_deliveries(sim: Sim) -> list[DeliveryView]:
    """The latest posts to merchants' servers, and what these answered."""
    return [
        DeliveryView(
            at=found.at,
            url=found.post.url,
            purpose=found.post.purpose,
            status=found.status,
            body=found.post.body,
        )
        for found in sim.deliveries
    ]


@router.get("/calls")
async def count_calls(sim: Sim) -> dict[str, int]:
    """How often each of Safaricom's paths was called, whatever the answer was."""
    return dict(sim.calls)
