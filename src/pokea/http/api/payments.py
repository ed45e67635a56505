"""``/v1/payments``: ask for money, look, try again, cancel. Source: API sections 3, 5, 6.1."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from pokea.domain.capability import path_for
from pokea.domain.ids import PaymentId
from pokea.domain.instructions import instructions
from pokea.domain.payment import PaymentState
from pokea.flows.cancel_payment import cancel_payment
from pokea.flows.open_payment import AlreadyBound, Merchant, NewPayment, open_payment
from pokea.flows.represent import represent_instructions, represent_payment
from pokea.flows.retry_payment import retry_payment
from pokea.flows.show_payment import Shown, show_page, show_payment, watch_payment
from pokea.http.api.fields import (
    AccountReferenceField,
    AmountField,
    CustomerField,
    LongText,
    Metadata,
    PhoneField,
    Text,
    WebUrl,
)
from pokea.http.api.idempotent import (
    BindingDatabase,
    KeyHeader,
    KeyIsBound,
    Replay,
    first_answer,
    key_of,
    replay_of,
)
from pokea.http.api.listing import page_as_json, payment_filter
from pokea.http.api.listing import payment_id as read_id
from pokea.http.deps import MerchantDep, Web, WebDep
from pokea.http.errors import Problem
from pokea.http.strict_json import StrictRoute

router = APIRouter(prefix="/v1/payments", tags=["payments"], route_class=StrictRoute)

CHECKOUT: str = "pay"
"""The purpose in a checkout path's MAC."""

WaitSeconds = Annotated[
    int,
    Query(ge=0, le=30, description="Answer when the payment has ended, or after this long."),
]


class PaymentRequest(BaseModel):
    """What a merchant asks for. Without ``phone`` the customer gives it at ``checkout_url``."""

    model_config = ConfigDict(extra="forbid", strict=True, arbitrary_types_allowed=True)

    amount: AmountField
    currency: Literal["KES"] = "KES"
    method: Literal["stk_push"] = "stk_push"
    phone: PhoneField | None = None
    shortcode: Text | None = None
    account_reference: AccountReferenceField | None = None
    customer: CustomerField | None = None
    description: LongText | None = None
    reference: Text | None = None
    return_url: WebUrl | None = None
    expires_in: Annotated[int, Field(ge=60, le=30 * 86_400)] = 900
    allow_partial: bool = False
    metadata: Metadata = Field(default_factory=dict)


class PromptRequest(BaseModel):
    """Prompt again, on the same payment; without ``phone``, the same phone."""

    model_config = ConfigDict(extra="forbid", strict=True, arbitrary_types_allowed=True)

    phone: PhoneField | None = None


@router.post("", status_code=201)
async def create(
    body: PaymentRequest,
    request: Request,
    site: WebDep,
    asking: MerchantDep,
    idempotency_key: KeyHeader = None,
    wait: WaitSeconds = 0,
) -> Response:
    """Open a payment and prompt the phone. 201 means recorded; only ``status`` says paid."""
    key = await key_of(request, asking, idempotency_key)
    _check_shortcode(body.shortcode, asking)
    outcome = await open_payment(site.deps, asking, _wanted(body), key)
    replayed = isinstance(outcome, AlreadyBound)
    if isinstance(outcome, AlreadyBound):
        replay = await replay_of(site, key, outcome.record)
        if isinstance(replay, Replay):
            return replay.response
        payment_id = PaymentId(replay)
    else:
        payment_id = outcome.payment_id
    shown = await own_payment(site, asking, payment_id, wait=wait)
    return await first_answer(
        site, key, status=201, body=as_json(site, shown), replayed=replayed
    )


@router.get("")
async def list_payments(request: Request, site: WebDep, asking: MerchantDep) -> dict[str, Any]:
    """A page of payments, newest first."""
    wanted = payment_filter(request, asking)
    page = await show_page(site.deps, wanted)
    return page_as_json(
        "/v1/payments",
        page,
        partial(as_json, site),
        limit=wanted.limit,
        backwards=wanted.ending_before is not None,
    )


