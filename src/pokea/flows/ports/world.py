"""The time, and names for new things."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The time, aware and in UTC."""

    def now(self) -> datetime:
        """The present instant."""
        ...


class Ids(Protocol):
    """Names for new things; they sort by time."""

    def new(self, thing: str) -> str:
        """A new id; ``thing`` is a key of :data:`pokea.domain.ids.PREFIXES`."""
        ...
