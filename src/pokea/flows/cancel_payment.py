"""The merchant gives up, while nobody is being asked."""

from pokea.domain.attempt import Attempt
from pokea.domain.decision import Applied
from pokea.domain.ids import AccountId, PaymentId
from pokea.domain.payment import Canceled, Payment, PaymentState
from pokea.domain.payment_machine import decide
from pokea.flows.deps import Deps
from pokea.flows.desk import announce
from pokea.flows.errors import Clashes, NotFound
from pokea.flows.ports import Tx
from pokea.flows.publish import publish


async def cancel_payment(deps: Deps, account_id: AccountId, payment_id: PaymentId) -> None:
    """Cancel a payment; again changes nothing.

    Raises:
        Refusal: somebody is being asked, or the payment has ended.
    """
    now = deps.clock.now()

    def write(tx: Tx) -> None:
        payment = tx.payments.lock([payment_id]).get(payment_id)
        if payment is None or payment.account_id != account_id:
            raise NotFound("payment_not_found", "There is no such payment.")
        decision = decide(payment, Canceled())
        if not isinstance(decision, Applied):
            _refuse_unless_canceled(payment)
            return
        tx.payments.save([decision.now.payment])
        publish(tx, deps.ids, announce(deps.ids, decision.now, _latest(tx, payment), now))

    await deps.db.write(write)


def _latest(tx: Tx, payment: Payment) -> Attempt | None:
    latest = payment.latest_attempt_id
    return None if latest is None else tx.attempts.get(latest)


def _refuse_unless_canceled(payment: Payment) -> None:
    if payment.state is PaymentState.CANCELED:
        return
    if payment.state is PaymentState.PROCESSING:
        raise Clashes(
            "payment_in_flight",
            "The customer is being asked and may pay. Cancel when that has ended.",
        )
    raise Clashes(
        "payment_not_open", f"A payment that is {payment.state.value} cannot be canceled."
    )
