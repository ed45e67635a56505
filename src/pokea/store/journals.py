"""The books in SQL: rows are added and never changed; a trigger sees to it."""

from collections.abc import Sequence

from sqlalchemy import Connection

from pokea.domain.ledger import JournalEntry
from pokea.flows.ports import Ids
from pokea.store.bulk import insert_many
from pokea.store.tables import journals, postings


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
