"""A process's clock that another one moves: ahead of the machine's, by what a file says.

Everything in the gateway that is due at a time asks one clock, so moving it moves them all.
"""

import mmap
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from pokea.wiring.world import SystemClock

_BYTES: Final = 8
_MICROSECOND: Final = timedelta(microseconds=1)
_CLOCK: Final = SystemClock()


class Ahead:
    """How far a clock is ahead of the machine's: a number in a file, read by its process."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.by = timedelta()
        self._write()

    def now(self) -> datetime:
        """The moment over there."""
        return _CLOCK.now() + self.by

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
