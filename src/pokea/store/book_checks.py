"""What each look at all the books found, as rows; the last one says whether they are intact."""

import json

from sqlalchemy import Connection, select

from pokea.domain.chain import Head
from pokea.domain.invariant import Finding, Invariant, Report
from pokea.flows.ports import Ids
from pokea.store.bulk import insert_many
from pokea.store.tables import book_checks


class SqlBookChecks:
    """Rows of reports."""

    def __init__(self, connection: Connection, ids: Ids) -> None:
        self._connection = connection
        self._ids = ids

    def add(self, report: Report) -> None:
        """Keep a report."""
        row = {
            "id": self._ids.new("book_check"),
            "at": report.at,
            "intact": report.intact,
            "findings": json.dumps(_document(report)),
        }
        insert_many(self._connection, book_checks, [row])

    def last(self) -> Report | None:
        """The last report, or None before the first."""
        row = self._connection.execute(
            select(book_checks).order_by(book_checks.c.id.desc()).limit(1)
        ).one_or_none()
        if row is None:
            return None
        kept = json.loads(row.findings)
        return Report(
            at=row.at,
            head=Head(number=kept["number"], hash=bytes.fromhex(kept["hash"])),
            findings=tuple(
                Finding(
                    invariant=Invariant(one["name"]),
                    detail=one["detail"],
                    offending=tuple(one["offending"]),
                    count=one["count"],
                )
                for one in kept["findings"]
            ),
        )

    def intact(self) -> bool:
        """Whether the last report found no damage; asked for every new payment."""
        return last_found_intact(self._connection)


def last_found_intact(connection: Connection) -> bool:
    """Whether the last report, if there is one, found no damage."""
    found = connection.execute(
        select(book_checks.c.intact).order_by(book_checks.c.id.desc()).limit(1)
    ).scalar_one_or_none()
    return found is not False


def _document(report: Report) -> dict[str, object]:
    return {
        "number": report.head.number,
        "hash": report.head.hash.hex(),
        "findings": [
            {
                "name": one.invariant.value,
                "detail": one.detail,
                "offending": list(one.offending),
                "count": one.count,
            }
            for one in report.findings
        ],
    }
