"""Reading a statement's rows: each becomes a line, a fault with its number, or no money.

Nothing is guessed: an amount in two columns, a day that is in no calendar or a status that we
have never seen make the row faulty. A statement with a faulty row does not cover its day.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pokea.daraja.errors import InvalidValue
from pokea.daraja.values import Money, Payer, Receipt, parse_payer
from pokea.domain.statement import (
    Faulty,
    LineKind,
    NoMoney,
    ReadRow,
    Row,
    Side,
    StatementLine,
)
from pokea.domain.statement_layout import MOMENT, Column, Layout, columns_of, plain, read_moment

_MOVED: Final = frozenset(("completed", "complete", ""))
_NOT_MOVED: Final = frozenset(
    ("failed", "cancelled", "canceled", "declined", "expired", "initiated", "authorized")
) | {"pending", "pendingauthorized", "rejected"}
_SUMMARY: Final = ("total", "opening", "closing", "grand", "balance")
_TEXT_MAX: Final = 500
"""Of each text that is kept. Longer ones are no words of Safaricom's."""

_RECEIPT: Final = re.compile(r"[A-Z0-9]{10}", re.ASCII)
_AMOUNT: Final = re.compile(r"(\d{1,3}(?:,\d{3})+|\d{1,15})(?:\.(\d{1,2}))?", re.ASCII)
_CURRENCY: Final = re.compile(r"^(?:KES|KSHS?|KSH)\.?|(?:KES|KSHS?)$", re.IGNORECASE)
_BEFORE_DIGITS: Final = re.compile(r"[^0-9]*", re.ASCII)
_ACCOUNT_TYPED: Final = re.compile(r"\bAcc\. (.+)$")

_REVERSED: Final = re.compile(
    r"(?i:[a-z ]*revers[a-z]*(?: of)?(?: transaction)?(?: id)?:? )"
    r"((?=[0-9]*[A-Z])(?=[A-Z]*[0-9])[A-Z0-9]{10})\b",
    re.ASCII,
)

_BANKS: Final = ("to bank", "bank account", "bank transfer")
_SETTLES: Final = ("settlement", "funds transfer", "account to", "mmf")
_COLLECTS: Final = ("pay bill", "paybill", "pay utility", "pay merchant", "buy goods")
_COLLECTS_TOO: Final = ("merchant payment", "customer payment", "standing order")
_PAYS_OUT: Final = ("business pay", "business buy", "salary", "promotion", "pay tax", "pochi")
_PAYS_OUT_TOO: Final = ("to business", "b2c", "b2b")


class _Fault(Exception):
    """Why a row cannot be read."""


def read_row(layout: Layout, row: Row) -> ReadRow:
    """What a row below the heading says."""
    cells = _Cells(layout, row.cells)
    code, moment = cells.at(Column.RECEIPT), cells.at(Column.COMPLETED)
    if not moment and _is_beside_the_table(row.cells, cells, code):
        return NoMoney(number=row.number)
    if Column.RECEIPT in columns_of([code]):
        return NoMoney(number=row.number)  # the heading again, on the next page
    try:
        return _read_money(cells, row.number, code, moment)
    except _Fault as fault:
        return Faulty(number=row.number, reason=str(fault))


@dataclass(frozen=True, slots=True)
class _Cells:
    """A row's cells by the name of their column."""

    layout: Layout
    cells: Sequence[str]

    def at(self, column: Column) -> str:
        """The text of a column; short rows and missing columns are empty."""
        place = self.layout.columns.get(column)
        if place is None or place >= len(self.cells):
            return ""
        return self.cells[place].strip()


def _read_money(cells: _Cells, number: int, code: str, moment: str) -> StatementLine | NoMoney:
    if not _has_moved(cells.at(Column.STATUS)):
        return NoMoney(number=number)
    paid_in = _cents(cells.at(Column.PAID_IN), Column.PAID_IN)
    withdrawn = _cents(cells.at(Column.WITHDRAWN), Column.WITHDRAWN)
    if paid_in and withdrawn:
        raise _Fault("It is paid in and withdrawn at once.")
    if paid_in < 0:
        raise _Fault("The amount paid in is negative.")
    receipt, at = _receipt(code), _instant(moment)
    if not paid_in and not withdrawn:
        return NoMoney(number=number)
    side = Side.IN if paid_in else Side.OUT
    details = cells.at(Column.DETAILS)[:_TEXT_MAX]
    balance = cells.at(Column.BALANCE)
    return StatementLine(
        number=number,
        receipt=receipt,
        at=at,
        kind=kind_of(side, reason=cells.at(Column.REASON), details=details),
        side=side,
        amount=Money(paid_in or abs(withdrawn)),
        balance=_cents(balance, Column.BALANCE) if balance else None,
        details=details,
        party=cells.at(Column.PARTY)[:_TEXT_MAX],
        typed=_typed(cells.at(Column.TYPED), details)[:_TEXT_MAX],
        linked=cells.at(Column.LINKED)[:_TEXT_MAX],
    )


