"""Silence: an attempt is due, so send it, take over a dead process's, or ask Safaricom.

Asking changes nothing at Safaricom, so two workers that ask at once do no harm; sending is
guarded by the attempt's own state.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, assert_never

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
from pokea.domain.query_budget import Urgency, urgency_of
from pokea.flows.ask_status import ask_about_attempt
from pokea.flows.deps import Deps
from pokea.flows.ports import QueryOutcome, SaysFailed, SaysNothing, SaysPaid, Tx
from pokea.flows.push_payment import apply_event, send_again, with_evidence
from pokea.flows.record import Change, record_attempts

SPARED_FOR: Final = timedelta(minutes=10)
"""Busy processes may each set aside more questions than they share: what is left over by then
is not asked, so that the queue of them cannot grow for ever."""


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
        # Nothing to ask by but a receipt; else only a callback on its own path can tell.
        await _apply(deps, attempt, QueryTaughtNothing(at=now, reachable=True))
    else:
        await _ask(deps, attempt)


async def _apply(deps: Deps, attempt: Attempt, event: AttemptEvent) -> None:
    def write(tx: Tx) -> None:
        changed = apply_event(tx, deps, attempt.id, event, event.at)
        ask_about_attempt(tx, deps, changed or attempt)

    await deps.db.write(write)


async def _ask(deps: Deps, attempt: Attempt) -> None:
    wait_s = await deps.budget.take(attempt.shortcode, urgency_of(attempt))
    if wait_s:
        await deps.db.write(lambda tx: _postpone(tx, deps, attempt, wait_s))
        return
    outcome, answer = await deps.provider.query(attempt)
    if isinstance(outcome, SaysNothing) and outcome.too_often:
        deps.budget.slow_down(attempt.shortcode, outcome.retry_after_s)
    now = deps.clock.now()

    def write(tx: Tx) -> None:
        tx.calls.add(attempt.id, "query", answer, now)
        changed = apply_event(tx, deps, attempt.id, _event(outcome, deps), now)
        ask_about_attempt(tx, deps, changed or attempt)

    await with_evidence(deps, attempt, "query", answer, write)


def _postpone(tx: Tx, deps: Deps, attempt: Attempt, wait_s: int) -> None:
    """This minute's questions are used up: come back when there are new ones."""
    held = tx.attempts.lock([attempt.id])[attempt.id]
    if held.version == attempt.version:
        now = deps.clock.now()
        due_at = now + timedelta(seconds=wait_s)
        unasked = urgency_of(held) is Urgency.SPARE and _is_old(held, now)
        change = Change(before=held, after=replace(held, due_at=None if unasked else due_at))
        record_attempts(tx, deps, [change], due_at)


def _is_old(attempt: Attempt, now: datetime) -> bool:
    """Settled, and in minutes there was no question left for its second witness."""
    return attempt.claim is not None and now - attempt.claim.heard_at > SPARED_FOR


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
