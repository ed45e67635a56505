"""The simulator's clock: real, frozen or racing. The one real clock is here."""

import time
from datetime import UTC, datetime, timedelta
from typing import Literal

Mode = Literal["real", "frozen", "fast"]


def wall_clock() -> datetime:
    """The machine's time, read once at the start; from then on the monotonic clock counts."""
    return datetime.now(UTC)  # noqa: TID251 the simulator's only look at a real clock


class SimClock:
    """Simulated time. ``real`` runs with the wall, the other modes only move when moved."""

    def __init__(self, start: datetime, mode: Mode = "real") -> None:
        self._mode: Mode = mode
        self._start = start
        self._since = time.monotonic()

    @property
    def mode(self) -> Mode:
        """How time passes."""
        return self._mode

    def now(self) -> datetime:
        """The simulated moment."""
        if self._mode != "real":
            return self._start
        return self._start + timedelta(seconds=time.monotonic() - self._since)

    def set(self, moment: datetime) -> None:
        """Jump forward to a moment; never backward."""
        self._start = max(moment, self.now())
        self._since = time.monotonic()

    def change_mode(self, mode: Mode) -> None:
        """Let time pass differently from now on."""
        self.set(self.now())
        self._mode = mode
