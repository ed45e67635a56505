"""The second half of a prompt: call Safaricom once, and write down what it said.

Nothing here is repeated: an answer that we do not understand, or never hear, leaves the attempt
in doubt, and only Safaricom's own word ends doubt.
"""

from datetime import datetime, timedelta
from typing import Final, assert_never

from pokea.domain.attempt import (
    Attempt,
    AttemptEvent,
    Dispatched,
    Failure,
    PushAccepted,
    PushDeferred,
    PushRefused,
    PushUnanswered,
)
from pokea.domain.attempt_machine import decide
from pokea.domain.capability import path_for
from pokea.domain.decision import Applied
from pokea.domain.ids import AttemptId
from pokea.flows.deps import Deps
from pokea.flows.ports import (
    Accepted,
    Deferred,
    PushOutcome,
    Refused,
    Tx,
    Unanswered,
)
from pokea.flows.record import Change, record_attempts

STK_KIND: Final = "s"
"""The callback path's first segment for STK pushes."""


async def push_attempt(deps: Deps, attempt: Attempt, *, description: str | None) -> None:
    """Send a dispatched attempt to Safaricom and record the answer."""
    path = f"/i/{STK_KIND}/" + path_for(attempt.id, purpose=STK_KIND, key=deps.path_keys[0])
    outcome, answer = await deps.provider.push(
        attempt, callback_path=path, description=description or "Payment"
    )
    now = deps.clock.now()
    event = _event(outcome, now)

    def write(tx: Tx) -> None:
        tx.calls.add(attempt.id, "push", answer, now)
        apply_event(tx, deps, attempt.id, event, now)

    await deps.db.write(write)


async def send_again(deps: Deps, attempt: Attempt) -> None:
    """Send an attempt that never left, unless another worker is already doing so."""
    now = deps.clock.now()

    def take(tx: Tx) -> Attempt | None:
        payment = tx.payments.get(attempt.payment_id)
        if payment is None or payment.expires_at <= now:
            apply_event(tx, deps, attempt.id, PushRefused(at=now, failure=NEVER_SENT), now)
            return None
        return apply_event(tx, deps, attempt.id, Dispatched(at=now), now)

    taken = await deps.db.write(take)
    if taken is not None:
        await push_attempt(deps, taken, description=None)


NEVER_SENT: Final = Failure(
    code="provider_unavailable",
    provider_code="",
    provider_message="M-PESA could not be reached; no prompt was sent.",
)


def apply_event(
    tx: Tx, deps: Deps, attempt_id: AttemptId, event: AttemptEvent, at: datetime
) -> Attempt | None:
    """Decide and record one event of one attempt; None when it changed nothing."""
    held = tx.attempts.lock([attempt_id]).get(attempt_id)
    if held is None:
        return None
    decision = decide(held, event, deps.rules)
    if not isinstance(decision, Applied):
        return None
    record_attempts(tx, deps.ids, [Change(before=held, after=decision.now)], at)
    return tx.attempts.get(attempt_id)


def _event(outcome: PushOutcome, now: datetime) -> AttemptEvent:
    match outcome:
        case Accepted():
            return PushAccepted(
                at=now,
                checkout_request_id=outcome.checkout_request_id,
                merchant_request_id=outcome.merchant_request_id,
            )
        case Refused():
            return PushRefused(at=now, failure=outcome.failure)
        case Deferred():
            return PushDeferred(at=now, retry_at=now + timedelta(seconds=outcome.retry_after_s))
        case Unanswered():
            return PushUnanswered(at=now)
        case _:
            assert_never(outcome)
