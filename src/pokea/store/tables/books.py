"""The ledger: rows are added and never changed."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from pokea.store.columns import Instant, Name
from pokea.store.tables.schema import metadata

NOT_OF_RECEIPTS: Final = text("kind <> 'collect' and kind <> 'c2b' and kind <> 'match'")
"""Few enough to be looked for by their date."""

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
    Column("corrects_id", Name),
    UniqueConstraint("kind", "source_id"),
    Index("ix_journals_list", "account_id", "livemode", "id"),
    Index(
        "ix_journals_not_of_receipts",
        "shortcode",
        "at",
        postgresql_where=NOT_OF_RECEIPTS,
        sqlite_where=NOT_OF_RECEIPTS,
    ),
)

postings = Table(
    "postings",
    metadata,
    Column("journal_id", Name, ForeignKey("journals.id"), primary_key=True),
    Column("line", Integer, primary_key=True),
    Column("debit", Integer, nullable=False),
    Column("credit", Integer, nullable=False),
    Column("amount_cents", BigInteger, nullable=False),
    # Reserved, and not moved yet.
    Column("pending", Boolean, nullable=False),
    CheckConstraint("amount_cents > 0", name="amount_positive"),
    CheckConstraint("debit <> credit", name="two_accounts"),
)

# Each journal's hash over itself and all before it. No foreign key: a row whose journal has
# vanished is what tells that one has.
journal_chain = Table(
    "journal_chain",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("journal_id", Name, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    UniqueConstraint("journal_id"),
)

# What each look at all the books found; while the last one found them damaged, no new payment
# is opened.
book_checks = Table(
    "book_checks",
    metadata,
    Column("id", Name, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("intact", Boolean, nullable=False),
    Column("findings", Text, nullable=False),
)
