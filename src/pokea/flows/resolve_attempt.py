"""Silence: an attempt is due, so send it, take over a dead process's, or ask Safaricom.

Asking changes nothing at Safaricom, so two workers that ask at once do no harm; sending is
guarded by the attempt's own state.
"""

from dataclasses import replace
from datetime import timedelta
from typing import assert_never

from pokea.domain.attempt import (
    Attempt,
    AttemptEvent,
    AttemptState,
    PushUnanswered,
    QueryFailed,
    QueryPaid,
    QueryTaughtNothing,
)
from pokea.domain.ids import AttemptId
from pokea.flows.deps import Deps
from pokea.flows.ports import QueryOutcome, SaysFailed, SaysNothing, SaysPaid, Tx
from pokea.flows.push_payment import apply_event, send_again, with_evidence
from pokea.flows.record import Change, record_attempts


async def resolve_attempt(deps: Deps, attempt_id: AttemptId) -> None:
    """Do what an attempt is due for; nothing when it is not due (any more)."""
    now = deps.clock.now()
    attempt = await deps.db.read(lambda tx: tx.attempts.get(attempt_id))
    if attempt is None or attempt.due_at is None or attempt.due_at > now:
        return
    if attempt.state is AttemptState.CREATED:
        await send_again(deps, attempt)
    elif attempt.state is AttemptState.DISPATCHING:
        # Its process died, or hangs, between the commit and the answer.
        await _apply(deps, attempt, PushUnanswered(at=now))
    elif attempt.checkout_request_id is None:
        # Nothing to ask by: only a callback on the attempt's own path can tell.
        await _apply(deps, attempt, QueryTaughtNothing(at=now, reachable=True))
    else:
        await _ask(deps, attempt)


async def _apply(deps: Deps, attempt: Attempt, event: AttemptEvent) -> None:
    await deps.db.write(lambda tx: apply_event(tx, deps, attempt.id, event, event.at))


async def _ask(deps: Deps, attempt: Attempt) -> None:
    wait_s = deps.budget.take(attempt.shortcode)
    if wait_s:
        await deps.db.write(lambda tx: _postpone(tx, deps, attempt, wait_s))
        return
    outcome, answer = await deps.provider.query(attempt)
    now = deps.clock.now()

    def write(tx: Tx) -> None:
        tx.calls.add(attempt.id, "query", answer, now)
        apply_event(tx, deps, attempt.id, _event(outcome, deps), now)

    await with_evidence(deps, attempt, "query", answer, write)


def _postpone(tx: Tx, deps: Deps, attempt: Attempt, wait_s: int) -> None:
    """This minute's questions are used up: come back when there are new ones."""
    held = tx.attempts.lock([attempt.id])[attempt.id]
    if held.version == attempt.version:
        due_at = deps.clock.now() + timedelta(seconds=wait_s)
        change = Change(before=held, after=replace(held, due_at=due_at))
        record_attempts(tx, deps.ids, [change], due_at)


def _event(outcome: QueryOutcome, deps: Deps) -> AttemptEvent:
    now = deps.clock.now()
    match outcome:
        case SaysPaid():
            return QueryPaid(at=now)
        case SaysFailed():
            return QueryFailed(at=now, failure=outcome.failure)
        case SaysNothing():
            return QueryTaughtNothing(at=now, reachable=outcome.reachable)
        case _:
            assert_never(outcome)
