"""A merchant asks to be paid: one payment for one idempotency key, for ever.

The payment, its key, its first attempt and their events are committed before Safaricom is
called, so that nothing that reaches a phone can be unknown to us.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from pokea.daraja.values import AccountReference, Money, Msisdn, Shortcode
from pokea.domain.account_number import account_number
from pokea.domain.attempt import Attempt
from pokea.domain.errors import Bug
from pokea.domain.event import EventType
from pokea.domain.idempotency import IdempotencyKey, IdempotencyRecord
from pokea.domain.ids import AccountId, CustomerId, PaymentId
from pokea.domain.payment import Payment
from pokea.flows.check_books import refuse_when_damaged
from pokea.flows.deps import Deps
from pokea.flows.desk import payment_event
from pokea.flows.errors import Unacceptable
from pokea.flows.keep_customers import check_not_erased, own_customer
from pokea.flows.ports import Tx, Work, WorkKind
from pokea.flows.publish import publish
from pokea.flows.push_payment import push_attempt
from pokea.flows.start_attempt import start_attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class Merchant:
    """Who asks, in which mode, and where the money goes."""

    account_id: AccountId
    livemode: bool
    shortcode: Shortcode
    till: Shortcode | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPayment:
    """What a merchant asks for. Without a phone the customer gives it at the checkout.

    Without an account reference, the payment gets an account number of its own.
    """

    amount: Money
    phone: Msisdn | None
    account_reference: AccountReference | None = None
    customer_id: CustomerId | None = None
    reference: str | None = None
    description: str | None = None
    return_url: str | None = None
    expires_in: timedelta = timedelta(minutes=15)
    allow_partial: bool = False
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A new payment."""

    payment_id: PaymentId


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadyBound:
    """The key was used before; ``record`` says for what."""

    record: IdempotencyRecord


async def open_payment(
    deps: Deps, merchant: Merchant, wanted: NewPayment, key: IdempotencyKey
) -> Opened | AlreadyBound:
    """Open a payment and, when a phone is given, prompt it.

    Raises:
        Refusal: the amount, the customer, or prompting this phone again so soon, is not
            allowed.
    """
    _check_amount(wanted.amount, most=deps.payment_max)
    now = deps.clock.now()
    payment_id = PaymentId(deps.ids.new("payment"))

    def write(tx: Tx) -> Attempt | IdempotencyRecord | None:
        if not tx.idempotency.bind(key, payment_id, now):
            return _bound(tx, key)
        _check_customer(tx, merchant, wanted.customer_id)
        refuse_when_damaged(tx)
        payment = _payment(payment_id, merchant, wanted, now)
        created = payment_event(deps.ids, payment, None, EventType.PAYMENT_CREATED, now)
        attempt = None
        if wanted.phone is not None:
            payment, attempt, started = start_attempt(
                tx, deps, payment, merchant.till, wanted.phone
            )
            tx.payments.add(payment)
            tx.attempts.add(attempt)
            publish(tx, deps.ids, [created, started])
            tx.hand_over(_lease_end(attempt))
        else:
            tx.payments.add(payment)
            publish(tx, deps.ids, [created])
        tx.hand_over(Work(kind=WorkKind.PAYMENT, ids=(payment.id,), due_at=payment.expires_at))
        return attempt

    outcome = await deps.db.write(write)
    if isinstance(outcome, IdempotencyRecord):
        return AlreadyBound(record=outcome)
    if outcome is not None:
        await push_attempt(deps, outcome, description=wanted.description)
    return Opened(payment_id=payment_id)


def _check_amount(amount: Money, *, most: Money) -> None:
    # Said before any customer is prompted, also when the phone comes later, at the checkout.
    if amount.in_cents % 100:
        raise Unacceptable(
            "amount_not_whole_shillings",
            f"M-PESA moves whole shillings; KES {amount} has cents.",
            param="amount",
        )
    if amount == Money.zero():
        raise Unacceptable(
            "amount_below_minimum", "The smallest M-PESA payment is KES 1.00.", param="amount"
        )
    if amount > most:
        parts = -(-amount.in_cents // most.in_cents)
        raise Unacceptable(
            "amount_above_maximum",
            f"M-PESA moves at most KES {most} in one payment."
            f" Ask for KES {amount} in {parts} payments.",
            param="amount",
        )


def _check_customer(tx: Tx, merchant: Merchant, customer_id: CustomerId | None) -> None:
    if customer_id is not None:
        check_not_erased(
            own_customer(tx, merchant.account_id, customer_id, livemode=merchant.livemode)
        )


def _bound(tx: Tx, key: IdempotencyKey) -> IdempotencyRecord:
    record = tx.idempotency.find(key)
    if record is None:
        raise Bug("a bound idempotency key that is not there")
    return record


def _payment(
    payment_id: PaymentId, merchant: Merchant, wanted: NewPayment, now: datetime
) -> Payment:
    expires_at = now + wanted.expires_in
    payment = Payment(
        id=payment_id,
        account_id=merchant.account_id,
        livemode=merchant.livemode,
        shortcode=merchant.shortcode,
        amount=wanted.amount,
        account_reference=(
            wanted.account_reference or account_number(payment_id, wanted.reference)
        ),
        created_at=now,
        expires_at=expires_at,
        due_at=expires_at,
        customer_id=wanted.customer_id,
        reference=wanted.reference,
        description=wanted.description,
        return_url=wanted.return_url,
        allow_partial=wanted.allow_partial,
        metadata=wanted.metadata,
    )
    return replace(payment, sequence=1)


def _lease_end(attempt: Attempt) -> Work:
    return Work(
        kind=WorkKind.ATTEMPT,
        ids=(attempt.id,),
        due_at=attempt.due_at or attempt.created_at,
    )
