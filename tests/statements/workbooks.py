"""Spreadsheets made by hand, as small as their formats allow."""

import io
import zipfile
from collections.abc import Sequence
from typing import Final
from xml.sax.saxutils import escape

Cell = str | int | float

_TYPES: Final = """<?xml version="1.0" encoding="UTF-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" \
ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/>
</Types>"""
_RELS: Final = """<?xml version="1.0" encoding="UTF-8"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="rId1" Target="{target}" \
Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}"/>
{more}</Relationships>"""
_STYLES: Final = """<?xml version="1.0" encoding="UTF-8"?>
<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">
<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="22" applyNumberFormat="1"/></cellXfs>
</styleSheet>"""
_MORE: Final = """<Relationship Id="rId2" Target="styles.xml" \
Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles"/>
"""
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


class Moment(float):
    """An Excel date: days since 30 December 1899, shown as a date and a time."""


def xlsx(rows: Sequence[Sequence[Cell]], *, first_row: int = 1) -> io.BytesIO:
    """An Excel workbook with one sheet, whose first row may stand further down."""
    lines = [
        f'<row r="{number}">{"".join(_cell(number, *pair) for pair in enumerate(row))}</row>'
        for number, row in enumerate(rows, start=first_row)
    ]
    sheet = f'<worksheet xmlns="{_MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>'
    book = (
        f'<workbook xmlns="{_MAIN}" xmlns:r="http://schemas.openxmlformats.org/officeDocument/'
        '2006/relationships"><sheets><sheet name="Statement" sheetId="1" r:id="rId1"/></sheets>'
        "</workbook>"
    )
    return packed(
        {
            "[Content_Types].xml": _TYPES,
            "_rels/.rels": _RELS.format(
                target="xl/workbook.xml", kind="officeDocument", more=""
            ),
            "xl/workbook.xml": book,
            "xl/_rels/workbook.xml.rels": _RELS.format(
                target="worksheets/sheet1.xml", kind="worksheet", more=_MORE
            ),
            "xl/styles.xml": _STYLES,
            "xl/worksheets/sheet1.xml": sheet,
        }
    )


def ods(rows: Sequence[Sequence[str]]) -> io.BytesIO:
    """An OpenDocument spreadsheet with one sheet of texts."""
    lines = "".join(
        "<table:table-row>"
        + "".join(
            '<table:table-cell office:value-type="string">'
            f"<text:p>{escape(cell)}</text:p></table:table-cell>"
            for cell in row
        )
        + "</table:table-row>"
        for row in rows
    )
    name = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'<office:document-content xmlns:office="{name}:office:1.0"'
        f' xmlns:table="{name}:table:1.0" xmlns:text="{name}:text:1.0"><office:body>'
        f'<office:spreadsheet><table:table table:name="Statement">{lines}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        f'<manifest:manifest xmlns:manifest="{name}:manifest:1.0"><manifest:file-entry'
        ' manifest:full-path="/"'
        ' manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>'
        "</manifest:manifest>"
    )
    return packed(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": manifest,
            "content.xml": content,
        }
    )


def packed(parts: dict[str, str]) -> io.BytesIO:
    """A zip archive of texts."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    file.seek(0)
    return file


def _cell(row: int, column: int, value: Cell) -> str:
    place = f"{chr(ord('A') + column)}{row}"
    if isinstance(value, Moment):
        return f'<c r="{place}" s="1"><v>{float(value)!r}</v></c>'
    if isinstance(value, str):
        return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f'<c r="{place}"><v>{value!r}</v></c>'
