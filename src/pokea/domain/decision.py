"""The three answers of a decision: applied, repeated, conflicting.

Duplicates, late news and contradictions are ordinary input in payments, so they are values
with names and never exceptions.
"""

from dataclasses import dataclass
from typing import Generic, TypeVar

Changed_co = TypeVar("Changed_co", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied(Generic[Changed_co]):
    """The event changed something; ``now`` is what is true from here on."""

    now: Changed_co


@dataclass(frozen=True, slots=True)
class Repeated:
    """We knew that already; nothing changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflicting:
    """The event contradicts what we hold; nothing changes, and ``field`` says where."""

    field: str
