"""Callbacks become facts: decode, match, decide, record, for a whole group at once.

One transaction holds the inbox rows, the states, the books and the events, so a callback that
was answered 200 has already had its effect. Subjects are locked in id order; what was stored
before is counted, not applied again. What each kind of callback means is decided in the file of
its name. Source: STATE_MACHINES section 1.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog
from prometheus_client import Counter

from pokea.domain.attempt import Attempt
from pokea.domain.ids import AttemptId, InboxId
from pokea.domain.inbox import (
    CONFIRMATION,
    PROMPT,
    RESULT,
    TIMEOUT,
    TRIES_MAX,
    InboxState,
    ReceivedCallback,
    Verdict,
)
from pokea.flows.apply_confirmation import judge_confirmations
from pokea.flows.apply_prompt import judge_prompts
from pokea.flows.apply_result import apply_results
from pokea.flows.deps import Deps
from pokea.flows.errors import Unavailable
from pokea.flows.give_notice import give_alert_of_dead_callback
from pokea.flows.ports import Ids, InboxKey, Tx, Work, WorkKind

ORPHAN_PAUSES: Final = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30))
"""A path of ours without a row: the row may still be on its way back from a backup."""

RESULTS: Final = (RESULT, TIMEOUT)

VERDICTS: Final = Counter(
    "pokea_callback_verdicts_total", "Callbacks by what became of them", ["state"]
)
_log = structlog.get_logger()

Verdicts = dict[InboxId, Verdict]


def apply_group(
    tx: Tx, deps: Deps, callbacks: Sequence[ReceivedCallback], at: datetime
) -> None:
    """Store and apply callbacks that arrived together."""
    held = _lock(tx, callbacks)
    fresh, repeats = _sort_out(_known(tx, callbacks), callbacks)
    verdicts = _judge(tx, deps, [callback for callback, _ in fresh], held, at)
    judged = [(callback, verdicts[callback.id], seen) for callback, seen in fresh]
    tx.inbox.add(judged, at)
    tx.inbox.count_repeats(repeats)
    _speak(judged)
    for _, verdict, _ in judged:
        if verdict.due_at is not None:
            tx.hand_over(Work(kind=WorkKind.CALLBACK, ids=(verdict.id,), due_at=verdict.due_at))


def store_group(tx: Tx, callbacks: Sequence[ReceivedCallback], at: datetime) -> None:
    """Only store callbacks, to be applied one by one: one of them broke its group."""
    fresh, repeats = _sort_out(_known(tx, callbacks), callbacks)
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
        held = _lock(tx, [callback])
        verdict = _judge(tx, deps, [callback], held, now)[callback.id]
        if verdict.state is InboxState.ORPHANED:
            tx.inbox.try_again(inbox_id, state=verdict.state, at=verdict.due_at)
        else:
            tx.inbox.judge(verdict, now)

    try:
        await deps.db.write(write)
    except Unavailable:
        raise  # no failure of this callback's
    except Exception:
        await deps.db.write(lambda tx: _count_failure(tx, deps.ids, inbox_id, now))
        raise


def _lock(tx: Tx, callbacks: Sequence[ReceivedCallback]) -> dict[AttemptId, Attempt]:
    """The attempts that prompts' callbacks are about."""
    subjects = {AttemptId(one.subject) for one in callbacks if one.kind == PROMPT}
    return tx.attempts.lock(subjects) if subjects else {}


def _known(tx: Tx, callbacks: Sequence[ReceivedCallback]) -> set[InboxKey]:
    """What has come before: of a prompt everything, of a shortcode these bodies only."""
    prompts = {one.subject for one in callbacks if one.kind == PROMPT}
    known = tx.inbox.known(prompts) if prompts else set[InboxKey]()
    bodies: dict[tuple[str, str], set[bytes]] = {}
    for one in callbacks:
        if one.kind != PROMPT:
            bodies.setdefault((one.kind, one.subject), set()).add(one.body_sha256)
    for (kind, subject), hashes in bodies.items():
        known |= tx.inbox.known_bodies(kind, subject, hashes)
    return known


def _judge(
    tx: Tx,
    deps: Deps,
    callbacks: Sequence[ReceivedCallback],
    held: dict[AttemptId, Attempt],
    at: datetime,
) -> Verdicts:
    """Apply callbacks, each kind by its own rules."""
    of_kind: dict[str, list[ReceivedCallback]] = {}
    for callback in callbacks:
        of_kind.setdefault(callback.kind, []).append(callback)
    verdicts: Verdicts = {}
    if prompts := of_kind.get(PROMPT):
        verdicts |= judge_prompts(tx, deps, prompts, held, at)
    if confirmations := of_kind.get(CONFIRMATION):
        verdicts |= judge_confirmations(tx, deps, confirmations, at)
    if results := [one for kind in RESULTS for one in of_kind.get(kind, ())]:
        verdicts |= apply_results(tx, deps, results, at)
    return verdicts


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
                kind=callback.kind,
                subject=callback.subject,
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
