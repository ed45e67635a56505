import io
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import pytest

from domain.statements import PAID, PORTAL, the_line
from pokea import statement_file
from pokea.daraja.values import Money
from pokea.domain.statement import ReadRow, StatementLine
from pokea.domain.statement_rows import read_row
from pokea.flows.errors import Unacceptable
from pokea.statement_file import StatementFile, open_statement
from statements.workbooks import Moment, ods, packed, xlsx
from tidy.source import ROOT

TEXT: Final = f"{PORTAL}{PAID}\n"
EXPECTED: Final = the_line(TEXT)


def opened(content: str | bytes | io.BytesIO) -> StatementFile:
    if isinstance(content, str):
        content = content.encode()
    file = io.BytesIO(content) if isinstance(content, bytes) else content
    return open_statement(file, "statement.csv")


def lines(content: str | bytes | io.BytesIO) -> list[ReadRow]:
    file = opened(content)
    return [
        read_row(file.layout, row) for row in file.rows() if row.number > file.layout.heading
    ]


def refused(content: str | bytes | io.BytesIO) -> str:
    with pytest.raises(Unacceptable) as refusal:
        list(opened(content).rows())
    assert refusal.value.code == "statement_unreadable"
    return refusal.value.detail


# ── text ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be-bom"])
def test_text_is_read_in_every_encoding_that_excel_saves(encoding: str) -> None:
    if encoding == "utf-16-be-bom":
        content = b"\xfe\xff" + TEXT.encode("utf-16-be")
    else:
        content = TEXT.encode(encoding)

    assert lines(content) == [EXPECTED]


def test_names_in_the_letters_of_an_old_windows_stay_readable() -> None:
    (line,) = lines(TEXT.replace("WANJIKU,INV", "RENÉE,INV").encode("cp1252"))

    assert isinstance(line, StatementLine)
    assert line.party.endswith("RENÉE")


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_the_mark_between_columns_is_found_out(mark: str) -> None:
    assert lines(TEXT.replace(",", mark)) == [EXPECTED]


def test_a_hint_for_excel_above_everything_does_no_harm() -> None:
    found = lines("sep=;\n" + TEXT.replace(",", ";"))

    assert found == [replace(EXPECTED, number=8)]


def test_a_field_over_two_lines_does_not_shift_the_numbers() -> None:
    first = PAID.replace("Pay Bill Online 2547*****678", '"Pay Bill\nOnline 2547*****678"', 1)
    first = first.replace('678" - WANJIKU Acc. INV-1', '678 - WANJIKU Acc. INV-1"')

    one, two = lines(f"{PORTAL}{first}\n{PAID}\n")

    assert (one.number, two.number) == (7, 9)


def test_windows_line_ends_and_empty_lines_change_nothing() -> None:
    (line, *rest) = lines((TEXT + "\n\n").replace("\n", "\r\n"))

    assert line == EXPECTED
    assert not any(isinstance(one, StatementLine) for one in rest)


def test_a_file_can_be_read_again_from_its_start() -> None:
    file = opened(TEXT)

    assert [row.number for row in file.rows()] == [row.number for row in file.rows()]
    assert file.length == 8


def test_the_same_bytes_have_the_same_identity() -> None:
    assert opened(TEXT).sha256 == opened(TEXT).sha256
    assert opened(TEXT).sha256 != opened(TEXT + "\n").sha256


# ── spreadsheets ─────────────────────────────────────────────────────────────────────────


def test_an_excel_sheet_holds_dates_and_numbers_as_such() -> None:
    book = xlsx(
        [
            ["Short Code", 174379],
            ["Receipt No.", "Completion Time", "Paid In", "Withdrawn", "A/C No.", "Balance"],
            ["UKN7RT61SV", Moment(46349.58690972222), 1500.1, "", 254712345678, -0.3],
            ["UKN7RT61SW", "23-11-2026 14:06:00", "", "-1,000.00", "", -1000.3],
        ]
    )

    one, two = lines(book)

    assert isinstance(one, StatementLine)
    assert isinstance(two, StatementLine)
    assert one.at == datetime(2026, 11, 23, 11, 5, 9, tzinfo=UTC)
    assert (one.amount, one.typed, one.balance) == (Money.cents(150_010), "254712345678", -30)
    assert (two.amount, two.balance) == (Money.shillings(1000), -100_030)


def test_a_sheet_that_begins_further_down_keeps_its_numbers() -> None:
    rows = [["Receipt No.", "Completion Time", "Paid In", "Withdrawn"], ["?", "x", 1, ""]]

    file = opened(xlsx(rows, first_row=5))

    assert file.layout.heading == 5
    assert [row.number for row in file.rows()][-2:] == [5, 6]


def test_an_excel_97_sheet_of_the_older_layout_is_read() -> None:
    file = ROOT / "fixtures" / "statements" / "old_excel.xls"

    one, two = lines(file.read_bytes())

    assert isinstance(one, StatementLine)
    assert isinstance(two, StatementLine)
    assert replace(one, balance=EXPECTED.balance) == EXPECTED
    assert (two.amount, two.balance) == (Money.cents(10_010), 105_000)


def test_an_opendocument_sheet_is_read() -> None:
    table = [line.split(",") for line in TEXT.splitlines() if line]

    (line,) = lines(ods(table))

    assert isinstance(line, StatementLine)
    assert line.receipt == EXPECTED.receipt


# ── what is refused, and why ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b" \n \n", "empty"),
        (b"%PDF-1.7\n", "PDF"),
        (b"<html><table><tr><td>Receipt No.</td>", "web page"),
        (b"Receipt No.\x00\x01\x02", "no text and no spreadsheet"),
        (b"PK\x03\x04 broken", "cannot be opened"),
        (b"\xd0\xcf\x11\xe0 broken", "cannot be opened"),
        (b"phone,amount\n", "no statement of an organisation"),
    ],
)
def test_a_file_that_is_no_statement_is_refused_with_its_reason(
    content: bytes, words: str
) -> None:
    assert words in refused(content)


def test_a_quotation_mark_that_is_never_closed_names_its_line() -> None:
    endless = '"' + "x" * 200_000

    assert refused(f"{TEXT}{endless}").startswith("From line 8 on")


def test_a_file_beyond_the_limit_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statement_file, "FILE_MAX", 100)

    assert "larger than" in refused(TEXT)


def test_a_sheet_that_unpacks_to_more_than_memory_is_not_unpacked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(statement_file, "UNPACKED_MAX", 1000)

    assert "Unpacked" in refused(packed({"xl/workbook.xml": "x" * 1001}))
