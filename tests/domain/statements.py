"""Statements as text, for tests: a portal's export, read from heading to last row."""

import csv
from collections.abc import Iterator
from typing import Final

from pokea.domain.statement import Faulty, ReadRow, Row, StatementLine
from pokea.domain.statement_layout import Layout, NoLayout, find_layout
from pokea.domain.statement_rows import read_row

PORTAL: Final = """\
Organization,Duka la Wanjiku
Short Code,174379
Account,Utility Account
Time Period,23-11-2026 00:00:00 to 23-11-2026 23:59:59

Receipt No.,Completion Time,Details,Transaction Status,Withdrawn,Paid In,Balance,\
Balance Confirmed,Transaction Type,Other Party Info,Transaction Party Details
"""
"""What stands above the first line of the simulator's export."""

PAID: Final = (
    "UKN7RT61SV,23-11-2026 14:05:09,Pay Bill Online 2547*****678 - WANJIKU Acc. INV-1,"
    "Completed,,150.00,1150.00,TRUE,Pay Bill Online,2547*****678 - WANJIKU,INV-1"
)


def rows_of(text: str, delimiter: str = ",") -> Iterator[Row]:
    """The rows of a file's text."""
    for number, cells in enumerate(csv.reader(text.splitlines(), delimiter=delimiter), start=1):
        yield Row(number, cells)


def layout_of(text: str, delimiter: str = ",") -> Layout:
    """The layout of a text that has one."""
    found = find_layout(rows_of(text, delimiter))
    assert isinstance(found, Layout), found
    return found


def refusal_of(text: str) -> str:
    """Why a text is no statement."""
    found = find_layout(rows_of(text))
    assert isinstance(found, NoLayout)
    return found.reason


def read(text: str, delimiter: str = ",") -> list[ReadRow]:
    """Every row below the heading."""
    layout = layout_of(text, delimiter)
    rows = rows_of(text, delimiter)
    return [read_row(layout, row) for row in rows if row.number > layout.heading]


def the_line(text: str, delimiter: str = ",") -> StatementLine:
    """The only row, which is a line."""
    (only,) = read(text, delimiter)
    assert isinstance(only, StatementLine), only
    return only


def the_fault(row: str) -> Faulty:
    """The only row of a portal's export, which is faulty."""
    (only,) = read(f"{PORTAL}{row}\n")
    assert isinstance(only, Faulty), only
    return only
