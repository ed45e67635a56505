"""Hours in seconds: a real gateway whose clock a test moves, together with the simulator's.

A schedule of hours is lived through in steps from one due row to the next, each of them done
before the next step.
"""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import Column, func, select

from harness.clocks import Ahead
from harness.processes import eventually
from harness.spare import SpareGateway, Spares
from harness.town import Town, a_settlement
from harness.truth import Truth
from pokea.engine.procrastinate import ProcrastinateCarrier
from pokea.flows.ports import Tx
from pokea.store.database import SqlDatabase
from pokea.store.tables import attempts, inbox, payments, receipts

_DUE: Final[tuple[Column[datetime], ...]] = (
    attempts.c.due_at,
    payments.c.due_at,
    receipts.c.due_at,
    inbox.c.due_at,
)

_STEPS: Final = {True: timedelta(seconds=2), False: timedelta(milliseconds=1)}
"""How far past a due time one step goes: on PostgreSQL each takes a second of the machine's."""
_AT_ONCE: Final = 1_000


@dataclass
class TimeMachine:
    """Moves a town through time: its gateway and its Safaricom."""

    town: Town
    ahead: Ahead
    truth: Truth
    db: SqlDatabase
    gateway: SpareGateway

    def passes(self, **time: float) -> None:
        """Time passes, and every row is done when it is due."""
        until = self.ahead.now() + timedelta(**time)
        past = _STEPS[self.town.installation.on_postgresql]
        while True:
            due = self._next_due()
            stop = until if due is None else min(until, due + past)
            self._go_to(stop)
            self._finish()
            if stop >= until:
                return

    def _go_to(self, moment: datetime) -> None:
        step = moment - self.ahead.now()
        if step > timedelta():
            self.ahead.go(step)
            seconds = {"seconds": step.total_seconds()}
            self.town.safaricom.post("/_sim/clock/advance", json=seconds).raise_for_status()

    def _finish(self) -> None:
        """Wait until all is done that is due by now, and what becomes due meanwhile."""
        if not self.town.installation.on_postgresql:
            eventually(self._is_done, within_s=60)
            return

        def is_done() -> bool:
            self.db.write_here(self._hand_over)
            return self._is_done()

        eventually(is_done, within_s=60, every_s=0.5)

    def _hand_over(self, tx: Tx) -> None:
        """What is due by this clock: PostgreSQL's jobs wait by the machine's."""
        now = self.ahead.now()
        for work in tx.overdue(now, _AT_ONCE):
            tx.hand_over(replace(work, due_at=now))

    def _is_done(self) -> bool:
        """Whether nothing is left that could have been done by now."""
        due = self._next_due()
        return due is None or due > self.ahead.now()

    def _next_due(self) -> datetime | None:
        times = [self.truth.rows(select(func.min(column)))[0][0] for column in _DUE]
        return min((time for time in times if time is not None), default=None)


@contextmanager
def a_town_in_time(
    url: str, folder: Path, settings: Mapping[str, str] | None = None
) -> Generator[TimeMachine]:
    """A town with everything running, and the means to move it."""
    folder.mkdir(parents=True, exist_ok=True)
    ahead = Ahead(folder / "ahead")
    with a_settlement(url, folder, settings) as town, Spares() as spares:
        installation = town.installation
        gateway = SpareGateway(town.gateway, spares, ahead.file)
        carrier = ProcrastinateCarrier(ahead) if installation.on_postgresql else None
        with gateway, Truth(installation) as truth, installation.store(carrier) as db:
            yield TimeMachine(town, ahead, truth, db, gateway)
