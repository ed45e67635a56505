"""Prompt again, on the same payment: the customer cancelled, mistyped, or was out of reach.

The database allows one attempt in flight for a payment, whoever asks and however often.
"""

from pokea.daraja.values import Msisdn, Shortcode
from pokea.domain.attempt import IN_FLIGHT, Attempt, may_have_paid
from pokea.domain.ids import PaymentId
from pokea.domain.payment import Payment, PaymentState
from pokea.domain.payment_machine import may_be_prompted
from pokea.flows.deps import Deps
from pokea.flows.errors import Clashes, NotFound
from pokea.flows.ports import Tx, Work, WorkKind
from pokea.flows.publish import publish
from pokea.flows.push_payment import push_attempt
from pokea.flows.start_attempt import start_attempt


async def retry_payment(
    deps: Deps, payment_id: PaymentId, phone: Msisdn, till: Shortcode | None
) -> None:
    """Prompt a phone for a payment that nobody is being asked for.

    Raises:
        Refusal: paid, in flight, over, under review, or this phone was asked too often.
    """

    def write(tx: Tx) -> tuple[Attempt, str | None]:
        earlier = tx.attempts.lock_of_payment(payment_id)
        payment = tx.payments.lock([payment_id]).get(payment_id)
        if payment is None:
            raise NotFound("payment_not_found", "There is no such payment.")
        if any(one.state in IN_FLIGHT for one in earlier):
            raise Clashes(
                "payment_in_flight",
                "The customer is already being asked. Wait for that to end.",
            )
        if payment.state is PaymentState.OPEN and any(map(may_have_paid, earlier)):
            raise Clashes(
                "payment_in_flight",
                "A payment may have arrived; M-PESA is being asked. Do not pay again.",
            )
        if payment.expires_at <= deps.clock.now() or not may_be_prompted(payment):
            raise _refusal(payment)
        payment, attempt, started = start_attempt(tx, deps, payment, till, phone)
        tx.attempts.add(attempt)
        tx.payments.save([payment])
        publish(tx, deps.ids, [started])
        due_at = attempt.due_at or attempt.created_at
        tx.hand_over(Work(kind=WorkKind.ATTEMPT, ids=(attempt.id,), due_at=due_at))
        return attempt, payment.description

    attempt, description = await deps.db.write(write)
    await push_attempt(deps, attempt, description=description)


def _refusal(payment: Payment) -> Clashes:
    match payment.state:
        case PaymentState.PROCESSING:
            return Clashes(
                "payment_in_flight",
                "The customer is already being asked. Wait for that to end.",
            )
        case PaymentState.SUCCEEDED:
            return Clashes("payment_already_paid", "This payment is already paid.")
        case PaymentState.REQUIRES_REVIEW:
            return Clashes("payment_under_review", "A person must look at this payment first.")
        case PaymentState.OPEN | PaymentState.PARTIALLY_PAID | PaymentState.EXPIRED:
            return Clashes("payment_expired", "This payment's time is over. Open a new one.")
        case PaymentState.CANCELED:
            return Clashes("payment_canceled", "This payment was canceled.")
