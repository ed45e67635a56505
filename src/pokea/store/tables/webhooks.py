"""What merchants are told, and where."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from pokea.store.columns import Instant, Name, Sealed
from pokea.store.tables.schema import DUE, metadata

events = Table(
    "events",
    metadata,
    Column("id", Name, primary_key=True),
    Column("account_id", Name, nullable=False),
    Column("livemode", Boolean, nullable=False),
    Column("type", String(40), nullable=False),
    Column("object_id", Name, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("object_id", "sequence"),
    Index(
        "uq_events_one_success",
        "object_id",
        unique=True,
        postgresql_where=text("type = 'payment.succeeded'"),
        sqlite_where=text("type = 'payment.succeeded'"),
    ),
)

webhook_endpoints = Table(
    "webhook_endpoints",
    metadata,
    Column("id", Name, primary_key=True),
    Column("account_id", Name, ForeignKey("accounts.id"), nullable=False),
    Column("livemode", Boolean, nullable=False),
    Column("url", Text, nullable=False),
    Column("secret_sealed", Sealed, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("account_id", "livemode", "url"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Name, primary_key=True),
    Column("event_id", Name, ForeignKey("events.id"), nullable=False),
    Column("endpoint_id", Name, ForeignKey("webhook_endpoints.id"), nullable=False),
    Column("object_id", Name, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("state", String(12), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("last_status", Integer),
    Column("last_error", Text),
    Column("due_at", Instant),
    UniqueConstraint("event_id", "endpoint_id"),
    Index("ix_deliveries_order", "endpoint_id", "object_id", "sequence"),
    Index("ix_deliveries_due", "due_at", postgresql_where=DUE, sqlite_where=DUE),
)
