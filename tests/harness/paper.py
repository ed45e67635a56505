"""Statements as a test writes them: movements in, a portal's export out, balances in order."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from harness.examples import NOW, SHORTCODE
from pokea.daraja.values import EAT
from pokea.domain.reconciliation import business_day
from pokea.statement_file import StatementFile, open_statement

COLUMNS: Final = (
    "Receipt No.",
    "Completion Time",
    "Details",
    "Transaction Status",
    "Withdrawn",
    "Paid In",
    "Balance",
    "Transaction Type",
    "Other Party Info",
    "A/C No.",
    "Linked Transaction ID",
)
PARTY: Final = "2547*****678 - WANJIKU"


@dataclass
class Paper:
    """One account's statement of one day, written line by line."""

    day: date = field(default_factory=lambda: business_day(NOW))
    shortcode: str = SHORTCODE.digits
    account: str = "Utility Account"
    balance: int = 1_000_000_00
    rows: list[list[str]] = field(default_factory=list[list[str]])
    has_period: bool = True

    def paid(
        self, receipt: str, shillings: int = 100, *, at: datetime = NOW, typed: str = "INV-9"
    ) -> "Paper":
        """A customer paid."""
        return self.moves(receipt, shillings * 100, "Pay Bill Online", at=at, typed=typed)

    def moves(
        self,
        receipt: str,
        cents: int,
        kind: str,
        *,
        at: datetime = NOW,
        typed: str = "",
        linked: str = "",
    ) -> "Paper":
        """Money came, or left when it is negative."""
        self.balance += cents
        amount = f"{cents // 100 if cents >= 0 else -(-cents // 100)}.{abs(cents) % 100:02d}"
        self.rows.append(
            [
                receipt,
                f"{at.astimezone(EAT):%d-%m-%Y %H:%M:%S}",
                f"{kind} from {PARTY}",
                "Completed",
                amount if cents < 0 else "",
                amount if cents > 0 else "",
                f"{self.balance / 100:.2f}",
                kind,
                PARTY,
                typed,
                linked,
            ]
        )
        return self

    def reversed(self, receipt: str, original: str, shillings: int = 100) -> "Paper":
        """A customer's payment was given back, an hour after it came."""
        hour = timedelta(hours=1)
        return self.moves(
            receipt, -shillings * 100, "Transaction Reversal", at=NOW + hour, linked=original
        )

    def newest_first(self) -> "Paper":
        """The same lines as many portals show them."""
        self.rows.reverse()
        return self

    def shuffled(self) -> "Paper":
        """The same lines in another order: no line stays beside its neighbour."""
        self.rows = self.rows[1::2] + self.rows[::2][::-1]
        return self

    def text(self) -> str:
        """The file."""
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(["Short Code", self.shortcode])
        writer.writerow(["Account", self.account])
        if self.has_period:
            whole = f"{self.day:%d-%m-%Y} 00:00:00 to {self.day:%d-%m-%Y} 23:59:59"
            writer.writerow(["Time Period", whole])
        writer.writerow(COLUMNS)
        writer.writerows(self.rows)
        return out.getvalue()

    def file(self) -> StatementFile:
        """The file, opened."""
        return opened(self.text())


def opened(text: str) -> StatementFile:
    """A text as an opened file."""
    return open_statement(io.BytesIO(text.encode()), "statement.csv")


def receipt_code(number: int) -> str:
    """The code of an invented receipt."""
    return f"UAF{number:07d}"


def moments(first: datetime, count: int, step: timedelta) -> Sequence[datetime]:
    """Times at equal distances."""
    return [first + number * step for number in range(count)]
