"""What people were told by SMS and e-mail."""

from sqlalchemy import Column, Index, Integer, String, Table, Text, UniqueConstraint, text

from pokea.store.columns import Blind, Instant, Name, Sealed
from pokea.store.tables.schema import DUE, metadata

TO_OPERATORS = text("audience = 'operators'")

notices = Table(
    "notices",
    metadata,
    Column("id", Name, primary_key=True),
    # An event, or a callback that nobody could apply.
    Column("about_id", Name, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("audience", String(10), nullable=False),
    Column("target_sealed", Sealed, nullable=False),
    Column("target_index", Blind, nullable=False),
    Column("language", String(2), nullable=False),
    Column("state", String(10), nullable=False),
    Column("version", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("more", Integer, nullable=False),
    Column("folded_into", Name),
    Column("last_error", Text),
    Column("created_at", Instant, nullable=False),
    Column("began_at", Instant),
    Column("ended_at", Instant),
    Column("due_at", Instant),
    # Each reader is told of a thing once.
    UniqueConstraint("about_id", "audience", "target_index"),
    Index(
        "ix_notices_alike",
        "target_index",
        "kind",
        "state",
        postgresql_where=TO_OPERATORS,
        sqlite_where=TO_OPERATORS,
    ),
    Index(
        "ix_notices_begun",
        "target_index",
        "kind",
        "began_at",
        postgresql_where=TO_OPERATORS,
        sqlite_where=TO_OPERATORS,
    ),
    Index("ix_notices_state", "state", "id"),
    Index("ix_notices_due", "due_at", postgresql_where=DUE, sqlite_where=DUE),
)
