"""Where a statement's columns are, and what the lines above them say.

The heading row is found by its words wherever it stands; other columns may stand between, and
in any order. The portal's heading changes with its version and with the report, so each column
answers to several names.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import islice
from typing import Final

from pokea.daraja.errors import InvalidValue
from pokea.daraja.values import EAT, Shortcode
from pokea.domain.statement import Period, Row, StatementAccount, StatementHead

PREAMBLE_MAX: Final = 100
"""Rows above the heading: the longest known block has a dozen."""


class Column(StrEnum):
    """What a column holds; the value is how an error calls it."""

    RECEIPT = "Receipt No."
    COMPLETED = "Completion Time"
    PAID_IN = "Paid In"
    WITHDRAWN = "Withdrawn"
    BALANCE = "Balance"
    STATUS = "Transaction Status"
    DETAILS = "Details"
    REASON = "Reason Type"
    PARTY = "Other Party Info"
    TYPED = "A/C No."
    LINKED = "Linked Transaction ID"


NEEDED: Final = (Column.RECEIPT, Column.COMPLETED, Column.PAID_IN, Column.WITHDRAWN)

_NAMES: Final[Mapping[Column, tuple[str, ...]]] = {
    Column.RECEIPT: (
        "receiptno",
        "receiptnumber",
        "receipt",
        "transactionid",
        "transactioncode",
    ),
    Column.COMPLETED: ("completiontime", "completedtime", "completiondate", "date"),
    Column.PAID_IN: ("paidin", "moneyin", "credit", "creditamount"),
    Column.WITHDRAWN: ("withdrawn", "moneyout", "paidout", "debit", "debitamount"),
    Column.BALANCE: ("balance", "runningbalance", "accountbalance"),
    Column.STATUS: ("transactionstatus", "status"),
    Column.DETAILS: ("details", "description", "narration", "particulars"),
    Column.REASON: ("reasontype", "transactiontype"),
    Column.PARTY: ("otherpartyinfo", "otherparty", "oppositeparty"),
    Column.TYPED: ("acno", "accountno", "accountnumber", "transactionpartydetails"),
    Column.LINKED: ("linkedtransactionid",),
}
"""The portal's own name first; where a file has two of them, the earlier of these counts."""
_COLUMN_OF: Final = {
    name: (column, rank) for column, names in _NAMES.items() for rank, name in enumerate(names)
}

_SHORTCODE: Final = frozenset(
    ("shortcode", "organizationshortcode", "organisationshortcode", "businessshortcode")
) | {"paybill", "paybillnumber", "till", "tillnumber", "storenumber"}
_FROM: Final = frozenset(("from", "fromdate", "startdate", "starttime"))
_UNTIL: Final = frozenset(("to", "todate", "enddate", "endtime"))

_HEADING_MAX: Final = 60  # characters; a longer cell is a sentence
_IN_BRACKETS: Final = re.compile(r"\([^)]*\)")
_NO_LETTER: Final = re.compile(r"[^a-z0-9]")
_DIGITS: Final = re.compile(r"[0-9]{5,7}", re.ASCII)
_ACCOUNT: Final = re.compile(r"utility|working|mmf|merchant|charges", re.IGNORECASE)
MOMENT: Final = re.compile(
    r"(?:(\d{1,2})([-/.])(\d{1,2})\2(\d{4})|(\d{4})([-/.])(\d{1,2})\6(\d{1,2}))"
    r"(?:[ T]{1,2}(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d{1,6})?)?)?",
    re.ASCII,
)
"""Day first or year first. Month first is never assumed: where it matters it cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where the heading is, which column is where, and what stood above."""

    heading: int
    columns: Mapping[Column, int]
    head: StatementHead


@dataclass(frozen=True, slots=True, kw_only=True)
class NoLayout:
    """No heading, or one without a column that is needed; ``reason`` is a sentence."""

    reason: str


