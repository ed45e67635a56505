"""What is due: the only thing the engine asks of the tables."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, Table, func, select

from pokea.flows.ports import Work, WorkKind
from pokea.store.tables import (
    attempts,
    deliveries,
    inbox,
    inquiries,
    notices,
    payments,
    receipts,
    routines,
)

_TABLES: Final[dict[WorkKind, Table]] = {
    WorkKind.CALLBACK: inbox,
    WorkKind.ATTEMPT: attempts,
    WorkKind.RECEIPT: receipts,
    WorkKind.DELIVERY: deliveries,
    WorkKind.NOTICE: notices,
    WorkKind.PAYMENT: payments,
    WorkKind.ROUTINE: routines,
    WorkKind.INQUIRY: inquiries,
}

ENDPOINTS_AT_ONCE: Final = 100
"""With a full backlog each; a look at the tables must stay a small one."""


def overdue(connection: Connection, before: datetime, limit: int) -> list[Work]:
    """Rows that were due before a time, oldest first, at most ``limit`` of each kind.

    Of deliveries at most ``limit`` for each endpoint: one endpoint's backlog hides no other's.
    """
    found: list[Work] = []
    for kind, table in _TABLES.items():
        overdue_rows = select(table.c.id, table.c.due_at).where(
            table.c.due_at.is_not(None), table.c.due_at <= before
        )
        if table is deliveries:
            statement = _of_each_endpoint(overdue_rows, limit)
        else:
            statement = overdue_rows.order_by(table.c.due_at).limit(limit)
        ids = tuple(connection.execute(statement).scalars())
        if ids:
            found.append(Work(kind=kind, ids=ids, due_at=before))
    return found


def _of_each_endpoint(overdue_rows: Select[Any, Any], limit: int) -> Select[Any]:
    place = func.row_number().over(
        partition_by=deliveries.c.endpoint_id, order_by=deliveries.c.due_at
    )
    ranked = overdue_rows.add_columns(place.label("place")).subquery()
    return (
        select(ranked.c.id)
        .where(ranked.c.place <= limit)
        .order_by(ranked.c.due_at, ranked.c.id)
        .limit(limit * ENDPOINTS_AT_ONCE)
    )
