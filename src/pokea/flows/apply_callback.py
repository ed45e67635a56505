"""Callbacks become facts: decode, match, decide, record, for a whole group at once.

One transaction holds the inbox rows, the states, the books and the events, so a callback that
was answered 200 has already had its effect. Subjects are locked in id order; what was stored
before is counted, not applied again. Source: STATE_MACHINES section 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import structlog
from prometheus_client import Counter

from pokea.daraja.callbacks import StkFailed, StkPaid, decode
from pokea.daraja.errors import MalformedCallback
from pokea.daraja.results import Kind
from pokea.daraja.values import Receipt
from pokea.domain.attempt import (
    Attempt,
    AttemptEvent,
    AttemptState,
    CallbackDisagreed,
    CallbackPaid,
    DoubtRaised,
    Failure,
)
from pokea.domain.attempt_machine import decide
from pokea.domain.corroboration import Corroboration, Rules
from pokea.domain.decision import Applied, Conflicting, Repeated
from pokea.domain.errors import Bug
from pokea.domain.ids import AttemptId, InboxId
from pokea.domain.inbox import (
    TRIES_MAX,
    InboxState,
    ReceivedCallback,
    Told,
    ToldFailed,
    ToldPaid,
    ToldUnclear,
    Verdict,
)
from pokea.domain.matching import Believed, match
from pokea.flows.deps import Deps, QueryBudget
from pokea.flows.errors import Unavailable
from pokea.flows.give_notice import give_alert_of_dead_callback
from pokea.flows.ports import Ids, InboxKey, Tx, Work, WorkKind
from pokea.flows.record import Change, record_attempts

ORPHAN_PAUSES: Final = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30))
"""A path of ours without a row: the row may still be on its way back from a backup."""


VERDICTS: Final = Counter(
    "pokea_callback_verdicts_total", "Callbacks by what became of them", ["state"]
)
_log = structlog.get_logger()

_Heard = tuple[ReceivedCallback, int, Told | MalformedCallback]
"""A callback, how often it came in its group, and what it says."""


@dataclass(slots=True)
class _Group:
    """A group of callbacks while it is being applied: what is held, and what has become."""

    before: dict[AttemptId, Attempt]
    now: dict[AttemptId, Attempt]
    owners: dict[Receipt, AttemptId]
    prompts: dict[str, AttemptId]
    rules: Rules
    at: datetime


def apply_group(
    tx: Tx, deps: Deps, callbacks: Sequence[ReceivedCallback], at: datetime
) -> None:
    """Store and apply callbacks that arrived together."""
    subjects = {callback.subject for callback in callbacks}
    held = tx.attempts.lock(subjects)
    fresh, repeats = _sort_out(tx.inbox.known(subjects), callbacks)
    heard = [(callback, seen, _hear(callback)) for callback, seen in fresh]
    group = _group(tx, deps, held, heard, at)
    judged = [(callback, _judge(group, callback, told), seen) for callback, seen, told in heard]
    tx.inbox.add(judged, at)
    tx.inbox.count_repeats(repeats)
    record_attempts(tx, deps.ids, _changes(group, deps.budget), at)
    _speak(judged)
    for _, verdict, _ in judged:
        if verdict.due_at is not None:
            tx.hand_over(Work(kind=WorkKind.CALLBACK, ids=(verdict.id,), due_at=verdict.due_at))


def store_group(tx: Tx, callbacks: Sequence[ReceivedCallback], at: datetime) -> None:
    """Only store callbacks, to be applied one by one: one of them broke its group."""
    fresh, repeats = _sort_out(tx.inbox.known({one.subject for one in callbacks}), callbacks)
    waiting = [
        (callback, Verdict(id=callback.id, state=InboxState.RECEIVED, due_at=at), seen)
        for callback, seen in fresh
    ]
    tx.inbox.add(waiting, at)
    tx.inbox.count_repeats(repeats)
    names = tuple(callback.id for callback, _ in fresh)
    tx.hand_over(Work(kind=WorkKind.CALLBACK, ids=names, due_at=at))


async def apply_callback(deps: Deps, inbox_id: InboxId) -> None:
    """Apply a stored callback that still waits; ten failures make it a person's."""
    now = deps.clock.now()

    def write(tx: Tx) -> None:
        callback = tx.inbox.lock(inbox_id)
        if callback is None:
            return
        held = tx.attempts.lock([callback.subject])
        told = _hear(callback)
        group = _group(tx, deps, held, [(callback, 1, told)], now)
        verdict = _judge(group, callback, told)
        if verdict.state is InboxState.ORPHANED:
            tx.inbox.try_again(inbox_id, state=verdict.state, at=verdict.due_at)
        else:
            tx.inbox.judge(verdict, now)
        record_attempts(tx, deps.ids, _changes(group, deps.budget), now)

    try:
        await deps.db.write(write)
    except Unavailable:
        raise  # no failure of this callback's
    except Exception:
        await deps.db.write(lambda tx: _count_failure(tx, deps.ids, inbox_id, now))
        raise


