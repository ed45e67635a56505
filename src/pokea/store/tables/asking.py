"""What we ask Safaricom, and when: recurring duties, questions, balances, and how often."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from pokea.store.columns import Blind, Instant, Name
from pokea.store.tables.schema import DUE, metadata

OPEN: Final = text("state = 'asked'")
ANSWERED: Final = text("answered_at is not null")
OF_ATTEMPT: Final = text("attempt_id is not null")

# One row for each duty of each shortcode. While one process does it, its due time is the end of
# that process's lease.
routines = Table(
    "routines",
    metadata,
    Column("id", Name, primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("shortcode", String(7), nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("started_at", Instant),
    Column("last_ok_at", Instant),
    Column("failures", Integer, nullable=False),
    Column("last_error", Text),
    Column("due_at", Instant),
    UniqueConstraint("kind", "shortcode"),
    Index("ix_routines_due", "due_at", postgresql_where=DUE, sqlite_where=DUE),
)

# Questions that Safaricom answers later, by a callback on the row's own path.
inquiries = Table(
    "inquiries",
    metadata,
    Column("id", Name, primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("account_id", Name, nullable=False),
    Column("livemode", Boolean, nullable=False),
    Column("shortcode", String(7), nullable=False),
    # The receipt asked about; nothing for a balance.
    Column("about", String(10), nullable=False),
    Column("attempt_id", Name),
    Column("state", String(10), nullable=False),
    Column("version", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    # Safaricom's ids of every try, one a line: an answer may come to an earlier one.
    Column("conversations", Text, nullable=False),
    # Which initiator asked last, as a keyed index of its name and password.
    Column("initiator", Blind),
    Column("outcome", Text),
    Column("created_at", Instant, nullable=False),
    Column("asked_at", Instant),
    Column("answered_at", Instant),
    Column("due_at", Instant),
    Index(
        "uq_inquiries_one_open",
        "kind",
        "shortcode",
        "livemode",
        "about",
        unique=True,
        postgresql_where=OPEN,
        sqlite_where=OPEN,
    ),
    Index("ix_inquiries_about", "about", "shortcode", "created_at"),
    Index(
        "ix_inquiries_answered",
        "shortcode",
        "answered_at",
        postgresql_where=ANSWERED,
        sqlite_where=ANSWERED,
    ),
    Index(
        "ix_inquiries_attempt_id",
        "attempt_id",
        postgresql_where=OF_ATTEMPT,
        sqlite_where=OF_ATTEMPT,
    ),
    Index("ix_inquiries_due", "due_at", postgresql_where=DUE, sqlite_where=DUE),
)

# What M-PESA says that a shortcode's accounts hold, beside what the books said.
mpesa_balances = Table(
    "mpesa_balances",
    metadata,
    Column("id", Name, primary_key=True),
    Column("account_id", Name, nullable=False),
    Column("livemode", Boolean, nullable=False),
    Column("shortcode", String(7), nullable=False),
    Column("inquiry_id", Name, nullable=False, unique=True),
    Column("version", Integer, nullable=False),
    Column("figures", Text, nullable=False),
    Column("as_of", Instant, nullable=False),
    Column("heard_at", Instant, nullable=False),
    # Compared a while later, when what was on its way has arrived in the books.
    Column("compared_at", Instant),
    Column("difference_cents", BigInteger),
    Column("differs_since", Instant),
    Column("told_at", Instant),
    Index("ix_mpesa_balances_latest", "shortcode", "livemode", "heard_at"),
)

# How many questions a shortcode has left, when several processes share them. In thousandths.
query_budgets = Table(
    "query_budgets",
    metadata,
    Column("shortcode", String(7), primary_key=True),
    Column("left_milli", BigInteger, nullable=False),
    Column("counted_at", Instant, nullable=False),
)