def _is_beside_the_table(row: Sequence[str], cells: _Cells, code: str) -> bool:
    """Notes, empty rows and sums: no amount, or a first word that says what it sums up."""
    if _RECEIPT.fullmatch(code):
        return False
    amounts = cells.at(Column.PAID_IN) + cells.at(Column.WITHDRAWN)
    if not any(character.isdigit() for character in amounts):
        return True
    first = next((text.strip().casefold() for text in row if text.strip()), "")
    return first.startswith(_SUMMARY)


def _has_moved(status: str) -> bool:
    word = plain(status)
    if word in _MOVED:
        return True
    if word in _NOT_MOVED:
        return False
    raise _Fault(f'The status "{status[:40]}" is not known: money may have moved, or not.')


def _receipt(code: str) -> Receipt:
    try:
        return Receipt(code.upper())
    except InvalidValue:
        shown = f'"{code[:40]}"' if code else "nothing"
        raise _Fault(f"Where its receipt should stand is {shown}.") from None


def _instant(text: str) -> datetime:
    found = MOMENT.fullmatch(text)
    if found is None or ":" not in text:
        shown = f'"{text[:40]}"' if text else "nothing"
        raise _Fault(
            f"Where its time should stand is {shown}; dates are DD-MM-YYYY HH:MM:SS or"
            " YYYY-MM-DD HH:MM:SS."
        )
    try:
        return read_moment(found)
    except (ValueError, OverflowError):
        raise _Fault(f'"{text[:40]}" is no moment of the calendar, the day first.') from None


def _cents(text: str, column: Column) -> int:
    """Cents with their sign; an empty cell and a dash are nothing."""
    bare = text.replace(" ", "").replace("\N{NO-BREAK SPACE}", "")
    bare = bare.replace("\N{MINUS SIGN}", "-")
    bare = _CURRENCY.sub("", bare)
    negative = bare.startswith("-") or (bare.startswith("(") and bare.endswith(")"))
    bare = bare.strip("()+-")
    if not bare:
        return 0
    found = _AMOUNT.fullmatch(bare)
    if found is None:
        raise _Fault(f'"{text[:40]}" under "{column.value}" is no amount of money.')
    cents = int(found[1].replace(",", "")) * 100 + int((found[2] or "").ljust(2, "0"))
    return -cents if negative else cents


# ── what moved it ────────────────────────────────────────────────────────────────────────


def kind_of(side: Side, *, reason: str, details: str) -> LineKind:
    """What moved the money, by the portal's reason, or by the first words of the details.

    Only the words before the first digit: behind it stand names and what payers typed, and a
    payer who types "reversal" must not make one.
    """
    found = _BEFORE_DIGITS.match(details)
    words = (reason or (found[0] if found else "")).casefold()
    if side is Side.OUT and ("charge" in words or "tariff" in words):
        return LineKind.CHARGE
    if "revers" in words:
        return LineKind.REVERSAL
    if side is Side.OUT and _says(words, _BANKS):
        return LineKind.BANK
    if _says(words, _SETTLES):
        return LineKind.SETTLEMENT
    if side is Side.OUT and _says(words, _PAYS_OUT + _PAYS_OUT_TOO):
        return LineKind.PAYOUT
    if side is Side.IN and _says(words, _COLLECTS + _COLLECTS_TOO):
        return LineKind.COLLECTION
    return LineKind.OTHER


def _says(words: str, known: Sequence[str]) -> bool:
    return any(word in words for word in known)


def _typed(account: str, details: str) -> str:
    """What the payer typed: a column of its own, or behind ``Acc.`` in the details."""
    if account:
        return account
    found = _ACCOUNT_TYPED.search(details)
    return found[1].strip() if found else ""


def reversed_receipt(line: StatementLine) -> Receipt | None:
    """The receipt of the customer's payment that a line gave back, or None.

    The portal names it in a column of its own; failing that, the details may, right behind the
    word. Further on stand names and what payers typed, and a payer who types the receipt of
    somebody else's money must not have that given back.
    """
    if line.kind is not LineKind.REVERSAL or line.side is not Side.OUT:
        return None
    named = _REVERSED.match(line.details)
    for code in (line.linked, named[1] if named else ""):
        if _RECEIPT.fullmatch(code.upper()) and code.upper() != line.receipt.code:
            return Receipt(code.upper())
    return None


def payer_of(line: StatementLine) -> tuple[Payer | None, str]:
    """Who paid, as far as ``2547*****678 - WANJIKU`` says it: a phone, and a name."""
    number, _, name = line.party.partition(" - ")
    try:
        return parse_payer(number.strip()), name.strip()
    except InvalidValue:
        return None, name.strip() or line.party.strip()
