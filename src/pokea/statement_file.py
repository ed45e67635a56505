"""Opening a statement's file: CSV, Excel or OpenDocument, in whatever spelling it was saved.

Rows come out as text with the number that a person finds them by; what they mean is for the
domain to say. A file is read again from its start as often as it is asked, so nothing of a text
is held in memory; a spreadsheet is unpacked as a whole, within a limit.
"""

import codecs
import csv
import hashlib
import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import BinaryIO, Final

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    XmlError,
    ZipError,
)

from pokea.domain.statement import Row
from pokea.domain.statement_layout import Layout, find_layout
from pokea.flows.errors import Unacceptable

FILE_MAX: Final = 64 * 1024 * 1024
"""Bytes: a quarter of a million lines with long names. A busier month comes in parts."""
UNPACKED_MAX: Final = 512 * 1024 * 1024
"""Bytes of a spreadsheet without its compression, so that a small file cannot fill memory."""

_BLOCK: Final = 1 << 20
_DELIMITERS: Final = (",", ";", "\t", "|")
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_ZIP: Final = b"PK\x03\x04"
_OLD_EXCEL: Final = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementFile:
    """A file that has a statement's heading. ``length`` is about its number of rows."""

    name: str
    sha256: bytes
    length: int
    layout: Layout
    rows: Callable[[], Iterator[Row]]


def open_statement(file: BinaryIO, name: str) -> StatementFile:
    """Look into a file, which stays open while its rows are wanted.

    Raises:
        Unacceptable: it is too large, cannot be read, or is no statement; the words say why.
    """
    look = _look(file)
    if look.start.startswith((_ZIP, _OLD_EXCEL)):
        layout, rows, length = _open_sheet(file, zipped=look.start.startswith(_ZIP))
    else:
        layout, rows, length = *_open_text(file, look), look.newlines + 1
    return StatementFile(name=name, sha256=look.sha256, length=length, layout=layout, rows=rows)


def refuse(reason: str) -> Unacceptable:
    """The refusal of a file as a whole."""
    return Unacceptable("statement_unreadable", reason, param="file")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What one pass over the bytes tells."""

    start: bytes
    sha256: bytes
    newlines: int
    is_utf8: bool
    has_nul: bool


def _look(file: BinaryIO) -> _Look:
    file.seek(0)
    digest, decoder = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")()
    start, size, newlines, is_utf8, has_nul = b"", 0, 0, True, False
    while block := file.read(_BLOCK):
        start = start or block[:4096]
        size += len(block)
        if size > FILE_MAX:
            raise refuse(
                f"The file is larger than {FILE_MAX >> 20} MiB. Export fewer days at a time."
            )
        digest.update(block)
        newlines += block.count(b"\n")
        has_nul = has_nul or b"\0" in block
        if is_utf8:
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                is_utf8 = False
    if not start.strip():
        raise refuse("The file is empty.")
    return _Look(
        start=start,
        sha256=digest.digest(),
        newlines=newlines,
        is_utf8=is_utf8,
        has_nul=has_nul,
    )


# ── text ─────────────────────────────────────────────────────────────────────────────────


def _open_text(file: BinaryIO, look: _Look) -> tuple[Layout, Callable[[], Iterator[Row]]]:
    encoding = _encoding(look)
    reason = ""
    for delimiter in _DELIMITERS:
        found = find_layout(_text_rows(file, encoding, delimiter))
        if isinstance(found, Layout):
            return found, lambda mark=delimiter: _text_rows(file, encoding, mark)
        reason = reason or found.reason
    raise refuse(reason)


def _encoding(look: _Look) -> str:
    if look.start.startswith(b"%PDF"):
        raise refuse("This is a PDF. Export the statement as CSV or Excel from the portal.")
    if look.start.lstrip().lower().startswith((b"<!doctype html", b"<html", b"<table")):
        raise refuse(
            "This is a web page that is named like a spreadsheet. Open it in Excel or"
            " LibreOffice and save it as .xlsx."
        )
    if look.start.startswith(_UTF16):
        return "utf-16"
    if look.has_nul:
        raise refuse("This is no text and no spreadsheet. Save the statement as CSV or .xlsx.")
    # Old Excel writes names in Windows' own letters; our words are ASCII in either.
    return "utf-8-sig" if look.is_utf8 else "cp1252"


def _text_rows(file: BinaryIO, encoding: str, delimiter: str) -> Iterator[Row]:
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=encoding, errors="replace", newline="")
    reader = csv.reader(text, delimiter=delimiter)
    number = 1
    try:
        for cells in reader:
            yield Row(number, cells)
            number = reader.line_num + 1
    except (csv.Error, UnicodeError) as error:
        raise refuse(
            f"From line {number} on the file cannot be taken apart into columns ({error})."
        ) from None
    finally:
        text.detach()


# ── spreadsheets ─────────────────────────────────────────────────────────────────────────


def _open_sheet(
    file: BinaryIO, *, zipped: bool
) -> tuple[Layout, Callable[[], Iterator[Row]], int]:
    try:
        if zipped:
            _check_unpacked(file)
        file.seek(0)
        book = CalamineWorkbook.from_filelike(file)
        sheets = [book.get_sheet_by_name(name) for name in book.sheet_names]
    except PasswordError:
        raise refuse("The spreadsheet is locked with a password. Save it without.") from None
    except (CalamineError, ZipError, XmlError, zipfile.BadZipFile, OSError) as error:
        raise refuse(f"The spreadsheet cannot be opened ({error}).") from None
    reason = ""
    for sheet in sheets:
        found = find_layout(_sheet_rows(sheet))
        if isinstance(found, Layout):
            return found, lambda one=sheet: _sheet_rows(one), sheet.height
        reason = reason or found.reason
    raise refuse(reason or "The spreadsheet has no sheet.")


def _check_unpacked(file: BinaryIO) -> None:
    file.seek(0)
    with zipfile.ZipFile(file) as packed:
        size = sum(part.file_size for part in packed.infolist())
    if size > UNPACKED_MAX:
        raise refuse(f"Unpacked, the spreadsheet is larger than {UNPACKED_MAX >> 20} MiB.")


def _sheet_rows(sheet: CalamineSheet) -> Iterator[Row]:
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        yield Row(number, _as_text(cells))


def _as_text(cells: Sequence[object]) -> list[str]:
    return [_text_of(cell) for cell in cells]


def _text_of(cell: object) -> str:
    """A cell as a person reads it; a day's fraction of Excel's is a whole second."""
    if isinstance(cell, datetime):
        return f"{cell + timedelta(milliseconds=500):%Y-%m-%d %H:%M:%S}"
    if isinstance(cell, date):
        return f"{cell:%Y-%m-%d}"
    if isinstance(cell, float):
        # Excel keeps 1500.1 as a binary fraction; four decimals are more than money has.
        try:
            return f"{Decimal(repr(cell)).quantize(Decimal('0.0001')).normalize():f}"
        except InvalidOperation:  # infinite, or larger than any amount of money
            return str(cell)
    return str(cell)
