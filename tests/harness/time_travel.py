"""Hours in seconds: a real gateway whose clock a test moves, together with the simulator's.

Everything in the gateway that is due at a time asks one clock. Here that clock runs ahead of
the machine's by what a small file says, so a schedule of hours is lived through in steps from
one due row to the next, each of them done before the next step.
"""

import mmap
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import httpx2
from sqlalchemy import Column, func, select

from harness.installation import CLOCK
from harness.processes import eventually
from harness.truth import Truth
from pokea.store.tables import attempts, inbox, payments
from pokea.wiring.world import SystemClock

_BYTES: Final = 8
_MICROSECOND: Final = timedelta(microseconds=1)

_DUE: Final[tuple[Column[datetime | None], ...]] = (
    attempts.c.due_at,
    payments.c.due_at,
    inbox.c.due_at,
)

LAG: Final = timedelta(seconds=11)
"""PostgreSQL's jobs wait by the machine's clock. A row this late is swept up in five seconds,
whatever its job waits for."""


class Ahead:
    """How far a clock is ahead of the machine's: a number in a file, read by its process."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.by = timedelta()
        self._write()

    def now(self) -> datetime:
        """The moment over there."""
        return CLOCK.now() + self.by

    def go(self, step: timedelta) -> None:
        """Run on by a step."""
        self.by += step
        self._write()

    def _write(self) -> None:
        number = (self.by // _MICROSECOND).to_bytes(_BYTES, "big")
        if not self.file.exists():
            self.file.write_bytes(number)
            return
        with self.file.open("r+b") as shared:
            shared.write(number)  # in place: the other process has mapped these bytes


def run_ahead(file: Path) -> None:
    """Let this process's clock run ahead by what a file says from now on."""
    with file.open("rb") as opened:
        shared = mmap.mmap(opened.fileno(), _BYTES, access=mmap.ACCESS_READ)
    at_home = SystemClock.now

    def now(clock: SystemClock) -> datetime:
        return at_home(clock) + int.from_bytes(shared[:_BYTES], "big") * _MICROSECOND

    setattr(SystemClock, "now", now)  # noqa: B010 - a method, replaced on purpose


@dataclass
class TimeMachine:
    """Moves a gateway and its Safaricom through time."""

    ahead: Ahead
    truth: Truth
    safaricom: httpx2.Client
    on_postgresql: bool

    def passes(self, **time: float) -> None:
        """Time passes, and every row is done when it is due."""
        until = self.ahead.now() + timedelta(**time)
        while True:
            due = self._next_due()
            stop = until if due is None else min(until, due + self._lag)
            self._go_to(stop)
            eventually(self._is_done)
            if stop >= until:
                return

    @property
    def _lag(self) -> timedelta:
        return LAG if self.on_postgresql else timedelta(milliseconds=1)

    def _go_to(self, moment: datetime) -> None:
        step = moment - self.ahead.now()
        if step > timedelta():
            self.ahead.go(step)
            seconds = {"seconds": step.total_seconds()}
            self.safaricom.post("/_sim/clock/advance", json=seconds).raise_for_status()

    def _is_done(self) -> bool:
        """Whether nothing is left that could have been done by now."""
        due = self._next_due()
        return due is None or due + self._lag > self.ahead.now()

    def _next_due(self) -> datetime | None:
        times = [self.truth.rows(select(func.min(column)))[0][0] for column in _DUE]
        return min((time for time in times if time is not None), default=None)
