"""Keys: idempotency, and the ring that seals."""

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, String, Table, Text

from pokea.store.columns import Instant, Name, Sealed
from pokea.store.tables.schema import metadata

idempotency = Table(
    "idempotency",
    metadata,
    Column("account_id", Name, primary_key=True),
    Column("livemode", Boolean, primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("request_sha256", LargeBinary(32), nullable=False),
    Column("resource_id", Name, nullable=False),
    Column("status", Integer),
    Column("body", Text),
    Column("created_at", Instant, nullable=False),
    Index("ix_idempotency_resource_id", "resource_id"),
)

# A value sealed with each key that ever was the newest, to know the ring again.
key_checks = Table(
    "key_checks",
    metadata,
    Column("key_id", String(8), primary_key=True),
    Column("sealed", Sealed, nullable=False),
)
