"""The payment's state machine: what its attempts, its receipts and its merchant make of it.

Money that arrives is decided in :mod:`~pokea.domain.payment_money`; everything else that moves
a payment is here. The diagram in ``docs/explanation/payment.md`` is made by running it.
Source: STATE_MACHINES section 2.
"""

from dataclasses import replace
from typing import assert_never

from pokea.domain.decision import Applied, Repeated
from pokea.domain.event import EventType
from pokea.domain.payment import (
    Accepted,
    AlarmRaised,
    AmountSettled,
    AttemptContested,
    AttemptFailed,
    AttemptPaid,
    AttemptStarted,
    Canceled,
    GivenBack,
    Payment,
    PaymentChange,
    PaymentDecision,
    PaymentEvent,
    PaymentState,
    ReceiptLearned,
    ReceiptMatched,
    ReceiptStatus,
    ReceiptUnmatched,
    TimeRanOut,
)
from pokea.domain.payment_money import (
    CONTESTED_AFTER_CANCEL,
    become,
    on_accepted,
    on_amount_settled,
    on_attempt_paid,
    on_given_back,
    on_receipt_matched,
    on_receipt_unmatched,
)


def decide(payment: Payment, event: PaymentEvent) -> PaymentDecision:
    """What an event makes of a payment."""
    match event:
        case AttemptStarted():
            return _on_attempt_started(payment, event)
        case AttemptFailed():
            return _on_attempt_failed(payment, event)
        case AttemptPaid():
            return on_attempt_paid(payment, event)
        case ReceiptLearned():
            return _on_receipt_learned(payment, event)
        case ReceiptMatched():
            return on_receipt_matched(payment, event)
        case ReceiptUnmatched():
            return on_receipt_unmatched(payment, event)
        case GivenBack():
            return on_given_back(payment, event)
        case AmountSettled():
            return on_amount_settled(payment, event)
        case Accepted():
            return on_accepted(payment, event)
        case AttemptContested():
            return _on_attempt_contested(payment, event)
        case AlarmRaised():
            return become(payment, event.event)
        case TimeRanOut():
            return _on_time_ran_out(payment, event)
        case Canceled():
            return _on_canceled(payment)
        case _:
            assert_never(event)


def may_be_prompted(payment: Payment) -> bool:
    """Whether a new attempt is allowed; what is owed may be asked for, and nothing else."""
    match payment.state:
        case PaymentState.OPEN | PaymentState.PARTIALLY_PAID:
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
    if not may_be_prompted(payment):
        return Repeated()
    return become(
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
    return become(
        payment,
        EventType.PAYMENT_ATTEMPT_FAILED,
        state=PaymentState.PARTIALLY_PAID if payment.amount_received else PaymentState.OPEN,
        status_reason=reason,
    )


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
            return become(
                payment,
                EventType.SECURITY_CALLBACK_CONFLICT,
                status_reason=f"contested_{event.about}",
            )
        case PaymentState.REQUIRES_REVIEW:
            return Repeated()
        case (
            PaymentState.OPEN
            | PaymentState.PROCESSING
            | PaymentState.PARTIALLY_PAID
            | PaymentState.EXPIRED
            | PaymentState.CANCELED
        ):
            return become(
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


def _on_time_ran_out(payment: Payment, event: TimeRanOut) -> PaymentDecision:
    waiting = payment.state in {PaymentState.OPEN, PaymentState.PROCESSING}
    if not waiting or event.in_doubt or payment.amount_received:
        return Repeated()  # who has paid a part may always pay the rest
    return become(payment, EventType.PAYMENT_EXPIRED, state=PaymentState.EXPIRED, due_at=None)


def _on_canceled(payment: Payment) -> PaymentDecision:
    if payment.state is not PaymentState.OPEN:
        return Repeated()
    return become(payment, EventType.PAYMENT_CANCELED, state=PaymentState.CANCELED, due_at=None)
