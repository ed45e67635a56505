"""A payment: what the merchant asked to be paid, and what its attempts made of it.

Only ``succeeded`` releases goods, and it is reached at most once. Money that comes late, twice
or after a cancellation is booked and shown; it is never dropped and never guessed.
Source: STATE_MACHINES section 2.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, assert_never

from pokea.daraja.values import AccountReference, Money, Receipt, Shortcode
from pokea.domain.attempt import Failure
from pokea.domain.decision import Applied, Repeated
from pokea.domain.event import EventType
from pokea.domain.ids import AccountId, AttemptId, CustomerId, PaymentId
from pokea.domain.posting_rules import Collected


class PaymentState(StrEnum):
    """Where a payment stands; the words are the API's."""

    OPEN = "open"  # nobody is being asked; another attempt may be made
    PROCESSING = "processing"  # an attempt is in flight
    SUCCEEDED = "succeeded"  # paid; the only state that releases goods
    REQUIRES_REVIEW = "requires_review"  # a person decides
    EXPIRED = "expired"  # the merchant's time is over; late money still pays it
    CANCELED = "canceled"  # by the merchant


class ReceiptStatus(StrEnum):
    """Whether M-PESA's receipt of a paid payment is known."""

    NONE = "none"
    PENDING = "pending"  # settled by query alone, which names no receipt
    VERIFIED = "verified"


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """What a merchant asked for. ``sequence`` counts its events from 1."""

    id: PaymentId
    account_id: AccountId
    livemode: bool
    shortcode: Shortcode
    amount: Money
    account_reference: AccountReference
    created_at: datetime
    expires_at: datetime
    state: PaymentState = PaymentState.OPEN
    version: int = 1
    sequence: int = 0
    amount_received: Money = field(default_factory=Money.zero)
    late: bool = False
    customer_id: CustomerId | None = None
    reference: str | None = None
    description: str | None = None
    return_url: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])
    latest_attempt_id: AttemptId | None = None
    status_reason: str | None = None
    receipt: Receipt | None = None
    receipt_status: ReceiptStatus = ReceiptStatus.NONE
    due_at: datetime | None = None


# ── events ───────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptStarted:
    """A customer is about to be prompted."""

    attempt_id: AttemptId


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptFailed:
    """The attempt ended without money."""

    attempt_id: AttemptId
    failure: Failure | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptPaid:
    """Enough witnesses agree that the attempt's money arrived."""

    attempt_id: AttemptId
    receipt: Receipt | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptLearned:
    """The receipt of money that was already counted."""

    attempt_id: AttemptId
    receipt: Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptContested:
    """Witnesses disagree; ``about`` says in what."""

    about: str


@dataclass(frozen=True, slots=True)
class TimeRanOut:
    """The merchant's ``expires_at`` has passed and nothing is in flight."""


@dataclass(frozen=True, slots=True)
class Canceled:
    """The merchant gave up while nothing was in flight."""


