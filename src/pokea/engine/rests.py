"""Rows that are left alone for a while: they failed, or there was no room for them.

Only in memory. A new process tries every row at once, which is what its operator wants.
"""

from dataclasses import dataclass
from typing import Final

from pokea.flows.ports import WorkKind

Key = tuple[WorkKind, str]

FIRST_S: Final = 1.0
LONGEST_S: Final = 300.0
"""A row that fails for a bug of ours waits for a new version; every five minutes is plenty."""


@dataclass(frozen=True, slots=True)
class _Rest:
    until: float
    failures: int


class Rests:
    """Which rows rest, until when. Times are seconds of the event loop's clock."""

    def __init__(self) -> None:
        self._rests: dict[Key, _Rest] = {}

    def failed(self, key: Key, now: float) -> None:
        """Let a row rest, twice as long after each failure."""
        before = self._rests.get(key)
        failures = 1 if before is None else before.failures + 1
        # The exponent is bounded as well: a row may fail for months.
        rest = min(FIRST_S * 2 ** min(failures - 1, 30), LONGEST_S)
        self._rests[key] = _Rest(now + rest, failures)

    def no_room(self, key: Key, now: float) -> None:
        """Let a row rest that could not be begun."""
        before = self._rests.get(key)
        self._rests[key] = _Rest(now + FIRST_S, 0 if before is None else before.failures)

    def succeeded(self, key: Key) -> None:
        """A row that failed before is a row like any other."""
        self._rests.pop(key, None)

    def rests(self, key: Key, now: float) -> bool:
        """Not now."""
        rest = self._rests.get(key)
        return rest is not None and now < rest.until

    def failing(self, now: float) -> int:
        """How many rows failed at their last try; what was not tried again is forgotten."""
        self._rests = {
            key: rest for key, rest in self._rests.items() if now < rest.until + LONGEST_S
        }
        return sum(rest.failures > 0 for rest in self._rests.values())
