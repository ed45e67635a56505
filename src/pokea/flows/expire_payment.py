"""Time: a payment's ``expires_at`` has come."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from pokea.domain.attempt import Attempt, AttemptState, may_have_paid
from pokea.domain.decision import Applied
from pokea.domain.ids import PaymentId
from pokea.domain.payment import PaymentState, TimeRanOut
from pokea.domain.payment_machine import decide
from pokea.flows.deps import Deps
from pokea.flows.desk import announce
from pokea.flows.ports import Tx, Work, WorkKind
from pokea.flows.publish import publish

LOOK_AGAIN: Final = timedelta(seconds=60)
"""While money may be on its way the payment does not expire; doubt ends soon."""


async def expire_payment(deps: Deps, payment_id: PaymentId) -> None:
    """Expire a payment that is over, or look again when its attempt has ended."""
    now = deps.clock.now()

    def write(tx: Tx) -> None:
        attempts = tx.attempts.lock_of_payment(payment_id)
        payment = tx.payments.lock([payment_id]).get(payment_id)
        if payment is None or payment.due_at is None or payment.due_at > now:
            return
        decision = decide(payment, TimeRanOut(in_doubt=any(map(_in_doubt, attempts))))
        if isinstance(decision, Applied):
            named = {one.id: one for one in attempts}
            latest = payment.latest_attempt_id
            attempt = None if latest is None else named.get(latest)
            tx.payments.save([decision.now.payment])
            publish(tx, deps.ids, announce(deps.ids, decision.now, attempt, now))
            return
        waiting = payment.state in {PaymentState.OPEN, PaymentState.PROCESSING}
        due_at = now + LOOK_AGAIN if waiting else None
        tx.payments.save([replace(payment, due_at=due_at)])
        if due_at is not None:
            tx.hand_over(Work(kind=WorkKind.PAYMENT, ids=(payment_id,), due_at=due_at))

    await deps.db.write(write)


def _in_doubt(attempt: Attempt) -> bool:
    """Money may be on its way; a prompt that only waits for its customer is none yet."""
    doubtful = {AttemptState.DISPATCHING, AttemptState.UNKNOWN, AttemptState.CONFIRMING}
    return attempt.state in doubtful or (
        attempt.state is not AttemptState.SUCCEEDED and may_have_paid(attempt)
    )