@router.get("/{payment_id}")
async def get(
    payment_id: str, site: WebDep, asking: MerchantDep, wait: WaitSeconds = 0
) -> dict[str, Any]:
    """One payment."""
    return as_json(site, await own_payment(site, asking, named_payment(payment_id), wait=wait))


@router.post("/{payment_id}/attempts", status_code=201)
async def prompt_again(
    payment_id: str,
    body: PromptRequest,
    request: Request,
    site: WebDep,
    asking: MerchantDep,
    idempotency_key: KeyHeader = None,
) -> Response:
    """Prompt again on the same payment; at most one prompt is ever in flight."""
    key = await key_of(request, asking, idempotency_key)
    shown = await own_payment(site, asking, named_payment(payment_id))
    phone = body.phone or (shown.attempt.phone if shown.attempt else None)
    if phone is None:
        raise Problem(
            "invalid_phone", "This payment has no phone yet: give one.", param="phone"
        )
    binding = BindingDatabase(site.deps, key, shown.payment.id)
    replayed = False
    try:
        await retry_payment(
            replace(site.deps, db=binding), shown.payment.id, phone, asking.till
        )
    except KeyIsBound as bound:
        replayed = True
        replay = await replay_of(site, key, bound.record)
        if isinstance(replay, Replay):
            return replay.response
    shown = await own_payment(site, asking, shown.payment.id)
    return await first_answer(
        site, key, status=201, body=as_json(site, shown), replayed=replayed
    )


@router.post("/{payment_id}/cancel")
async def cancel(payment_id: str, site: WebDep, asking: MerchantDep) -> dict[str, Any]:
    """Give up, while nobody is being asked."""
    named = named_payment(payment_id)
    await cancel_payment(site.deps, asking.account_id, named)
    return as_json(site, await own_payment(site, asking, named))


def as_json(site: Web, shown: Shown) -> dict[str, Any]:
    """A payment as the API shows it, with where its customer pays, and how without a prompt."""
    path = path_for(shown.payment.id, purpose=CHECKOUT, key=site.deps.path_keys[0])
    by_hand = instructions(shown.payment, site.till, most=site.deps.payment_max)
    return represent_payment(shown.payment, shown.attempt) | {
        "checkout_url": f"{site.base_url}/pay/{path}",
        "instructions": None if by_hand is None else represent_instructions(by_hand),
    }


def named_payment(text: str) -> PaymentId:
    """The payment that an address names."""
    try:
        return read_id(text)
    except ValueError:
        raise Problem("payment_not_found", "There is no such payment.") from None


async def own_payment(
    site: Web, asking: Merchant, payment_id: PaymentId, *, wait: int = 0
) -> Shown:
    """A payment of this merchant, in this mode; anybody else's does not exist."""
    shown = await show_payment(site.deps, payment_id)
    if (
        shown is None
        or shown.payment.account_id != asking.account_id
        or shown.payment.livemode is not asking.livemode
    ):
        raise Problem("payment_not_found", "There is no such payment.")
    return shown if wait == 0 else await _wait(site, shown, wait)


async def _wait(site: Web, shown: Shown, seconds: int) -> Shown:
    try:
        async with asyncio.timeout(seconds):
            async for later in watch_payment(site.deps, shown.payment.id, asyncio.sleep):
                shown = later
                if shown.payment.state is not PaymentState.PROCESSING:
                    break
    except TimeoutError:
        pass
    return shown


def _wanted(body: PaymentRequest) -> NewPayment:
    return NewPayment(
        amount=body.amount,
        phone=body.phone,
        account_reference=body.account_reference,
        customer_id=body.customer,
        reference=body.reference,
        description=body.description,
        return_url=body.return_url,
        expires_in=timedelta(seconds=body.expires_in),
        allow_partial=body.allow_partial,
        metadata=body.metadata,
    )


def _check_shortcode(wanted: str | None, asking: Merchant) -> None:
    till = asking.till.digits if asking.till else None
    if wanted not in {None, asking.shortcode.digits, till}:
        raise Problem(
            "invalid_field",
            "This installation does not collect on that shortcode.",
            param="shortcode",
        )
