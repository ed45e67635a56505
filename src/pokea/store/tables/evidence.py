"""What was heard: callbacks and Safaricom's answers, sealed."""

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from pokea.store.columns import Instant, Name, Sealed
from pokea.store.tables.schema import DUE, metadata

inbox = Table(
    "inbox",
    metadata,
    Column("id", Name, primary_key=True),
    Column("kind", String(4), nullable=False),
    Column("subject", Name, nullable=False),
    Column("body_sha256", LargeBinary(32), nullable=False),
    Column("body_sealed", Sealed, nullable=False),
    Column("source_ip", String(45), nullable=False),
    Column("ip_listed", Boolean, nullable=False),
    Column("state", String(12), nullable=False),
    Column("reason", Text),
    Column("seen", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("judged_at", Instant),
    Column("due_at", Instant),
    # The same bytes from a listed address are more than from a stranger's: another row.
    UniqueConstraint("subject", "kind", "body_sha256", "ip_listed"),
    Index("ix_inbox_due", "due_at", postgresql_where=DUE, sqlite_where=DUE),
)

provider_calls = Table(
    "provider_calls",
    metadata,
    Column("id", Name, primary_key=True),
    Column("attempt_id", Name, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("http_status", Integer),
    Column("body_sealed", Sealed, nullable=False),
    Column("elapsed_ms", Integer, nullable=False),
    Column("summary", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Index("ix_provider_calls_attempt_id", "attempt_id"),
)