def find_layout(rows: Iterable[Row]) -> Layout | NoLayout:
    """Find the heading among a file's first rows."""
    above: list[Row] = []
    lacking: list[Column] = []
    for row in islice(rows, PREAMBLE_MAX):
        columns = columns_of(row.cells)
        if all(column in columns for column in NEEDED):
            return Layout(heading=row.number, columns=columns, head=_read_head(above))
        if Column.RECEIPT in columns and not lacking:
            lacking = [column for column in NEEDED if column not in columns]
        above.append(row)
    if lacking:
        missing = ", ".join(f'"{column.value}"' for column in lacking)
        return NoLayout(reason=f"The heading has no column {missing}.")
    return NoLayout(
        reason=f'No row among the first {PREAMBLE_MAX} has the headings "Receipt No.",'
        ' "Completion Time", "Paid In" and "Withdrawn": no statement of an organisation.'
    )


def columns_of(cells: Sequence[str]) -> dict[Column, int]:
    """Which columns a row of headings names; of equal names the first counts."""
    best: dict[Column, tuple[int, int]] = {}
    for place, cell in enumerate(cells):
        named = _COLUMN_OF.get(plain(cell)) if len(cell) < _HEADING_MAX else None
        if named is not None:
            column, rank = named
            best[column] = min(best.get(column, (rank, place)), (rank, place))
    return {column: place for column, (_, place) in best.items()}


def plain(text: str) -> str:
    """A heading without its unit, its marks and its capital letters."""
    return _NO_LETTER.sub("", _IN_BRACKETS.sub("", text).casefold())


def read_moment(found: re.Match[str], *, late: bool = False) -> datetime:
    """The instant of a match of :data:`MOMENT`, Nairobi time; a day alone begins at midnight.

    With ``late`` what is left out is its end: the last second of the minute or of the day.

    Raises:
        ValueError: no such day or hour.
    """
    day, _, month, year, early_year, _, early_month, early_day, hour, minute, second = (
        found.groups()
    )
    return datetime(
        int(year or early_year),
        int(month or early_month),
        int(day or early_day),
        int(hour or (23 if late else 0)),
        int(minute or (59 if late else 0)),
        int(second or (59 if late else 0)),
        tzinfo=EAT,
    ).astimezone(UTC)


# ── above the heading ────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class _Heard:
    """What has been read so far."""

    shortcode: Shortcode | None = None
    account: StatementAccount | None = None
    start: datetime | None = None
    end: datetime | None = None


def _read_head(above: Sequence[Row]) -> StatementHead:
    heard = _Heard()
    for row in above:
        for label, value in _labelled(row.cells):
            _hear(heard, plain(label), value)
    period = None
    if heard.start is not None and heard.end is not None and heard.start <= heard.end:
        # The portal writes the last second that is within.
        period = Period(start=heard.start, end=heard.end + timedelta(seconds=1))
    return StatementHead(shortcode=heard.shortcode, account=heard.account, period=period)


def _labelled(cells: Sequence[str]) -> list[tuple[str, str]]:
    """The pairs of a row: ``Short Code | 174379``, ``Short Code: 174379``, or several."""
    filled = [text for cell in cells if (text := cell.strip())]
    pairs: list[tuple[str, str]] = []
    while filled:
        label, mark, value = filled.pop(0).partition(":")
        if not (mark and value.strip()) and filled:
            value = filled.pop(0)
        elif not mark:
            continue
        pairs.append((label, value.strip()))
    return pairs


def _hear(heard: _Heard, label: str, value: str) -> None:
    if label in _SHORTCODE:
        heard.shortcode = heard.shortcode or _shortcode(value)
    elif label.startswith("account") and heard.account is None:
        heard.account = _account(value)
    elif "period" in label or "daterange" in label:
        moments = list(MOMENT.finditer(value))
        if len(moments) == 2:  # noqa: PLR2004 - from and to
            heard.start, heard.end = _moment(moments[0]), _moment(moments[1], late=True)
    elif label in _FROM and (found := MOMENT.search(value)):
        heard.start = _moment(found)
    elif label in _UNTIL and (found := MOMENT.search(value)):
        heard.end = _moment(found, late=True)


def _shortcode(value: str) -> Shortcode | None:
    found = _DIGITS.search(value)
    try:
        return Shortcode(found[0]) if found else None
    except InvalidValue:
        return None


def _account(value: str) -> StatementAccount | None:
    found = _ACCOUNT.search(value)
    if found is None:
        return None
    name = found[0].casefold()
    return StatementAccount.WORKING if name == "mmf" else StatementAccount(name)


def _moment(found: re.Match[str], *, late: bool = False) -> datetime | None:
    try:
        return read_moment(found, late=late)
    except ValueError:
        return None
