"""Customers who pay by hand, and the day's statement as the organisation portal exports it."""

import csv
import io
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from pokea.simulator.side_door.deps import Sim, normal_msisdn
from pokea.simulator.world import c2b
from pokea.simulator.world.genesis import PAYBILL
from pokea.simulator.world.model import EAT, Movement, World, organisation_account
from pokea.simulator.world.wire import shillings_text

router = APIRouter(prefix="/_sim", tags=["customers"])

# No real sample of 2026 was found (DEPENDENCIES 20): a descriptive block, then these columns.
COLUMNS = (
    "Receipt No.",
    "Completion Time",
    "Details",
    "Transaction Status",
    "Withdrawn",
    "Paid In",
    "Balance",
    "Balance Confirmed",
    "Transaction Type",
    "Other Party Info",
    "Transaction Party Details",
    "Linked Transaction ID",
)
_TYPES = {
    "stk": "Pay Bill Online",
    "c2b": "Pay Bill",
    "ratiba": "Standing Order",
    "b2c": "Business Payment to Customer via API",
    "b2pochi": "Business Payment to Pochi via API",
    "b2b": "Business Pay Bill",
    "b2b_express": "Merchant to Business Payment",
    "tax": "Pay Tax to KRA",
    "reversal": "Transaction Reversal",
}
Account = Literal["utility", "working", "merchant", "charges"]


class PayByHand(BaseModel):
    """A customer opens the menu and pays."""

    model_config = ConfigDict(extra="forbid")

    msisdn: str
    shortcode: str = Field(default=PAYBILL, description="a paybill or a till number")
    amount: str | int = Field(description="shillings")
    account: str = Field(default="", max_length=100)


class PaidByHand(BaseModel):
    """How it went."""

    state: Literal["validating", "paid", "refused"]
    receipt: str
    reason: str


@router.post("/c2b")
async def pay_by_hand(sim: Sim, wanted: PayByHand) -> PaidByHand:
    """Pay a paybill or a till; answers when the merchant's validation has."""
    organisation = c2b.organisation_of(sim.world, wanted.shortcode)
    text = str(wanted.amount)
    if organisation is None:
        raise HTTPException(404, f"there is no business {wanted.shortcode}")
    if not text.isascii() or not text.isdigit() or not 0 < Decimal(text) <= 10**6:
        raise HTTPException(422, "the amount is whole shillings, at least 1")
    payment = await sim.perform(
        lambda scene: c2b.pay_by_hand(
            scene,
            organisation,
            normal_msisdn(wanted.msisdn),
            amount=int(text) * 100,
            reference=wanted.account,
        )
    )
    receipt = payment.receipt if payment.state == "paid" else ""
    return PaidByHand(state=payment.state, receipt=receipt, reason=payment.reason)


@router.get("/statement.csv", response_class=Response)
async def statement(
    sim: Sim,
    shortcode: str = PAYBILL,
    day: Annotated[date | None, Query(description="in Nairobi; today when left out")] = None,
    account: Account | None = None,
) -> Response:
    """The day's movements of one account, oldest first."""
    organisation = c2b.organisation_of(sim.world, shortcode)
    if organisation is None:
        raise HTTPException(404, f"there is no business {shortcode}")
    chosen = account or ("merchant" if organisation.kind == "till" else "utility")
    on = day or sim.clock.now().astimezone(EAT).date()
    text = _statement(sim.world, organisation.shortcode, chosen, on)
    return Response(text, media_type="text/csv; charset=utf-8")


def _statement(world: World, shortcode: str, account: str, day: date) -> str:
    organisation = world.organisations[shortcode]
    name = organisation_account(shortcode, account)
    start = datetime.combine(day, time(), EAT)
    end = start + timedelta(days=1)
    rows = [
        row
        for movement in world.movements
        if start <= movement.at < end and (row := _row(world, movement, name))
    ]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["Organization", organisation.name])
    writer.writerow(["Short Code", shortcode])
    writer.writerow(["Account", f"{account.title()} Account"])
    writer.writerow(["Time Period", f"{start:%d-%m-%Y %H:%M:%S} to {start:%d-%m-%Y} 23:59:59"])
    writer.writerow([])
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    return out.getvalue()


def _row(world: World, movement: Movement, account: str) -> list[str]:
    """One line, or nothing when the movement did not touch the account."""
    kind = _TYPES.get(movement.kind, movement.kind)
    withdrawn = paid_in = ""
    if movement.debit == account:
        withdrawn, left = shillings_text(-movement.amount), movement.debit_balance
    elif movement.credit == account:
        paid_in, left = shillings_text(movement.amount), movement.credit_balance
    elif movement.fee and movement.fee_from == account:
        withdrawn, left = shillings_text(-movement.fee), movement.fee_balance
        kind = f"{kind} Charge"
    else:
        return []
    other = movement.debit if movement.credit == account else movement.credit
    party = _party(world, other)
    details = f"{kind} {party}"
    if movement.reference:
        details += f" Acc. {movement.reference}"
    return [
        movement.receipt,
        f"{movement.at.astimezone(EAT):%d-%m-%Y %H:%M:%S}",
        details,
        "Completed",
        withdrawn,
        paid_in,
        shillings_text(left),
        "TRUE",
        kind,
        party,
        movement.reference,
        movement.reverses,
    ]


def _party(world: World, account: str) -> str:
    """``2547******678 - WANJIKU`` or ``600992 - Safaricom Daraja 992``."""
    kind, _, rest = account.partition(":")
    number = rest.partition(":")[0]
    if kind == "phone":
        first = world.phones[number].name.upper().partition(" ")[0]
        return f"{number[:4]}*****{number[9:]} - {first}"
    organisation = world.organisations.get(number)
    return f"{number} - {organisation.name}" if organisation else number
