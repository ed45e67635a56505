"""Idempotency keys in SQL: the primary key decides who was first."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from pokea.domain.idempotency import IdempotencyKey, IdempotencyRecord
from pokea.store.tables import idempotency


class SqlIdempotency:
    """Rows of keys."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def bind(self, key: IdempotencyKey, resource_id: str, at: datetime) -> bool:
        """Bind a key to what it makes; False when it is bound already."""
        insert = sqlite.insert if self._on_sqlite() else postgresql.insert
        statement = (
            insert(idempotency)
            .values(
                account_id=key.account_id,
                livemode=key.livemode,
                key=key.key,
                request_sha256=key.request_sha256,
                resource_id=resource_id,
                created_at=at,
            )
            .on_conflict_do_nothing()
            # The row itself says so: the count of inserted rows is not kept on PostgreSQL.
            .returning(idempotency.c.resource_id)
        )
        return self._connection.execute(statement).one_or_none() is not None

    def find(self, key: IdempotencyKey) -> IdempotencyRecord | None:
        """What a key is bound to."""
        row = self._connection.execute(select(idempotency).where(_is(key))).one_or_none()
        if row is None:
            return None
        return IdempotencyRecord(
            key=IdempotencyKey(
                account_id=key.account_id,
                livemode=key.livemode,
                key=key.key,
                request_sha256=row.request_sha256,
            ),
            resource_id=row.resource_id,
            status=row.status,
            body=row.body,
        )

    def finish(self, key: IdempotencyKey, *, status: int, body: str) -> None:
        """Keep the first complete answer, to be given again."""
        self._connection.execute(
            update(idempotency)
            .where(_is(key), idempotency.c.status.is_(None))
            .values(status=status, body=body)
        )

    def _on_sqlite(self) -> bool:
        return self._connection.dialect.name == "sqlite"


def _is(key: IdempotencyKey) -> ColumnElement[bool]:
    return and_(
        idempotency.c.account_id == key.account_id,
        idempotency.c.livemode == key.livemode,
        idempotency.c.key == key.key,
    )
