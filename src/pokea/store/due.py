"""What is due: the only thing the engine asks of the tables."""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Table, select

from pokea.flows.ports import Work, WorkKind
from pokea.store.tables import attempts, deliveries, inbox, payments

_TABLES: Final[dict[WorkKind, Table]] = {
    WorkKind.CALLBACK: inbox,
    WorkKind.ATTEMPT: attempts,
    WorkKind.DELIVERY: deliveries,
    WorkKind.PAYMENT: payments,
}


def overdue(connection: Connection, before: datetime, limit: int) -> list[Work]:
    """Rows that were due before a time, oldest first, at most ``limit`` of each kind."""
    found: list[Work] = []
    for kind, table in _TABLES.items():
        statement = (
            select(table.c.id)
            .where(table.c.due_at.is_not(None), table.c.due_at <= before)
            .order_by(table.c.due_at)
            .limit(limit)
        )
        ids = tuple(connection.execute(statement).scalars())
        if ids:
            found.append(Work(kind=kind, ids=ids, due_at=before))
    return found
