"""The sweeps of Safaricom's own list, which a test cannot wait for."""

from dataclasses import replace
from typing import Final

from harness.installation import CLOCK, Installation
from harness.processes import eventually
from pokea.domain.routine import RoutineKind
from pokea.flows.ports import Tx

PULLS: Final = {RoutineKind.PULL_RECENT, RoutineKind.PULL_DEEP}


def pulls_again(installation: Installation) -> None:
    """The intervals of both sweeps are over, and they are done."""
    since = CLOCK.now()

    def write(tx: Tx) -> None:
        due = [replace(one, due_at=since) for one in tx.routines.all() if one.kind in PULLS]
        tx.routines.save(due)

    with installation.store() as db:
        db.write_here(write)
        # Nobody was told of the change: on PostgreSQL a sweep finds it within 15 seconds.
        eventually(
            lambda: all(
                one.last_ok_at is not None and one.last_ok_at >= since
                for one in db.write_here(lambda tx: tx.routines.all())
                if one.kind in PULLS
            ),
            within_s=60,
        )
