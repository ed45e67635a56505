"""A duty is due: take it, do it, and write down how it went.

Whoever has a new duty adds its kind to :mod:`pokea.domain.routine` and its function to
:data:`DUTIES`; which of them an installation has is planned at its start.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

import structlog
from prometheus_client import Counter

from pokea.daraja.values import Shortcode
from pokea.domain.ids import RoutineId
from pokea.domain.routine import (
    Routine,
    RoutineKind,
    begun,
    failed,
    run_max,
    succeeded,
)
from pokea.flows.ask_balance import look_at_balance
from pokea.flows.check_books import keep_checked
from pokea.flows.deps import Deps
from pokea.flows.errors import NotNow, Unavailable
from pokea.flows.link_chain import keep_linked
from pokea.flows.ports import Ids, Tx, Work, WorkKind
from pokea.flows.pull_receipts import pull_receipts
from pokea.flows.sweep_doubt import sweep_doubt

Duty = Callable[[Deps, Routine], Awaitable[Mapping[str, str]]]
"""Does one run and returns what the next one needs to know. It may be broken off anywhere, and
run twice. :class:`~pokea.flows.errors.NotNow` says that it could not be done, and why."""

DUTIES: Final[Mapping[RoutineKind, Duty]] = {
    RoutineKind.IN_DOUBT: sweep_doubt,
    RoutineKind.LINK_CHAIN: keep_linked,
    RoutineKind.CHECK_BOOKS: keep_checked,
    RoutineKind.BALANCE: look_at_balance,
    RoutineKind.PULL_RECENT: pull_receipts,
    RoutineKind.PULL_DEEP: pull_receipts,
}

RUNS: Final = Counter("pokea_routine_runs_total", "Runs of duties by outcome", ["kind", "as"])
_log = structlog.get_logger()


def plan_routines(
    tx: Tx, ids: Ids, wanted: Sequence[tuple[RoutineKind, Shortcode | None]], at: datetime
) -> None:
    """Make the rows of the duties that are wanted, and switch off those that no longer are."""
    known = {(routine.kind, routine.shortcode): routine for routine in tx.routines.all()}
    new = [
        Routine(id=RoutineId(ids.new("routine")), kind=kind, shortcode=shortcode, due_at=at)
        for kind, shortcode in wanted
        if (kind, shortcode) not in known
    ]
    tx.routines.add(new)
    back = [
        replace(known[one], due_at=at)
        for one in wanted
        if one in known and known[one].due_at is None
    ]
    over = [
        replace(routine, due_at=None)
        for key, routine in known.items()
        if key not in wanted and routine.due_at is not None
    ]
    tx.routines.save([*back, *over])
    names = tuple(routine.id for routine in [*new, *back])
    tx.hand_over(Work(kind=WorkKind.ROUTINE, ids=names, due_at=at))


async def run_routine(deps: Deps, routine_id: RoutineId) -> None:
    """Do a duty once, unless it is not due (any more)."""
    now = deps.clock.now()
    taken = await deps.db.write(lambda tx: _take(tx, routine_id, now))
    if taken is None:
        return
    try:
        async with asyncio.timeout(run_max(taken.kind).total_seconds()):
            state = await DUTIES[taken.kind](deps, taken)
    except NotNow as reason:
        _log.warning("routine.not_now", kind=taken.kind.value, reason=reason.why)
        left = taken if reason.state is None else replace(taken, state=reason.state)
        await _end(deps, failed(left, deps.clock.now(), reason.why))
    except Unavailable:
        raise  # nothing can be written down; the lease brings it back
    except Exception as error:
        await _end(deps, failed(taken, deps.clock.now(), type(error).__name__))
        raise
    else:
        await _end(deps, succeeded(taken, deps.clock.now(), state))


def _take(tx: Tx, routine_id: RoutineId, now: datetime) -> Routine | None:
    routine = tx.routines.lock(routine_id)
    if routine is None or routine.due_at is None or routine.due_at > now:
        return None
    tx.routines.save([begun(routine, now)])
    return tx.routines.lock(routine_id)


async def _end(deps: Deps, ended: Routine) -> None:
    RUNS.labels(ended.kind.value, "failed" if ended.failures else "done").inc()

    def write(tx: Tx) -> None:
        held = tx.routines.lock(ended.id)
        if held is None or held.version != ended.version:
            return  # the lease had ended, and another process has it
        tx.routines.save([ended])
        _hand_over(tx, ended)

    await deps.db.write(write)


def _hand_over(tx: Tx, routine: Routine) -> None:
    if routine.due_at is not None:
        work = Work(kind=WorkKind.ROUTINE, ids=(routine.id,), due_at=routine.due_at)
        tx.hand_over(work)