def _count_failure(tx: Tx, ids: Ids, inbox_id: InboxId, now: datetime) -> None:
    callback = tx.inbox.lock(inbox_id)
    if callback is None:
        return
    tries = callback.tries + 1
    if tries >= TRIES_MAX:
        tx.inbox.try_again(inbox_id, state=InboxState.DEAD, at=None)
        give_alert_of_dead_callback(tx, ids, inbox_id, now)
        return
    # 1, 2, 4 … seconds: a lock or a deploy is over soon, a bug is not.
    retry_at = now + timedelta(seconds=2**tries)
    tx.inbox.try_again(inbox_id, state=InboxState.RECEIVED, at=retry_at)


def _speak(judged: Sequence[tuple[ReceivedCallback, Verdict, int]]) -> None:
    """Count what became of callbacks, and say what an operator should know of."""
    for callback, verdict, _ in judged:
        VERDICTS.labels(verdict.state.value).inc()
        if verdict.state not in {InboxState.APPLIED, InboxState.DUPLICATE}:
            _log.warning(
                "callback.parked",
                state=verdict.state.value,
                reason=verdict.reason,
                attempt=callback.subject,
                source_ip=callback.source_ip,
            )


def _sort_out(
    known: set[InboxKey], callbacks: Sequence[ReceivedCallback]
) -> tuple[list[tuple[ReceivedCallback, int]], dict[InboxKey, int]]:
    """New callbacks with how often they came in this group, and repeats of older ones."""
    first: dict[InboxKey, ReceivedCallback] = {}
    seen: dict[InboxKey, int] = {}
    repeats: dict[InboxKey, int] = {}
    for callback in callbacks:
        key = (callback.kind, callback.subject, callback.body_sha256, callback.ip_listed)
        if key in known:
            repeats[key] = repeats.get(key, 0) + 1
        else:
            first.setdefault(key, callback)
            seen[key] = seen.get(key, 0) + 1
    return [(callback, seen[key]) for key, callback in first.items()], repeats


def _hear(callback: ReceivedCallback) -> Told | MalformedCallback:
    """What a body says, in our words, or why it says nothing."""
    try:
        said = decode("stk", callback.body)
    except MalformedCallback as malformed:
        return malformed
    if isinstance(said, StkPaid):
        return ToldPaid(
            checkout_request_id=said.checkout_request_id,
            merchant_request_id=said.merchant_request_id,
            receipt=said.receipt,
            amount=said.amount,
            paid_at=said.paid_at,
            payer=said.payer,
        )
    if not isinstance(said, StkFailed):
        raise Bug("an STK callback of another kind")
    if said.result.kind is not Kind.FAILED:
        return ToldUnclear(
            checkout_request_id=said.checkout_request_id,
            merchant_request_id=said.merchant_request_id,
            code=said.code,
        )
    return ToldFailed(
        checkout_request_id=said.checkout_request_id,
        merchant_request_id=said.merchant_request_id,
        failure=Failure(
            code=said.result.failure_code,
            provider_code=said.code,
            provider_message=said.description,
        ),
    )


def _group(
    tx: Tx, deps: Deps, held: dict[AttemptId, Attempt], heard: Sequence[_Heard], at: datetime
) -> _Group:
    return _Group(
        before=held,
        now=dict(held),
        owners=_owners(tx, heard),
        prompts=_prompts(tx, held, heard),
        rules=deps.rules,
        at=at,
    )


