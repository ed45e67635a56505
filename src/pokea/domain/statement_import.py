"""One file of statement lines while it is read, and what is kept of it afterwards.

A file may repeat lines and may overlap with others; its period is what its head says, or what
its lines span. Only a file that was read without a fault, and whose balances do not say that
lines are missing, covers its period: only then does silence about a receipt mean anything.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from pokea.daraja.values import EAT, Money
from pokea.domain.ids import AccountId, ReceiptId, ShortcodeId, StatementId
from pokea.domain.ledger import LedgerAccount
from pokea.domain.statement import (
    Faulty,
    LineIdentity,
    NoMoney,
    Period,
    Row,
    Side,
    StatementLine,
)
from pokea.domain.statement_chain import Balances, Chain
from pokea.domain.statement_layout import Layout
from pokea.domain.statement_rows import read_row

_SECOND: Final = timedelta(seconds=1)
_AHEAD_MAX: Final = timedelta(days=1)
"""How far M-PESA's clock may be ahead of ours before a time is taken for a misread one."""


class ImportState(StrEnum):
    """How far an import is."""

    READING = "reading"  # also when its process died: the same file goes on from there
    COMPLETED = "completed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many rows of a file were what."""

    lines: int = 0
    known: int = 0
    repeated: int = 0
    without_money: int = 0
    faulty: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """How many new lines ended how; ``missing_there`` counts receipts of ours."""

    agreed: int = 0
    missing_here: int = 0
    missing_there: int = 0
    amount_differs: int = 0

    @property
    def disagreements(self) -> int:
        """All but the agreed."""
        return self.missing_here + self.missing_there + self.amount_differs


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementImport:
    """One import of one file."""

    id: StatementId
    account_id: AccountId
    livemode: bool
    shortcode_id: ShortcodeId
    account: LedgerAccount
    file_name: str
    file_sha256: bytes
    imported_by: str
    created_at: datetime
    state: ImportState = ImportState.READING
    version: int = 1
    period: Period | None = None
    balances: Balances = Balances()
    paid_in: Money = Money.zero()
    withdrawn: Money = Money.zero()
    tally: Tally = Tally()
    found: Found = Found()
    seen_up_to: ReceiptId | None = None
    completed_at: datetime | None = None

    @property
    def covers(self) -> Period | None:
        """The period of which it shows everything, if it shows everything."""
        whole = self.balances.whole is not False and not self.tally.faulty
        return self.period if whole else None


@dataclass(slots=True)
class Reading:
    """A file as far as it has been read. Every line comes out once."""

    layout: Layout
    until: datetime
    faults: list[Faulty] = field(default_factory=list[Faulty])
    paid_in: int = 0
    withdrawn: int = 0
    _seen: set[LineIdentity] = field(default_factory=set[LineIdentity])
    _chain: Chain = field(default_factory=Chain)
    _repeated: int = 0
    _without_money: int = 0
    _first: datetime | None = None
    _last: datetime | None = None

    def take(self, rows: Iterable[Row]) -> list[StatementLine]:
        """Read some more rows: the lines among them that had not been there before."""
        new: list[StatementLine] = []
        for row in rows:
            if row.number <= self.layout.heading:
                continue
            match read_row(self.layout, row):
                case Faulty() as fault:
                    self.faults.append(fault)
                case NoMoney():
                    self._without_money += 1
                case line if self._misplaced(line):
                    self.faults.append(
                        Faulty(number=line.number, reason="Its time is outside the period.")
                    )
                case line if line.identity in self._seen:
                    self._repeated += 1
                case line:
                    self._count(line)
                    new.append(line)
        return new

    def tally(self, *, known: int = 0) -> Tally:
        """What has been counted; ``known`` lines came with an earlier file."""
        return Tally(
            lines=len(self._seen),
            known=known,
            repeated=self._repeated,
            without_money=self._without_money,
            faulty=len(self.faults),
        )

    @property
    def balances(self) -> Balances:
        """What the balances of its lines say."""
        return self._chain.balances()

    @property
    def period(self) -> Period | None:
        """What its head says, as far as that is past, or what its lines span."""
        told = self.layout.head.period
        if told is not None and told.start < self.until:
            return Period(start=told.start, end=min(told.end, self.until))
        if self._first is None or self._last is None:
            return None
        return Period(start=self._first, end=self._last + _SECOND)

    def _misplaced(self, line: StatementLine) -> bool:
        """A day and a month that changed places show themselves here."""
        told = self.layout.head.period
        return (told is not None and not told.holds(line.at)) or (
            line.at > self.until + _AHEAD_MAX
        )

    def _count(self, line: StatementLine) -> None:
        self._seen.add(line.identity)
        self._chain.add(line)
        if line.side is Side.IN:
            self.paid_in += line.amount.in_cents
        else:
            self.withdrawn += line.amount.in_cents
        self._first = line.at if self._first is None else min(self._first, line.at)
        self._last = line.at if self._last is None else max(self._last, line.at)


def joined(periods: Iterable[Period]) -> list[Period]:
    """Periods that touch or overlap, as one each, in order."""
    whole: list[Period] = []
    for one in sorted(periods, key=lambda period: period.start):
        if whole and one.start <= whole[-1].end:
            last = whole.pop()
            one = Period(start=last.start, end=max(last.end, one.end))  # noqa: PLW2901
        whole.append(one)
    return whole


def day_period(day: date) -> Period:
    """A business day, midnight to midnight in Nairobi."""
    start = datetime(day.year, day.month, day.day, tzinfo=EAT)
    return Period(start=start, end=start + timedelta(days=1))


def covers_day(periods: Sequence[Period], day: date) -> bool:
    """Whether periods, together, leave nothing of a day out."""
    wanted = day_period(day)
    return any(one.start <= wanted.start and wanted.end <= one.end for one in joined(periods))
