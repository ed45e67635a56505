"""What Safaricom asked before money came by hand, and what it was told."""

from sqlalchemy import Column, Index, Integer, String, Table, Text

from pokea.store.columns import Instant, Name, Sealed
from pokea.store.tables.schema import metadata

validations = Table(
    "validations",
    metadata,
    Column("id", Name, primary_key=True),
    Column("shortcode_id", Name, nullable=False),
    # Unknown when the database did not answer in time.
    Column("account_id", Name),
    Column("body_sealed", Sealed, nullable=False),
    Column("refused_for", String(12)),
    Column("decided_by", String(12), nullable=False),
    Column("because", Text, nullable=False),
    Column("elapsed_ms", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Index("ix_validations_created_at", "created_at"),
)
