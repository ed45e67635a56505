"""Nobody is forgotten: every few minutes, attempts that are in flight for long are asked about.

Each attempt has its own, finer schedule. This sweep repairs what should not happen: one whose
next check is missing, or was lost on its way to the engine.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from pokea.domain.routine import Routine
from pokea.flows.deps import Deps
from pokea.flows.ports import Tx, Work, WorkKind
from pokea.flows.record import Change, record_attempts

IN_FLIGHT_FOR: Final = timedelta(minutes=5)
"""A prompt is over in one minute; after five, somebody should know how it ended."""

OVERDUE_FOR: Final = timedelta(minutes=1)
"""What is a little late is on its way through the engine."""

AT_ONCE: Final = 500
"""What is left over is the oldest at the next run."""

_log = structlog.get_logger()


async def sweep_doubt(deps: Deps, _routine: Routine) -> Mapping[str, str]:
    """Have every such attempt looked at now."""
    now = deps.clock.now()
    missing, overdue = await deps.db.write(lambda tx: _sweep(tx, deps, now))
    if missing or overdue:
        _log.warning("attempts.left_in_doubt", without_a_check=missing, overdue=overdue)
    return {"asked": str(missing + overdue)}


def _sweep(tx: Tx, deps: Deps, now: datetime) -> tuple[int, int]:
    found = tx.attempts.left_in_flight(
        begun_before=now - IN_FLIGHT_FOR, due_before=now - OVERDUE_FOR, limit=AT_ONCE
    )
    held = tx.attempts.lock(found)
    missing = [
        Change(before=one, after=replace(one, due_at=now))
        for one in held.values()
        if one.due_at is None
    ]
    record_attempts(tx, deps, missing, now)
    overdue = tuple(one.id for one in held.values() if one.due_at is not None)
    tx.hand_over(Work(kind=WorkKind.ATTEMPT, ids=overdue, due_at=now))
    return len(missing), len(overdue)
