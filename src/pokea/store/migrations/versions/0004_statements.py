"""Statements, what they and the books disagree on, and closed days."""

import sqlalchemy as sa
from alembic import op

from pokea.store import columns

revision = "0004"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "statements",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("account_id", sa.String(length=40), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("shortcode_id", sa.String(length=40), nullable=False),
        sa.Column("ledger_account", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("imported_by", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("period_from", columns.Instant(), nullable=True),
        sa.Column("period_to", columns.Instant(), nullable=True),
        sa.Column("whole", sa.Boolean(), nullable=True),
        sa.Column("opening_cents", sa.BigInteger(), nullable=True),
        sa.Column("closing_cents", sa.BigInteger(), nullable=True),
        sa.Column("paid_in_cents", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_cents", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.Column("repeated", sa.Integer(), nullable=False),
        sa.Column("without_money", sa.Integer(), nullable=False),
        sa.Column("faulty", sa.Integer(), nullable=False),
        sa.Column("agreed", sa.Integer(), nullable=False),
        sa.Column("missing_here", sa.Integer(), nullable=False),
        sa.Column("missing_there", sa.Integer(), nullable=False),
        sa.Column("amount_differs", sa.Integer(), nullable=False),
        sa.Column("seen_up_to", sa.String(length=40), nullable=True),
        sa.Column("created_at", columns.Instant(), nullable=False),
        sa.Column("completed_at", columns.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statements")),
        sa.UniqueConstraint(
            "file_sha256",
            "account_id",
            "livemode",
            name=op.f("uq_statements_file_sha256_account_id_livemode"),
        ),
        sa.ForeignKeyConstraint(
            ["shortcode_id"], ["shortcodes.id"], name=op.f("fk_statements_shortcode_id")
        ),
    )
    op.create_index("ix_statements_list", "statements", ["account_id", "livemode", "id"])
    op.create_index(
        "ix_statements_period", "statements", ["shortcode_id", "ledger_account", "period_from"]
    )
    op.create_table(
        "statement_lines",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("statement_id", sa.String(length=40), nullable=False),
        sa.Column("shortcode_id", sa.String(length=40), nullable=False),
        sa.Column("ledger_account", sa.Integer(), nullable=False),
        sa.Column("receipt", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("side", sa.String(length=3), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("balance_cents", sa.BigInteger(), nullable=True),
        sa.Column("at", columns.Instant(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_lines")),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_statement_lines_amount_positive")),
        sa.UniqueConstraint(
            "receipt",
            "shortcode_id",
            "ledger_account",
            "kind",
            "side",
            "amount_cents",
            name=op.f("uq_statement_lines_identity"),
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["statements.id"], name=op.f("fk_statement_lines_statement_id")
        ),
    )
    op.create_index(
        "ix_statement_lines_day", "statement_lines", ["shortcode_id", "ledger_account", "day"]
    )
    op.create_index(
        "ix_statement_lines_statement", "statement_lines", ["statement_id", "verdict"]
    )
    op.create_table(
        "statement_faults",
        sa.Column("statement_id", sa.String(length=40), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("statement_id", "line", name=op.f("pk_statement_faults")),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["statements.id"], name=op.f("fk_statement_faults_statement_id")
        ),
    )
    op.create_table(
        "breaks",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("account_id", sa.String(length=40), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("shortcode_id", sa.String(length=40), nullable=False),
        sa.Column("ledger_account", sa.Integer(), nullable=False),
        sa.Column("statement_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("cause", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("receipt", sa.String(length=10), nullable=True),
        sa.Column("side", sa.String(length=3), nullable=False),
        sa.Column("ours_cents", sa.BigInteger(), nullable=False),
        sa.Column("theirs_cents", sa.BigInteger(), nullable=False),
        sa.Column("at", columns.Instant(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("opened_at", columns.Instant(), nullable=False),
        sa.Column("resolved_at", columns.Instant(), nullable=True),
        sa.Column("resolved_by", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("adjusted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_breaks")),
        sa.UniqueConstraint(
            "subject",
            "kind",
            "shortcode_id",
            "ledger_account",
            name=op.f("uq_breaks_subject_kind_shortcode_id_ledger_account"),
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["statements.id"], name=op.f("fk_breaks_statement_id")
        ),
    )
    op.create_index("ix_breaks_day", "breaks", ["shortcode_id", "ledger_account", "day"])
    op.create_index(
        "ix_breaks_open",
        "breaks",
        ["shortcode_id", "ledger_account", "kind"],
        postgresql_where=sa.text("state = 'open'"),
        sqlite_where=sa.text("state = 'open'"),
    )
    op.create_index("ix_breaks_statement", "breaks", ["statement_id", "kind", "id"])
    op.create_table(
        "closed_days",
        sa.Column("shortcode_id", sa.String(length=40), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("closed_at", columns.Instant(), nullable=False),
        sa.Column("closed_by", sa.Text(), nullable=False),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("shortcode_id", "day", name=op.f("pk_closed_days")),
        sa.ForeignKeyConstraint(
            ["shortcode_id"], ["shortcodes.id"], name=op.f("fk_closed_days_shortcode_id")
        ),
    )
    for name, table, columns_, where in (
        (
            "ix_attempts_without_receipt",
            "attempts",
            ["shortcode", "dispatched_at"],
            "state = 'succeeded' and receipt is null",
        ),
        ("ix_receipts_unmatched", "receipts", ["shortcode"], "state = 'unmatched'"),
        (
            "ix_journals_not_of_receipts",
            "journals",
            ["shortcode", "at"],
            "kind <> 'collect' and kind <> 'c2b' and kind <> 'match'",
        ),
    ):
        op.create_index(
            name,
            table,
            columns_,
            postgresql_where=sa.text(where),
            sqlite_where=sa.text(where),
        )
