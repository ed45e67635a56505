"""The ledger: rows are added and never changed."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    String,
    Table,
    UniqueConstraint,
)

from pokea.store.columns import Instant, Name
from pokea.store.tables.schema import metadata

journals = Table(
    "journals",
    metadata,
    Column("id", Name, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("source_id", Name, nullable=False),
    Column("account_id", Name, nullable=False),
    Column("livemode", Boolean, nullable=False),
    Column("shortcode", String(7), nullable=False),
    Column("at", Instant, nullable=False),
    UniqueConstraint("kind", "source_id"),
)

postings = Table(
    "postings",
    metadata,
    Column("journal_id", Name, ForeignKey("journals.id"), primary_key=True),
    Column("line", Integer, primary_key=True),
    Column("debit", Integer, nullable=False),
    Column("credit", Integer, nullable=False),
    Column("amount_cents", BigInteger, nullable=False),
    CheckConstraint("amount_cents > 0", name="amount_positive"),
    CheckConstraint("debit <> credit", name="two_accounts"),
)
