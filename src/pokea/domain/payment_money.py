"""Money arrives for a payment: by a prompt, by hand, in part, too much, late, or twice.

One rule for all of it: what is owed is paid, and what is not owed is booked apart and shown. It
is never dropped, and a success is never taken back. Source: STATE_MACHINES section 2.
"""

from dataclasses import replace
from typing import Any, Final, assert_never

from pokea.daraja.values import Money, Receipt
from pokea.domain.booking import Booking, Collected
from pokea.domain.decision import Applied, Conflicting
from pokea.domain.event import EventType
from pokea.domain.payment import (
    Accepted,
    AmountSettled,
    AttemptPaid,
    GivenBack,
    Payment,
    PaymentChange,
    PaymentDecision,
    PaymentState,
    ReceiptMatched,
    ReceiptStatus,
    ReceiptUnmatched,
)

CONTESTED_AFTER_CANCEL: Final = "contested_after_cancel"
"""The review's reason when a canceled payment's money is contested: should it prove true, it
must not release goods."""

PAID_AFTER_CANCEL: Final = "paid_after_cancel"
"""The review's reason when money came for a canceled payment."""


def on_attempt_paid(payment: Payment, event: AttemptPaid) -> PaymentDecision:
    """A prompt's money."""
    prompted = {"latest_attempt_id": event.attempt_id}
    return _arrive(payment, event.amount, event.receipt, prompted, in_parts=True)


def on_receipt_matched(payment: Payment, event: ReceiptMatched) -> PaymentDecision:
    """Money by hand; less than is owed only where the merchant allows it, or a person does."""
    in_parts = payment.allow_partial or event.by_person
    return _arrive(payment, event.amount, event.receipt, {}, in_parts=in_parts)


def _arrive(
    payment: Payment,
    amount: Money,
    receipt: Receipt | None,
    also: dict[str, Any],
    *,
    in_parts: bool,
) -> PaymentDecision:
    match payment.state:
        case (
            PaymentState.OPEN
            | PaymentState.PROCESSING
            | PaymentState.PARTIALLY_PAID
            | PaymentState.EXPIRED
        ):
            return _count(payment, amount, _named(receipt) | also, in_parts=in_parts)
        case PaymentState.CANCELED:
            return _hold_for_review(payment, amount, _named(receipt) | also)
        case PaymentState.REQUIRES_REVIEW:
            if payment.amount_received >= payment.amount:
                return _keep_apart(payment, amount)
            if payment.status_reason in {CONTESTED_AFTER_CANCEL, PAID_AFTER_CANCEL}:
                return _hold_for_review(payment, amount, _named(receipt) | also)
            return _count(payment, amount, _named(receipt) | also, in_parts=False)
        case PaymentState.SUCCEEDED:
            return _keep_apart(payment, amount)
        case _:
            assert_never(payment.state)


def _count(
    payment: Payment, amount: Money, also: dict[str, Any], *, in_parts: bool
) -> PaymentDecision:
    late = payment.late or payment.state is PaymentState.EXPIRED
    if amount >= payment.owed:
        return become(
            payment,
            EventType.PAYMENT_SUCCEEDED,
            booked=Booking(
                owner=Collected.IN_TIME, amount=payment.owed, overpaid=amount - payment.owed
            ),
            state=PaymentState.SUCCEEDED,
            amount_received=payment.amount,
            late=late,
            status_reason=None,
            due_at=None,
            **also,
        )
    if not in_parts:
        return Conflicting(field="amount")
    return become(
        payment,
        EventType.PAYMENT_PARTIALLY_PAID,
        booked=Booking(owner=Collected.IN_TIME, amount=amount),
        state=PaymentState.PARTIALLY_PAID,
        amount_received=payment.amount_received + amount,
        late=late,
        status_reason=None,
        due_at=None,
        **also,
    )


def _hold_for_review(payment: Payment, amount: Money, also: dict[str, Any]) -> PaymentDecision:
    """Nobody was waiting for this money any more: a person gives it back, or takes it."""
    return become(
        payment,
        EventType.PAYMENT_LATE_FUNDS,
        booked=Booking(owner=Collected.AFTER_CANCEL, amount=amount),
        state=PaymentState.REQUIRES_REVIEW,
        amount_received=payment.amount_received + amount,
        late=True,
        status_reason=PAID_AFTER_CANCEL,
        **also,
    )