PaymentEvent = (
    AttemptStarted
    | AttemptFailed
    | AttemptPaid
    | ReceiptLearned
    | AttemptContested
    | TimeRanOut
    | Canceled
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentChange:
    """A payment after an event: what to tell the merchant, and where the money is booked."""

    payment: Payment
    event: EventType | None
    booked: Collected | None = None


PaymentDecision = Applied[PaymentChange] | Repeated

CONTESTED_AFTER_CANCEL: Final = "contested_after_cancel"
"""The review's reason when a canceled payment's money is contested: should it prove true, it
must not release goods."""


def decide(payment: Payment, event: PaymentEvent) -> PaymentDecision:
    """What an event makes of a payment."""
    match event:
        case AttemptStarted():
            return _on_attempt_started(payment, event)
        case AttemptFailed():
            return _on_attempt_failed(payment, event)
        case AttemptPaid():
            return _on_attempt_paid(payment, event)
        case ReceiptLearned():
            return _on_receipt_learned(payment, event)
        case AttemptContested():
            return _on_attempt_contested(payment, event)
        case TimeRanOut():
            return _on_time_ran_out(payment)
        case Canceled():
            return _on_canceled(payment)
        case _:
            assert_never(event)


def may_be_prompted(payment: Payment) -> bool:
    """Whether a new attempt is allowed; money that already came forbids it."""
    match payment.state:
        case PaymentState.OPEN:
            return True
        case (
            PaymentState.PROCESSING
            | PaymentState.SUCCEEDED
            | PaymentState.REQUIRES_REVIEW
            | PaymentState.EXPIRED
            | PaymentState.CANCELED
        ):
            return False
        case _:
            assert_never(payment.state)


def _on_attempt_started(payment: Payment, event: AttemptStarted) -> PaymentDecision:
    if payment.state is not PaymentState.OPEN:
        return Repeated()
    return _become(
        payment,
        EventType.PAYMENT_PROCESSING,
        state=PaymentState.PROCESSING,
        latest_attempt_id=event.attempt_id,
        status_reason=None,
    )


def _on_attempt_failed(payment: Payment, event: AttemptFailed) -> PaymentDecision:
    if payment.state is not PaymentState.PROCESSING:
        return Repeated()
    if event.attempt_id != payment.latest_attempt_id:
        return Repeated()
    reason = "no_answer" if event.failure is None else event.failure.code
    return _become(
        payment,
        EventType.PAYMENT_ATTEMPT_FAILED,
        state=PaymentState.OPEN,
        status_reason=reason,
    )


def _on_attempt_paid(payment: Payment, event: AttemptPaid) -> PaymentDecision:
    match payment.state:
        case PaymentState.OPEN | PaymentState.PROCESSING | PaymentState.EXPIRED:
            return _pay(payment, event)
        case PaymentState.CANCELED:
            return _hold_for_review(payment, event)
        case PaymentState.REQUIRES_REVIEW:
            if payment.amount_received:
                return _keep_apart(payment)
            if payment.status_reason == CONTESTED_AFTER_CANCEL:
                return _hold_for_review(payment, event)
            return _pay(payment, event)
        case PaymentState.SUCCEEDED:
            return _keep_apart(payment)
        case _:
            assert_never(payment.state)


def _pay(payment: Payment, event: AttemptPaid) -> PaymentDecision:
    return _become(
        payment,
        EventType.PAYMENT_SUCCEEDED,
        booked=Collected.IN_TIME,
        state=PaymentState.SUCCEEDED,
        late=payment.late or payment.state is PaymentState.EXPIRED,
        status_reason=None,
        due_at=None,
        **_received(payment, event),
    )


def _hold_for_review(payment: Payment, event: AttemptPaid) -> PaymentDecision:
    """Nobody was waiting for this money any more: a person gives it back, or takes it."""
    return _become(
        payment,
        EventType.PAYMENT_LATE_FUNDS,
        booked=Collected.AFTER_CANCEL,
        state=PaymentState.REQUIRES_REVIEW,
        late=True,
        status_reason="paid_after_cancel",
        **_received(payment, event),
    )


def _keep_apart(payment: Payment) -> PaymentDecision:
    """Paid twice: the second money waits in suspense, the figures stay those of the first."""
    return _become(payment, EventType.PAYMENT_DUPLICATE_FUNDS, booked=Collected.A_SECOND_TIME)


def _on_receipt_learned(payment: Payment, event: ReceiptLearned) -> PaymentDecision:
    if payment.receipt_status is not ReceiptStatus.PENDING:
        return Repeated()
    if event.attempt_id != payment.latest_attempt_id:
        return Repeated()  # the receipt of a second payment, which waits in suspense
    return Applied(
        now=PaymentChange(
            payment=replace(
                payment, receipt=event.receipt, receipt_status=ReceiptStatus.VERIFIED
            ),
            event=None,
        )
    )


def _on_attempt_contested(payment: Payment, event: AttemptContested) -> PaymentDecision:
    canceled = payment.state is PaymentState.CANCELED
    match payment.state:
        case PaymentState.SUCCEEDED:
            # Goods may be on their way and a success is never taken back: sound the alarm.
            return _become(
                payment,
                EventType.SECURITY_CALLBACK_CONFLICT,
                status_reason=f"contested_{event.about}",
            )
        case PaymentState.REQUIRES_REVIEW:
            return Repeated()
        case (
            PaymentState.OPEN
            | PaymentState.PROCESSING
            | PaymentState.EXPIRED
            | PaymentState.CANCELED
        ):
            return _become(
                payment,
                EventType.PAYMENT_REQUIRES_REVIEW,
                state=PaymentState.REQUIRES_REVIEW,
                late=payment.late or payment.state is PaymentState.EXPIRED,
                status_reason=(
                    CONTESTED_AFTER_CANCEL if canceled else f"contested_{event.about}"
                ),
                due_at=None,
            )
        case _:
            assert_never(payment.state)


def _on_time_ran_out(payment: Payment) -> PaymentDecision:
    if payment.state is not PaymentState.OPEN:
        return Repeated()
    return _become(payment, EventType.PAYMENT_EXPIRED, state=PaymentState.EXPIRED, due_at=None)


def _on_canceled(payment: Payment) -> PaymentDecision:
    if payment.state is not PaymentState.OPEN:
        return Repeated()
    return _become(
        payment, EventType.PAYMENT_CANCELED, state=PaymentState.CANCELED, due_at=None
    )


def _received(payment: Payment, event: AttemptPaid) -> dict[str, Any]:
    status = ReceiptStatus.PENDING if event.receipt is None else ReceiptStatus.VERIFIED
    return {
        "amount_received": payment.amount_received + payment.amount,
        "latest_attempt_id": event.attempt_id,
        "receipt": event.receipt,
        "receipt_status": status,
    }


def _become(
    payment: Payment, event: EventType, *, booked: Collected | None = None, **changes: Any
) -> Applied[PaymentChange]:
    return Applied(
        now=PaymentChange(
            # One copy: payments are large, and a busy hour makes many.
            payment=replace(payment, sequence=payment.sequence + 1, **changes),
            event=event,
            booked=booked,
        )
    )
