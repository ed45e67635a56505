"""``pokea ledger``: the journal as a file, for an accountant or another program.

It is read a page at a time and written as it is read, so its size does not matter. CSV has a
line for each posting; JSON lines have one journal each, as the API shows it.
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time
from enum import StrEnum
from typing import Final, TextIO

from pokea.daraja.values import EAT
from pokea.domain.chain import WrittenJournal
from pokea.domain.event import rfc3339
from pokea.flows.ports import JournalFilter
from pokea.flows.represent_journal import account_name, represent_journal, shillings
from pokea.settings import BadSettings, Settings
from pokea.store.database import reading
from pokea.store.journals import SqlJournals
from pokea.wiring.opening import OpenDatabase, open_tools
from pokea.wiring.world import UlidIds

PAGE: Final = 1_000
"""Journals in memory at once."""

COLUMNS: Final = (
    "journal",
    "at",
    "kind",
    "source",
    "corrects",
    "merchant",
    "mode",
    "shortcode",
    "line",
    "layer",
    "debit",
    "debit_name",
    "credit",
    "credit_name",
    "amount",
)


class Form(StrEnum):
    """What is written."""

    CSV = "csv"
    JSON = "json"


def export(
    settings: Settings, out: TextIO, *, form: Form, since: str | None, until: str | None
) -> int:
    """Write the journals of a period, oldest first; how many that were.

    Raises:
        BadSettings: a time that cannot be read, or there is no database.
    """
    wanted = JournalFilter(
        account_id=None,
        livemode=None,
        limit=PAGE,
        created_gte=_moment(since, "--since"),
        created_lt=_moment(until, "--until"),
    )
    database = open_tools(settings)
    try:
        journals = _oldest_first(database, wanted)
        return _as_csv(journals, out) if form is Form.CSV else _as_json_lines(journals, out)
    finally:
        database.close()


def _oldest_first(database: OpenDatabase, wanted: JournalFilter) -> Iterator[WrittenJournal]:
    last = ""
    while True:
        # A transaction for each page: a long one would hold SQLite's log back.
        with reading(database.engine) as connection:
            page = SqlJournals(connection, UlidIds()).page(replace(wanted, ending_before=last))
        yield from page[:PAGE]
        if len(page) <= PAGE:
            return
        last = page[PAGE - 1].id


def _as_csv(journals: Iterator[WrittenJournal], out: TextIO) -> int:
    writer, count = csv.writer(out, lineterminator="\n"), 0
    writer.writerow(COLUMNS)
    for journal in journals:
        writer.writerows(_rows(journal))
        count += 1
    return count


def _rows(journal: WrittenJournal) -> Iterator[tuple[object, ...]]:
    for line, debit, credit, cents, pending in journal.lines:
        yield (
            journal.id,
            rfc3339(journal.at),
            journal.kind,
            journal.source_id,
            journal.corrects_id or "",
            journal.account_id,
            "live" if journal.livemode else "test",
            journal.shortcode,
            line,
            "pending" if pending else "posted",
            debit,
            account_name(debit),
            credit,
            account_name(credit),
            shillings(cents),
        )


def _as_json_lines(journals: Iterator[WrittenJournal], out: TextIO) -> int:
    count = 0
    for journal in journals:
        merchant = {"merchant": journal.account_id}
        out.write(json.dumps(represent_journal(journal) | merchant) + "\n")
        count += 1
    return count


def _moment(text: str | None, option: str) -> datetime | None:
    """An instant, or a day's first one in Kenya."""
    if text is None:
        return None
    try:
        if len(text) == len("2026-01-15"):
            return datetime.combine(date.fromisoformat(text), time.min, EAT)
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise BadSettings(
            f"{option} {text}: write a day, 2026-01-15, or a time with its zone,"
            " 2026-01-15T12:30:00+03:00."
        )
    return moment
