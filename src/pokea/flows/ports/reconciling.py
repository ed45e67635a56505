"""Rows of statements, of what they and the books disagree on, and of closed days."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from pokea.daraja.values import Money, Receipt, Shortcode
from pokea.domain.day_close import AccountDay, ClosedDay, InDoubt, Unmatched
from pokea.domain.ids import AccountId, AttemptId, BreakId, ReceiptId, ShortcodeId, StatementId
from pokea.domain.reconciliation import Break, BreakKind, Scope, Verdict
from pokea.domain.statement import Faulty, LineIdentity, Period, StatementLine
from pokea.domain.statement_import import Found, StatementImport


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedLine:
    """A line as it is kept: under which id, in which day's figures, and how it compared.

    ``reverses`` is the receipt that it gave back.
    """

    id: str
    line: StatementLine
    day: date
    verdict: Verdict
    reverses: Receipt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversal:
    """What a statement's line says: M-PESA gave a receipt's money back, by this transaction."""

    receipt: Receipt
    by: Receipt
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementFilter:
    """Which imports a list shows, newest first."""

    account_id: AccountId
    livemode: bool
    limit: int
    starting_after: StatementId | None = None


class Statements(Protocol):
    """Imports and their lines."""

    def add(self, new: StatementImport) -> None: ...
    def save(self, changed: StatementImport) -> None: ...
    def get(self, statement_id: StatementId) -> StatementImport | None: ...
    def with_file(
        self, sha256: bytes, account_id: AccountId, *, livemode: bool
    ) -> StatementImport | None: ...
    def page(self, wanted: StatementFilter) -> list[StatementImport]: ...
    def known(self, scope: Scope, receipts: Collection[Receipt]) -> set[LineIdentity]: ...
    def add_lines(
        self, statement_id: StatementId, scope: Scope, judged: Sequence[JudgedLine]
    ) -> None: ...
    def reversals(
        self, scope: Scope, wanted: Collection[Receipt] | None = None
    ) -> list[Reversal]: ...
    def add_faults(self, statement_id: StatementId, faults: Sequence[Faulty]) -> None: ...
    def faults(self, statement_id: StatementId, limit: int) -> list[Faulty]: ...
    def found(self, statement_id: StatementId) -> Found: ...
    def covered(self, scope: Scope) -> list[Period]: ...
    def latest(self, scope: Scope) -> StatementImport | None: ...
    def looked_at_before(self, scope: Scope, before: datetime) -> ReceiptId | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Unshown:
    """Money in the books that no line shows. ``receipt`` is None where none is known."""

    subject: ReceiptId | AttemptId
    receipt: Receipt | None
    amount: Money
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakFilter:
    """Which breaks a list shows: of a statement, or all open ones of a shortcode."""

    limit: int
    statement_id: StatementId | None = None
    shortcode_id: ShortcodeId | None = None
    kind: BreakKind | None = None
    day: date | None = None
    open_only: bool = False
    starting_after: BreakId | None = None


class Breaks(Protocol):
    """Disagreements, each once."""

    def add(self, new: Sequence[Break]) -> None: ...
    def save(self, changed: Sequence[Break]) -> None: ...
    def lock(self, break_id: BreakId) -> Break | None: ...
    def page(self, wanted: BreakFilter) -> list[Break]: ...
    def of_subjects(
        self, scope: Scope, kind: BreakKind, subjects: Collection[str]
    ) -> set[str]: ...
    def open_of(self, statement_id: StatementId) -> int: ...
    def newest_receipt(self, scope: Scope) -> ReceiptId | None: ...
    def unshown(
        self, scope: Scope, periods: Sequence[Period], after: ReceiptId | None
    ) -> list[Unshown]: ...
    def gone(self, scope: Scope) -> list[Break]: ...


class Days(Protocol):
    """A business day's figures, and whether it is closed."""

    def closed(
        self, shortcode_id: ShortcodeId, days: Collection[date]
    ) -> Mapping[date, ClosedDay]: ...
    def close(self, shortcode_id: ShortcodeId, closed: ClosedDay) -> None: ...
    def figures(self, scope: Scope, day: date) -> AccountDay: ...
    def in_doubt(self, shortcode: Shortcode, day: date, *, livemode: bool) -> list[InDoubt]: ...
    def unmatched(
        self, shortcode: Shortcode, account_id: AccountId, *, livemode: bool
    ) -> Unmatched: ...
    def open_breaks(self, shortcode_id: ShortcodeId, day: date) -> int: ...