def _prompts(
    tx: Tx, held: dict[AttemptId, Attempt], heard: Sequence[_Heard]
) -> dict[str, AttemptId]:
    """Whose the ids are that callbacks bring to attempts which have none yet."""
    new = {
        told.checkout_request_id
        for callback, _, told in heard
        if not isinstance(told, MalformedCallback)
        and (attempt := held.get(callback.subject)) is not None
        and attempt.checkout_request_id is None
    }
    return tx.attempts.prompted_as(new) if new else {}


def _owners(tx: Tx, heard: Sequence[_Heard]) -> dict[Receipt, AttemptId]:
    named = {
        told.receipt
        for _, _, told in heard
        if isinstance(told, ToldPaid) and told.receipt is not None
    }
    return tx.receipts.owners(named)


def _judge(
    group: _Group, callback: ReceivedCallback, told: Told | MalformedCallback
) -> Verdict:
    """Decide one callback and let its attempt become what follows."""
    attempt = group.now.get(callback.subject)
    if attempt is None:
        return _orphan(callback, group.at)
    if isinstance(told, MalformedCallback):
        _become(group, attempt, DoubtRaised(at=group.at))
        return Verdict(id=callback.id, state=InboxState.MALFORMED, reason=told.reason)
    if group.prompts.get(told.checkout_request_id, attempt.id) != attempt.id:
        _become(group, attempt, DoubtRaised(at=group.at))
        return Verdict(id=callback.id, state=InboxState.CONFLICT, reason="checkout_request_id")
    matched = match(attempt, told, ip_listed=callback.ip_listed, now=group.at)
    if not isinstance(matched, Believed):
        _become(group, attempt, matched.event)
        return Verdict(id=callback.id, state=matched.state, reason=matched.reason)
    if _claimed_elsewhere(group, attempt, matched.event):
        _become(group, attempt, DoubtRaised(at=group.at))
        return Verdict(id=callback.id, state=InboxState.CONFLICT, reason="receipt_taken")
    return _apply(group, callback, attempt, matched.event)


def _apply(
    group: _Group, callback: ReceivedCallback, attempt: Attempt, event: AttemptEvent
) -> Verdict:
    match _become(group, attempt, event):
        case Applied():
            return Verdict(id=callback.id, state=InboxState.APPLIED)
        case Repeated():
            return Verdict(id=callback.id, state=InboxState.DUPLICATE)
        case Conflicting(field=field):
            if attempt.state is AttemptState.SUCCEEDED:
                _become(group, attempt, CallbackDisagreed(at=group.at, about=field))
            else:
                _become(group, attempt, DoubtRaised(at=group.at))
            return Verdict(id=callback.id, state=InboxState.CONFLICT, reason=field)


def _become(
    group: _Group, attempt: Attempt, event: AttemptEvent
) -> Applied[Attempt] | Repeated | Conflicting:
    decision = decide(attempt, event, group.rules)
    if isinstance(decision, Applied):
        group.now[attempt.id] = decision.now
    return decision


def _claimed_elsewhere(group: _Group, attempt: Attempt, event: AttemptEvent) -> bool:
    """Whether a receipt is another attempt's; otherwise it is this one's from here on."""
    if not isinstance(event, CallbackPaid):
        return False
    return group.owners.setdefault(event.claim.receipt, attempt.id) != attempt.id


def _orphan(callback: ReceivedCallback, at: datetime) -> Verdict:
    due_at = at + ORPHAN_PAUSES[callback.tries] if callback.tries < len(ORPHAN_PAUSES) else None
    return Verdict(
        id=callback.id, state=InboxState.ORPHANED, reason="no_such_attempt", due_at=due_at
    )


def _changes(group: _Group, budget: QueryBudget) -> list[Change]:
    return [
        Change(before=before, after=_within(budget, group.now[attempt_id]))
        for attempt_id, before in group.before.items()
    ]


def _within(budget: QueryBudget, attempt: Attempt) -> Attempt:
    """Under ``fast``, ask for the second witness of as many payments as the budget allows."""
    if attempt.corroboration is not Corroboration.PENDING or attempt.due_at is None:
        return attempt
    if budget.take_spare(attempt.shortcode):
        return attempt
    return replace(attempt, due_at=None)
