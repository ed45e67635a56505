"""A merchant asks us to ask: every prompt of a payment that may still have brought money."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from pokea.domain.attempt import AttemptState
from pokea.domain.ids import AttemptId, PaymentId
from pokea.flows.deps import Deps
from pokea.flows.ports import Tx
from pokea.flows.record import Change, record_attempts
from pokea.flows.resolve_attempt import resolve_attempt

PAUSE: Final = timedelta(seconds=10)
"""Between two questions about one prompt: a merchant's loop must not use up everybody's."""


async def ask_now(deps: Deps, payment_id: PaymentId) -> None:
    """Ask about each prompt that can be asked about and was not asked about just now."""
    now = deps.clock.now()

    def hasten(tx: Tx) -> list[AttemptId]:
        changes = [
            Change(before=one, after=replace(one, due_at=now))
            for one in tx.attempts.lock_of_payment(payment_id)
            if one.checkout_request_id is not None
            and one.state not in {AttemptState.CREATED, AttemptState.SUCCEEDED}
            and (one.checked_at is None or now - one.checked_at >= PAUSE)
        ]
        record_attempts(tx, deps, changes, now)
        return [change.after.id for change in changes]

    for attempt_id in await deps.db.write(hasten):
        await resolve_attempt(deps, attempt_id)
