"""The query budget in SQL: one row for each shortcode, locked while a question is taken."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from pokea.daraja.values import Shortcode
from pokea.domain.query_budget import Allowance, Bucket, Urgency
from pokea.store.bulk import insert_many
from pokea.store.tables import query_budgets


class SqlQueryBudgets:
    """Rows of buckets."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def take(
        self,
        shortcode: Shortcode,
        allowance: Allowance,
        urgency: Urgency,
        cost: int,
        at: datetime,
    ) -> timedelta:
        """Take a question, or say how long to wait for one."""
        statement = (
            select(query_budgets)
            .where(query_budgets.c.shortcode == shortcode.digits)
            .with_for_update()
        )
        row = self._connection.execute(statement).one_or_none()
        before = allowance.full(at) if row is None else Bucket(row.left_milli, row.counted_at)
        after, wait = allowance.taken(before, urgency, cost, at)
        values = {"left_milli": after.left, "counted_at": after.counted_at}
        if row is None:
            # Two processes at once break the key; the second one then finds the row.
            insert_many(
                self._connection, query_budgets, [{"shortcode": shortcode.digits} | values]
            )
        else:
            self._connection.execute(
                update(query_budgets)
                .where(query_budgets.c.shortcode == shortcode.digits)
                .values(**values)
            )
        return wait