def _keep_apart(payment: Payment, amount: Money) -> PaymentDecision:
    """Paid twice: the second money waits in suspense, the figures stay those of the first."""
    return become(
        payment,
        EventType.PAYMENT_DUPLICATE_FUNDS,
        booked=Booking(owner=Collected.A_SECOND_TIME, amount=amount),
    )


def on_receipt_unmatched(payment: Payment, event: ReceiptUnmatched) -> PaymentDecision:
    """A person takes a part back; what is paid in full stays paid."""
    if payment.state is not PaymentState.PARTIALLY_PAID:
        return Conflicting(field="state")
    left = payment.amount_received - event.amount
    if left:
        return become(payment, EventType.PAYMENT_PARTIALLY_PAID, amount_received=left)
    reopened = replace(
        payment, state=PaymentState.OPEN, amount_received=left, due_at=payment.expires_at
    )
    return Applied(now=PaymentChange(payment=reopened, event=None))


def on_given_back(payment: Payment, event: GivenBack) -> PaymentDecision:
    """M-PESA took money away again: what was not paid yet is owed once more."""
    if event.counted > payment.kept:
        return Conflicting(field="amount")
    if payment.state is PaymentState.SUCCEEDED:
        # Goods may be on their way and a success is never taken back: the figures show it.
        refunded = payment.amount_refunded + event.counted
        return become(payment, EventType.PAYMENT_REVERSED, amount_refunded=refunded)
    left = payment.amount_received - event.counted
    changes: dict[str, Any] = {"amount_received": left}
    if event.counted and not left:
        changes |= _nothing_is_left(payment)
    return become(payment, EventType.PAYMENT_REVERSED, **changes)


def _nothing_is_left(payment: Payment) -> dict[str, Any]:
    """Where a payment stands again when all that it counted is gone."""
    match payment.state:
        case PaymentState.PARTIALLY_PAID | PaymentState.OPEN:
            return {"state": PaymentState.OPEN, "due_at": payment.expires_at}
        case PaymentState.PROCESSING:
            return {"due_at": payment.expires_at}
        case PaymentState.REQUIRES_REVIEW if payment.status_reason == PAID_AFTER_CANCEL:
            return {"state": PaymentState.CANCELED, "status_reason": None}
        case (
            PaymentState.REQUIRES_REVIEW
            | PaymentState.SUCCEEDED
            | PaymentState.EXPIRED
            | PaymentState.CANCELED
        ):
            return {}
        case _:
            assert_never(payment.state)


def on_amount_settled(payment: Payment, event: AmountSettled) -> PaymentDecision:
    """Another amount than was asked for did arrive: booked apart, for a person to accept."""
    if payment.state is PaymentState.SUCCEEDED:
        return _keep_apart(payment, event.amount)
    return become(
        payment,
        EventType.PAYMENT_REQUIRES_REVIEW,
        booked=Booking(owner=Collected.IN_DISPUTE, amount=event.amount),
        state=PaymentState.REQUIRES_REVIEW,
        due_at=None,
        receipt=event.receipt,
    )


def on_accepted(payment: Payment, event: Accepted) -> PaymentDecision:
    """The merchant is content: the payment is paid with what came."""
    if payment.state is not PaymentState.REQUIRES_REVIEW:
        return Conflicting(field="state")
    if event.proven is None and payment.status_reason != PAID_AFTER_CANCEL:
        return Conflicting(field="amount")  # a part that came before is counted already
    return become(
        payment,
        EventType.PAYMENT_SUCCEEDED,
        state=PaymentState.SUCCEEDED,
        amount_received=payment.amount_received + (event.proven or Money.zero()),
        receipt_status=ReceiptStatus.VERIFIED if payment.receipt else ReceiptStatus.PENDING,
        status_reason="accepted",
        due_at=None,
    )


def _named(receipt: Receipt | None) -> dict[str, Any]:
    status = ReceiptStatus.PENDING if receipt is None else ReceiptStatus.VERIFIED
    return {"receipt": receipt, "receipt_status": status}


def become(
    payment: Payment, event: EventType, *, booked: Booking | None = None, **changes: Any
) -> Applied[PaymentChange]:
    """The payment with changes, and the event that tells them."""
    return Applied(
        now=PaymentChange(
            # One copy: payments are large, and a busy hour makes many.
            payment=replace(payment, sequence=payment.sequence + 1, **changes),
            event=event,
            booked=booked,
        )
    )
