"""Statements, their lines, where they and the books disagree, and days that are closed."""

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

from pokea.store.columns import Instant, Name, Sealed
from pokea.store.tables.schema import metadata

OPEN: Final = text("state = 'open'")
REVERSING: Final = text("reverses is not null")

# One import of one file. The same bytes are imported once.
statements = Table(
    "statements",
    metadata,
    Column("id", Name, primary_key=True),
    Column("account_id", Name, nullable=False),
    Column("livemode", Boolean, nullable=False),
    Column("shortcode_id", Name, ForeignKey("shortcodes.id"), nullable=False),
    # A number of the chart of accounts: which account of the organisation it shows.
    Column("ledger_account", Integer, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("file_sha256", LargeBinary(32), nullable=False),
    Column("imported_by", Text, nullable=False),
    Column("state", String(12), nullable=False),
    Column("version", Integer, nullable=False),
    Column("period_from", Instant),
    Column("period_to", Instant),
    # Whether its own balances say that no line is missing; null where it has none.
    Column("whole", Boolean),
    Column("opening_cents", BigInteger),
    Column("closing_cents", BigInteger),
    Column("paid_in_cents", BigInteger, nullable=False),
    Column("withdrawn_cents", BigInteger, nullable=False),
    Column("lines", Integer, nullable=False),
    Column("known", Integer, nullable=False),
    Column("repeated", Integer, nullable=False),
    Column("without_money", Integer, nullable=False),
    Column("faulty", Integer, nullable=False),
    Column("agreed", Integer, nullable=False),
    Column("missing_here", Integer, nullable=False),
    Column("missing_there", Integer, nullable=False),
    Column("amount_differs", Integer, nullable=False),
    # The newest receipt of ours when it was compared: older ones were looked at.
    Column("seen_up_to", Name),
    Column("created_at", Instant, nullable=False),
    Column("completed_at", Instant),
    UniqueConstraint("file_sha256", "account_id", "livemode"),
    Index("ix_statements_list", "account_id", "livemode", "id"),
    Index("ix_statements_period", "shortcode_id", "ledger_account", "period_from"),
)

statement_lines = Table(
    "statement_lines",
    metadata,
    Column("id", Name, primary_key=True),
    Column("statement_id", Name, ForeignKey("statements.id"), nullable=False),
    Column("shortcode_id", Name, nullable=False),
    Column("ledger_account", Integer, nullable=False),
    Column("receipt", String(10), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("side", String(3), nullable=False),
    Column("amount_cents", BigInteger, nullable=False),
    Column("balance_cents", BigInteger),
    Column("at", Instant, nullable=False),
    # The business day in whose figures it counts: its own, or a later one if that was closed.
    Column("day", String(10), nullable=False),
    Column("verdict", String(16), nullable=False),
    # The receipt of the customer's payment that this line gave back.
    Column("reverses", String(10)),
    # Names, phones, and what payers typed.
    Column("words_sealed", Sealed, nullable=False),
    CheckConstraint("amount_cents > 0", name="amount_positive"),
    # Overlapping exports show the same lines: each counts once.
    UniqueConstraint(
        "receipt",
        "shortcode_id",
        "ledger_account",
        "kind",
        "side",
        "amount_cents",
        name="uq_statement_lines_identity",
    ),
    Index(
        "ix_statement_lines_reverses",
        "reverses",
        postgresql_where=REVERSING,
        sqlite_where=REVERSING,
    ),
    Index("ix_statement_lines_statement", "statement_id", "verdict"),
    Index("ix_statement_lines_day", "shortcode_id", "ledger_account", "day"),
)

# Rows that could not be read; a reason shows what stood there.
statement_faults = Table(
    "statement_faults",
    metadata,
    Column("statement_id", Name, ForeignKey("statements.id"), primary_key=True),
    Column("line", Integer, primary_key=True),
    Column("reason_sealed", Sealed, nullable=False),
)

# One disagreement: of a line with the books, or of the books with all lines.
breaks = Table(
    "breaks",
    metadata,
    Column("id", Name, primary_key=True),
    Column("account_id", Name, nullable=False),
    Column("livemode", Boolean, nullable=False),
    Column("shortcode_id", Name, nullable=False),
    Column("ledger_account", Integer, nullable=False),
    Column("statement_id", Name, ForeignKey("statements.id"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("cause", String(16), nullable=False),
    # A line, a receipt or an attempt: what the disagreement is about, once.
    Column("subject", Name, nullable=False),
    Column("receipt", String(10)),
    Column("side", String(3), nullable=False),
    Column("ours_cents", BigInteger, nullable=False),
    Column("theirs_cents", BigInteger, nullable=False),
    Column("at", Instant, nullable=False),
    Column("day", String(10), nullable=False),
    Column("state", String(10), nullable=False),
    Column("version", Integer, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("resolved_at", Instant),
    Column("resolved_by", Text),
    Column("note", Text),
    Column("adjusted", Boolean, nullable=False),
    UniqueConstraint("subject", "kind", "shortcode_id", "ledger_account"),
    Index("ix_breaks_statement", "statement_id", "kind", "id"),
    Index("ix_breaks_day", "shortcode_id", "ledger_account", "day"),
    Index(
        "ix_breaks_open",
        "shortcode_id",
        "ledger_account",
        "kind",
        postgresql_where=OPEN,
        sqlite_where=OPEN,
    ),
)

closed_days = Table(
    "closed_days",
    metadata,
    Column("shortcode_id", Name, ForeignKey("shortcodes.id"), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("closed_at", Instant, nullable=False),
    Column("closed_by", Text, nullable=False),
    # What the day looked like then, as JSON.
    Column("figures", Text, nullable=False),
)
