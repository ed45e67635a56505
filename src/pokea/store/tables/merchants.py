"""Who collects: accounts and their API keys."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from pokea.store.columns import Instant, Name
from pokea.store.tables.schema import metadata

accounts = Table(
    "accounts",
    metadata,
    Column("id", Name, primary_key=True),
    Column("name", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Name, primary_key=True),
    Column("account_id", Name, ForeignKey("accounts.id"), nullable=False),
    Column("livemode", Boolean, nullable=False),
    Column("sha256", LargeBinary(32), nullable=False, unique=True),
    Column("hint", String(24), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("revoked_at", Instant),
)

# Where money arrives. The id is in the addresses that are registered with Safaricom.
shortcodes = Table(
    "shortcodes",
    metadata,
    Column("id", Name, primary_key=True),
    Column("account_id", Name, ForeignKey("accounts.id"), nullable=False),
    Column("livemode", Boolean, nullable=False),
    Column("digits", String(7), nullable=False),
    Column("till", String(7)),
    Column("created_at", Instant, nullable=False),
    Column("urls_registered_at", Instant),
    UniqueConstraint("digits", "livemode"),
)
