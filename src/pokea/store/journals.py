"""The books in SQL: rows are added and never changed; a trigger sees to it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Executable, Row, Select, func, select

from pokea.daraja.values import Shortcode
from pokea.domain.chain import Line, WrittenJournal
from pokea.domain.ids import AccountId
from pokea.domain.ledger import Balance, JournalEntry, JournalKind, LedgerAccount
from pokea.flows.ports import Ids, JournalFilter
from pokea.store.bulk import among, insert_many
from pokea.store.tables import journals, postings

JOURNAL: Final = (
    journals.c.id,
    journals.c.kind,
    journals.c.source_id,
    journals.c.account_id,
    journals.c.livemode,
    journals.c.shortcode,
    journals.c.at,
    journals.c.corrects_id,
)
LINE: Final = (
    postings.c.journal_id,
    postings.c.line,
    postings.c.debit,
    postings.c.credit,
    postings.c.amount_cents,
    postings.c.pending,
)

_MONEY_IN: Final = [
    kind.value
    for kind in (
        JournalKind.COLLECT,
        JournalKind.C2B,
        JournalKind.MATCH,
        JournalKind.UNMATCH,
        JournalKind.ACCEPT,
    )
]

Lines = dict[str, list[Line]]


class SqlJournals:
    """Rows of journal entries and their postings."""

    def __init__(self, connection: Connection, ids: Ids) -> None:
        self._connection = connection
        self._ids = ids

    def add(self, entries: Sequence[JournalEntry]) -> None:
        """Insert entries; one that was made before breaks ``(kind, source_id)``."""
        named = [(self._ids.new("journal"), entry) for entry in entries]
        insert_many(self._connection, journals, [_entry_row(*pair) for pair in named])
        insert_many(
            self._connection,
            postings,
            [row for name, entry in named for row in _posting_rows(name, entry)],
        )

    def of_sources(self, sources: Collection[str]) -> list[WrittenJournal]:
        """Journals of money that came, by what made them."""
        statement = (
            select(*JOURNAL)
            .where(journals.c.kind.in_(_MONEY_IN))
            .where(among(journals.c.source_id, sources, self._connection.dialect))
            .order_by(journals.c.id)
        )
        rows = self._connection.execute(statement).all()
        return with_lines(self._connection, rows)

    def page(self, wanted: JournalFilter) -> list[WrittenJournal]:
        """One page, newest first, and one row more when there is a next page."""
        statement = _filtered(wanted)
        if wanted.ending_before is not None:
            later = statement.where(journals.c.id > wanted.ending_before)
            statement = later.order_by(journals.c.id)
        else:
            if wanted.starting_after is not None:
                statement = statement.where(journals.c.id < wanted.starting_after)
            statement = statement.order_by(journals.c.id.desc())
        rows = self._connection.execute(statement.limit(wanted.limit + 1)).all()
        return with_lines(self._connection, rows)

    def balances(
        self,
        account_id: AccountId,
        *,
        livemode: bool,
        shortcode: Shortcode | None = None,
        at: datetime | None = None,
    ) -> list[Balance]:
        """What every account that was ever posted to held at a moment, or holds now."""
        moved = (journals.c.shortcode, postings.c.debit, postings.c.credit, postings.c.pending)
        statement = (
            select(*moved, func.sum(postings.c.amount_cents).label("cents"))
            .join(postings, postings.c.journal_id == journals.c.id)
            .where(journals.c.account_id == account_id, journals.c.livemode == livemode)
            .group_by(*moved)
        )
        if shortcode is not None:
            statement = statement.where(journals.c.shortcode == shortcode.digits)
        if at is not None:
            statement = statement.where(journals.c.at <= at)
        return _balances(self._connection.execute(statement).all())


def with_lines(
    connection: Connection, rows: Sequence[Row[*tuple[Any, ...]]]
) -> list[WrittenJournal]:
    """Journals with their postings, in the order of the rows."""
    wanted = among(postings.c.journal_id, [row.id for row in rows], connection.dialect)
    lines = lines_of(connection, select(*LINE).where(wanted))
    return [written(row, lines) for row in rows]


def lines_of(connection: Connection, statement: Executable) -> Lines:
    """Postings by journal; ``statement`` selects :data:`LINE`."""
    found: Lines = {}
    for journal_id, *line in connection.execute(statement).all():
        number, debit, credit, cents, pending = line
        found.setdefault(journal_id, []).append((number, debit, credit, cents, pending))
    return found


def written(row: Row[*tuple[Any, ...]], lines: Lines) -> WrittenJournal:
    """A row of :data:`JOURNAL` with its postings."""
    return WrittenJournal(
        id=row.id,
        kind=row.kind,
        source_id=row.source_id,
        account_id=row.account_id,
        livemode=row.livemode,
        shortcode=row.shortcode,
        at=row.at,
        corrects_id=row.corrects_id,
        lines=tuple(sorted(lines.get(row.id, ()))),
    )


def _filtered(wanted: JournalFilter) -> Select[*tuple[Any, ...]]:
    statement = select(*JOURNAL)
    equals = {
        journals.c.account_id: wanted.account_id,
        journals.c.livemode: wanted.livemode,
        journals.c.kind: wanted.kind,
        journals.c.shortcode: wanted.shortcode,
    }
    for column, value in equals.items():
        if value is not None:
            statement = statement.where(column == value)
    if wanted.created_gte is not None:
        statement = statement.where(journals.c.at >= wanted.created_gte)
    if wanted.created_lt is not None:
        statement = statement.where(journals.c.at < wanted.created_lt)
    return statement


def _balances(moved: Sequence[Row[*tuple[Any, ...]]]) -> list[Balance]:
    """Balances of both sides of what was moved, in the chart's order."""
    cents: dict[tuple[str, int], list[int]] = {}
    for row in moved:
        for number, sign in ((row.debit, 1), (row.credit, -1)):
            held = cents.setdefault((row.shortcode, number), [0, 0])
            held[row.pending] += sign * int(row.cents)
    return [
        Balance(
            shortcode=Shortcode(shortcode),
            account=LedgerAccount(number),
            posted=posted,
            pending=pending,
        )
        for (shortcode, number), (posted, pending) in sorted(cents.items())
    ]


def _entry_row(journal_id: str, entry: JournalEntry) -> dict[str, object]:
    return {
        "id": journal_id,
        "kind": entry.kind.value,
        "source_id": entry.source_id,
        "account_id": entry.account_id,
        "livemode": entry.livemode,
        "shortcode": entry.shortcode.digits,
        "at": entry.at,
        "corrects_id": entry.corrects_id,
    }


def _posting_rows(journal_id: str, entry: JournalEntry) -> list[dict[str, object]]:
    return [
        {
            "journal_id": journal_id,
            "line": line,
            "debit": posting.debit.value,
            "credit": posting.credit.value,
            "amount_cents": posting.amount.in_cents,
            "pending": posting.pending,
        }
        for line, posting in enumerate(entry.postings, start=1)
    ]
