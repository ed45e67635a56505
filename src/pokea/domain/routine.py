"""Routines: what the gateway does again and again, whoever calls or does not.

Each is a row that is due like any other, so that one process does it at a time and another
takes over when that one dies. Source: STATE_MACHINES section 9.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from pokea.daraja.values import Shortcode
from pokea.domain.ids import RoutineId


class RoutineKind(StrEnum):
    """What is done again and again."""

    IN_DOUBT = "in_doubt"  # nobody forgot an attempt that is in flight
    LINK_CHAIN = "link_chain"  # new journals get their place in the chain
    CHECK_BOOKS = "check_books"  # all invariants, and the chain from its first link
    BALANCE = "balance"  # what M-PESA says that a shortcode's accounts hold
    PULL_RECENT = "pull_recent"  # what was paid in the last hour
    PULL_DEEP = "pull_deep"  # and in the last two days, which is as far as Safaricom shows


EVERY: Final[Mapping[RoutineKind, timedelta]] = {
    RoutineKind.IN_DOUBT: timedelta(minutes=5),
    RoutineKind.LINK_CHAIN: timedelta(seconds=5),
    RoutineKind.CHECK_BOOKS: timedelta(hours=1),
    RoutineKind.BALANCE: timedelta(minutes=15),
    RoutineKind.PULL_RECENT: timedelta(minutes=5),
    RoutineKind.PULL_DEEP: timedelta(hours=1),
}

RUN_MAX: Final = timedelta(minutes=4)
"""A duty that takes longer is broken off; what it had done stays done."""

CHECK_MAX: Final = timedelta(minutes=50)
"""A look at all the books takes half a minute for each million of journals."""

GRACE: Final = timedelta(minutes=1)
LEASE: Final = RUN_MAX + GRACE
"""After this its process is taken for dead, and another one begins anew."""

RETRY_AFTER: Final = timedelta(minutes=5)
"""An hourly duty that failed is not left for another hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Routine:
    """One duty, of one shortcode or of the whole installation.

    ``state`` is what a run leaves for the next one. Without ``due_at`` it is switched off.
    """

    id: RoutineId
    kind: RoutineKind
    shortcode: Shortcode | None
    version: int = 1
    state: Mapping[str, str] = field(default_factory=dict[str, str])
    started_at: datetime | None = None
    last_ok_at: datetime | None = None
    failures: int = 0
    last_error: str | None = None
    due_at: datetime | None = None


def run_max(kind: RoutineKind) -> timedelta:
    """How long a run may take."""
    return CHECK_MAX if kind is RoutineKind.CHECK_BOOKS else RUN_MAX


def begun(routine: Routine, at: datetime) -> Routine:
    """A process does it, until its lease ends."""
    return replace(routine, started_at=at, due_at=at + run_max(routine.kind) + GRACE)


def succeeded(routine: Routine, at: datetime, state: Mapping[str, str]) -> Routine:
    """Done; again after its interval."""
    return replace(
        routine,
        state=state,
        last_ok_at=at,
        failures=0,
        last_error=None,
        due_at=at + EVERY[routine.kind],
    )


def failed(routine: Routine, at: datetime, why: str) -> Routine:
    """Not done, for a reason that an operator may read; tried again soon."""
    return replace(
        routine,
        failures=routine.failures + 1,
        last_error=why,
        due_at=at + min(EVERY[routine.kind], RETRY_AFTER),
    )
