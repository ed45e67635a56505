"""``/v1/c2b_receipts``: money paid by hand, whose it is, and a person's word on it.

Source: API section 6.
"""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from pokea.domain.ids import ReceiptId
from pokea.domain.receipt import ReceiptRecord
from pokea.flows.match_by_hand import (
    WantedPart,
    match_by_hand,
    own_receipt,
    unmatch_by_hand,
    verify_receipt,
)
from pokea.flows.open_payment import Merchant
from pokea.flows.represent_receipt import represent_receipt
from pokea.http.api.fields import AmountField, Text
from pokea.http.api.listing import customer_id as read_customer
from pokea.http.api.listing import page_as_json, receipt_filter
from pokea.http.api.listing import payment_id as read_payment
from pokea.http.api.listing import receipt_id as read_id
from pokea.http.deps import MerchantDep, Web, WebDep
from pokea.http.errors import Problem
from pokea.http.strict_json import StrictRoute

router = APIRouter(prefix="/v1/c2b_receipts", tags=["c2b_receipts"], route_class=StrictRoute)

PARTS_MAX = 100
BY_API = "api"
"""Who matched, for the books, until keys have owners with names."""


class PartRequest(BaseModel):
    """A part of the money and its owner: a payment or a customer."""

    model_config = ConfigDict(extra="forbid", strict=True, arbitrary_types_allowed=True)

    amount: AmountField
    payment: Text | None = None
    customer: Text | None = None


class MatchRequest(BaseModel):
    """Whose the money is: one payment, one customer, or parts that add up to it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    payment: Text | None = None
    customer: Text | None = None
    parts: Annotated[list[PartRequest], Field(max_length=PARTS_MAX)] = Field(
        default_factory=list[PartRequest]
    )


@router.get("")
async def list_receipts(request: Request, site: WebDep, asking: MerchantDep) -> dict[str, Any]:
    """A page of money paid by hand, newest first; ``status=unmatched`` is the queue."""
    wanted = receipt_filter(request, asking)
    page = await site.deps.db.read(lambda tx: tx.receipts.page(wanted))
    return page_as_json("/v1/c2b_receipts", page, partial(_as_json, site), limit=wanted.limit)


@router.get("/{receipt_id}")
async def get(receipt_id: str, site: WebDep, asking: MerchantDep) -> dict[str, Any]:
    """One receipt."""
    return _as_json(site, await _own(site, asking, _named(receipt_id)))


@router.post("/{receipt_id}/match")
async def match(
    receipt_id: str, body: MatchRequest, site: WebDep, asking: MerchantDep
) -> dict[str, Any]:
    """Say whose the money is. A match that was made is not made again: 409."""
    named = _named(receipt_id)
    record = await _own(site, asking, named)
    parts = _parts(body, record)
    return _as_json(site, await match_by_hand(site.deps, asking, named, parts, BY_API))


@router.post("/{receipt_id}/unmatch")
async def unmatch(receipt_id: str, site: WebDep, asking: MerchantDep) -> dict[str, Any]:
    """Take the money back from its owner; what pays a payment in full stays."""
    named = _named(receipt_id)
    return _as_json(site, await unmatch_by_hand(site.deps, asking, named))


@router.post("/{receipt_id}/verify", status_code=202)
async def verify(receipt_id: str, site: WebDep, asking: MerchantDep) -> dict[str, Any]:
    """Ask Safaricom about the receipt now; its answer comes by callback, seconds later."""
    named = _named(receipt_id)
    return _as_json(site, await verify_receipt(site.deps, asking, named))


def _as_json(site: Web, record: ReceiptRecord) -> dict[str, Any]:
    token = site.deps.phones.payer_token(record.account_id, record.payer)
    return represent_receipt(record, phone_token=token)


def _named(text: str) -> ReceiptId:
    try:
        return read_id(text)
    except ValueError:
        raise Problem(
            "receipt_not_found", "There is no such receipt of money by hand."
        ) from None


async def _own(site: Web, asking: Merchant, receipt_id: ReceiptId) -> ReceiptRecord:
    return await site.deps.db.read(lambda tx: own_receipt(tx, asking, receipt_id))


def _parts(body: MatchRequest, record: ReceiptRecord) -> list[WantedPart]:
    """What is asked for, as parts.

    Raises:
        Problem: nobody, or several at once, are named.
    """
    if body.parts and not (body.payment or body.customer):
        return [_part(part) for part in body.parts]
    if body.parts:
        raise Problem("invalid_field", "Give an owner or parts, not both.", param="parts")
    return [
        _part(
            PartRequest.model_construct(
                amount=record.amount, payment=body.payment, customer=body.customer
            )
        )
    ]


def _part(part: PartRequest) -> WantedPart:
    if (part.payment is None) is (part.customer is None):
        raise Problem("invalid_field", "Name a payment or a customer.", param="payment")
    try:
        return WantedPart(
            amount=part.amount,
            payment_id=None if part.payment is None else read_payment(part.payment),
            customer_id=None if part.customer is None else read_customer(part.customer),
        )
    except ValueError:
        code = "payment_not_found" if part.customer is None else "customer_not_found"
        raise Problem(code, "There is no such owner.", param="parts") from None
