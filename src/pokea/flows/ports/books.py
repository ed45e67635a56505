"""The ledger's rows, their chain, and what was found when all of them were looked at."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pokea.daraja.values import Shortcode
from pokea.domain.chain import Head, Link, WrittenJournal
from pokea.domain.ids import AccountId
from pokea.domain.invariant import Report
from pokea.domain.ledger import Balance, JournalEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalFilter:
    """Which journals a list shows, newest first; an export goes the other way."""

    account_id: AccountId | None
    livemode: bool | None
    limit: int
    starting_after: str | None = None
    ending_before: str | None = None
    kind: str | None = None
    shortcode: str | None = None
    created_gte: datetime | None = None
    created_lt: datetime | None = None


class Journals(Protocol):
    """The books; only ever added to."""

    def add(self, entries: Sequence[JournalEntry]) -> None: ...
    def of_sources(self, sources: Collection[str]) -> list[WrittenJournal]: ...
    def page(self, wanted: JournalFilter) -> list[WrittenJournal]: ...
    def balances(
        self,
        account_id: AccountId,
        *,
        livemode: bool,
        shortcode: Shortcode | None = None,
        at: datetime | None = None,
    ) -> list[Balance]:
        """What every account that was ever posted to held at a moment, or holds now."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A look at some journals: which are not linked, and where to look on, if at all."""

    unlinked: Sequence[WrittenJournal]
    last: str | None


class Chain(Protocol):
    """The journals' hashes."""

    def head(self) -> Head: ...
    def window(self, after: str, limit: int) -> Window: ...
    def extend(self, head: Head, links: Sequence[Link]) -> bool:
        """Add links behind ``head``; False when the chain does not end there any more."""
        ...

    def after(self, number: int, limit: int) -> Sequence[Link]: ...


class BookChecks(Protocol):
    """What was found whenever all the books were looked at."""

    def add(self, report: Report) -> None: ...
    def last(self) -> Report | None: ...
    def intact(self) -> bool: ...


class Auditor(Protocol):
    """Looks at all the books. That takes long, so it is not done in a :class:`Tx`."""

    async def report(self, now: datetime) -> Report:
        """What holds and what does not."""
        ...
