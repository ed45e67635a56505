"""The chain of the books in SQL: one row for each journal, added a moment after it.

``number`` is the primary key, so the chain can have one next link only, whoever adds it.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, exists, select

from pokea.domain.chain import Head, Link
from pokea.flows.ports import Window
from pokea.store.bulk import insert_many
from pokea.store.journals import JOURNAL, LINE, lines_of, with_lines, written
from pokea.store.tables import journal_chain, journals, postings


class SqlChain:
    """Rows of the chain."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def head(self) -> Head:
        """Where the chain ends."""
        row = self._connection.execute(
            select(journal_chain.c.number, journal_chain.c.hash)
            .order_by(journal_chain.c.number.desc())
            .limit(1)
        ).one_or_none()
        return Head() if row is None else Head(number=row.number, hash=row.hash)

    def window(self, after: str, limit: int) -> Window:
        """The next journals behind an id, and those of them that have no link."""
        ids = list(
            self._connection.execute(
                select(journals.c.id)
                .where(journals.c.id > after)
                .order_by(journals.c.id)
                .limit(limit)
            ).scalars()
        )
        if not ids:
            return Window(unlinked=(), last=None)
        linked = exists().where(journal_chain.c.journal_id == journals.c.id)
        rows = self._connection.execute(
            select(*JOURNAL)
            .where(journals.c.id > after, journals.c.id <= ids[-1], ~linked)
            .order_by(journals.c.id)
        ).all()
        return Window(
            unlinked=with_lines(self._connection, rows),
            last=ids[-1] if len(ids) == limit else None,
        )

    def extend(self, head: Head, links: Sequence[Link]) -> bool:
        """Add links behind ``head``, where the chain still ends there."""
        if self.head() != head:
            return False
        rows = [
            {"number": link.number, "journal_id": link.journal_id, "hash": link.hash}
            for link in links
        ]
        insert_many(self._connection, journal_chain, rows)
        return True

    def after(self, number: int, limit: int) -> list[Link]:
        """The next links, each with its journal as it stands in the tables now."""
        chained = journal_chain.c
        rows = self._connection.execute(
            select(chained.number, chained.journal_id, chained.hash, *JOURNAL)
            .select_from(journal_chain.outerjoin(journals, journals.c.id == chained.journal_id))
            .where(chained.number > number)
            .order_by(chained.number)
            .limit(limit)
        ).all()
        last = rows[-1].number if rows else number
        lines = lines_of(
            self._connection,
            select(*LINE)
            .select_from(
                journal_chain.join(postings, postings.c.journal_id == chained.journal_id)
            )
            .where(chained.number > number, chained.number <= last),
        )
        return [
            Link(
                number=row.number,
                hash=row.hash,
                journal_id=row.journal_id,
                journal=None if row.id is None else written(row, lines),
            )
            for row in rows
        ]
