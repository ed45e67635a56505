"""A line of an M-PESA organisation statement: money that moved, in Safaricom's own words.

A statement is class A evidence: a person fetched it from the portal, and it names every
movement of one account of the organisation. No export of 2026 was found in public, so nothing
here depends on the order of columns or on anything above them; what is not understood is
reported with its line number and never dropped. :mod:`~pokea.domain.statement_layout` finds the
columns, :mod:`~pokea.domain.statement_rows` reads a row.
Source: STATE_MACHINES sections 0.1 and 9, DEPENDENCIES section 20.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pokea.daraja.values import Money, Receipt, Shortcode


class LineKind(StrEnum):
    """What moved the money."""

    COLLECTION = "collection"  # a customer paid
    CHARGE = "charge"  # Safaricom's tariff
    PAYOUT = "payout"  # to a customer or another business
    REVERSAL = "reversal"  # undone, by whom the details say
    SETTLEMENT = "settlement"  # between accounts of the organisation
    BANK = "bank"  # to the organisation's bank
    OTHER = "other"  # words that we do not know


class Side(StrEnum):
    """Which way it moved."""

    IN = "in"
    OUT = "out"


class StatementAccount(StrEnum):
    """The account of the organisation that a statement shows."""

    UTILITY = "utility"  # a paybill collects here, payouts to customers leave here
    MERCHANT = "merchant"  # a till collects here
    WORKING = "working"  # money for businesses and the bank
    CHARGES = "charges"  # runs negative until it is settled


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file as text, with the number that a person finds it by."""

    number: int
    cells: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From a moment up to, not including, another."""

    start: datetime
    end: datetime

    def holds(self, at: datetime) -> bool:
        """Whether a moment is within."""
        return self.start <= at < self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementHead:
    """What the lines above the columns say, as far as they say it."""

    shortcode: Shortcode | None = None
    account: StatementAccount | None = None
    period: Period | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """One movement. ``balance`` is the account's afterwards, in cents, and may be negative.

    ``details``, ``party`` and ``typed`` hold names, phones and what payers typed: personal.
    """

    number: int
    receipt: Receipt
    at: datetime
    kind: LineKind
    side: Side
    amount: Money
    balance: int | None
    details: str
    party: str
    typed: str
    linked: str

    @property
    def identity(self) -> "LineIdentity":
        """What makes two lines of an account's statements the same one.

        Neither the time nor the words count: exports of one day differ in seconds and spaces.
        """
        return (self.receipt.code, self.kind, self.side, self.amount.in_cents)


LineIdentity = tuple[str, LineKind, Side, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Faulty:
    """A row that could not be read, and why: a person looks at that line of the file."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoMoney:
    """A row that moved nothing: a failed transaction, a total, a note below the table."""

    number: int


ReadRow = StatementLine | Faulty | NoMoney
