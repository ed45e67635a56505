"""Questions to Safaricom: duties, inquiries, balances, and how often it may be asked."""

import sqlalchemy as sa
from alembic import op

from pokea.store import columns

revision = "0005"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "routines",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("shortcode", sa.String(length=7), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("started_at", columns.Instant(), nullable=True),
        sa.Column("last_ok_at", columns.Instant(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("due_at", columns.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_routines")),
        sa.UniqueConstraint("kind", "shortcode", name=op.f("uq_routines_kind_shortcode")),
    )
    _partly_indexed("ix_routines_due", "routines", ["due_at"], "due_at is not null")
    _inquiries()
    op.create_table(
        "mpesa_balances",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("account_id", sa.String(length=40), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("shortcode", sa.String(length=7), nullable=False),
        sa.Column("inquiry_id", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.Column("as_of", columns.Instant(), nullable=False),
        sa.Column("heard_at", columns.Instant(), nullable=False),
        sa.Column("compared_at", columns.Instant(), nullable=True),
        sa.Column("difference_cents", sa.BigInteger(), nullable=True),
        sa.Column("differs_since", columns.Instant(), nullable=True),
        sa.Column("told_at", columns.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mpesa_balances")),
        sa.UniqueConstraint("inquiry_id", name=op.f("uq_mpesa_balances_inquiry_id")),
    )
    op.create_index(
        "ix_mpesa_balances_latest", "mpesa_balances", ["shortcode", "livemode", "heard_at"]
    )
    op.create_table(
        "query_budgets",
        sa.Column("shortcode", sa.String(length=7), nullable=False),
        sa.Column("left_milli", sa.BigInteger(), nullable=False),
        sa.Column("counted_at", columns.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("shortcode", name=op.f("pk_query_budgets")),
    )


def _inquiries() -> None:
    op.create_table(
        "inquiries",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("account_id", sa.String(length=40), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("shortcode", sa.String(length=7), nullable=False),
        sa.Column("about", sa.String(length=10), nullable=False),
        sa.Column("attempt_id", sa.String(length=40), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("conversations", sa.Text(), nullable=False),
        sa.Column("initiator", sa.LargeBinary(length=16), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("created_at", columns.Instant(), nullable=False),
        sa.Column("asked_at", columns.Instant(), nullable=True),
        sa.Column("answered_at", columns.Instant(), nullable=True),
        sa.Column("due_at", columns.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inquiries")),
    )
    op.create_index("ix_inquiries_about", "inquiries", ["about", "shortcode", "created_at"])
    answered, named = "answered_at is not null", ["shortcode", "answered_at"]
    _partly_indexed("ix_inquiries_answered", "inquiries", named, answered)
    _partly_indexed(
        "ix_inquiries_attempt_id", "inquiries", ["attempt_id"], "attempt_id is not null"
    )
    _partly_indexed("ix_inquiries_due", "inquiries", ["due_at"], "due_at is not null")
    op.create_index(
        "uq_inquiries_one_open",
        "inquiries",
        ["kind", "shortcode", "livemode", "about"],
        unique=True,
        postgresql_where=sa.text("state = 'asked'"),
        sqlite_where=sa.text("state = 'asked'"),
    )


def _partly_indexed(name: str, table: str, names: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, names, postgresql_where=condition, sqlite_where=condition)
