"""The ledger's rows."""

from collections.abc import Sequence
from typing import Protocol

from pokea.domain.ledger import JournalEntry


class Journals(Protocol):
    """The books; only ever added to."""

    def add(self, entries: Sequence[JournalEntry]) -> None: ...
