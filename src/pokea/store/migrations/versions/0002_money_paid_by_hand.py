"""Money paid by hand: receipts from any channel, what they pay, and where they arrive."""

import re

import sqlalchemy as sa
from alembic import op

from pokea.store import columns

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    _shortcodes()
    _attempts()
    _payments()
    _receipts()
    op.create_table(
        "receipt_parts",
        sa.Column("receipt_id", sa.String(length=40), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("payment_id", sa.String(length=40), nullable=True),
        sa.Column("customer_id", sa.String(length=40), nullable=True),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("matched_by", sa.Text(), nullable=False),
        sa.Column("matched_at", columns.Instant(), nullable=False),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_receipt_parts_amount_positive")),
        sa.ForeignKeyConstraint(
            ["receipt_id"], ["receipts.id"], name=op.f("fk_receipt_parts_receipt_id")
        ),
        sa.PrimaryKeyConstraint("receipt_id", "part", name=op.f("pk_receipt_parts")),
    )
    op.create_index("ix_receipt_parts_payment_id", "receipt_parts", ["payment_id"])
    op.create_index("ix_receipt_parts_customer_id", "receipt_parts", ["customer_id"])


def _shortcodes() -> None:
    op.create_table(
        "shortcodes",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("account_id", sa.String(length=40), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("digits", sa.String(length=7), nullable=False),
        sa.Column("till", sa.String(length=7), nullable=True),
        sa.Column("created_at", columns.Instant(), nullable=False),
        sa.Column("urls_registered_at", columns.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_shortcodes_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shortcodes")),
        sa.UniqueConstraint("digits", "livemode", name=op.f("uq_shortcodes_digits_livemode")),
    )


def _attempts() -> None:
    for column in (
        sa.Column("witnesses", sa.Text(), nullable=False, server_default=""),
        sa.Column("claim_witness", sa.String(length=20), nullable=True),
        sa.Column("told", sa.Text(), nullable=True),
        sa.Column("told_receipt", sa.String(length=10), nullable=True),
        sa.Column("proven_cents", sa.BigInteger(), nullable=True),
    ):
        op.add_column("attempts", column)
    op.create_index(
        "ix_attempts_told_receipt",
        "attempts",
        ["told_receipt"],
        postgresql_where=sa.text("told_receipt is not null"),
        sqlite_where=sa.text("told_receipt is not null"),
    )
    op.execute(
        "update attempts set claim_witness = 'stk_callback', witnesses = 'stk_callback'"
        " where claim_receipt is not null"
    )


def _payments() -> None:
    for column in (
        sa.Column("account_key", sa.String(length=12), nullable=False, server_default=""),
        sa.Column("reference_key", sa.String(length=20), nullable=True),
        sa.Column("allow_partial", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("customer_id", sa.String(length=40), nullable=True),
    ):
        op.add_column("payments", column)
    connection = op.get_bind()
    rows = connection.execute(sa.text("select id, account_reference, reference from payments"))
    for row in rows.all():
        reference = _key(row.reference or "")
        connection.execute(
            sa.text(
                "update payments set account_key = :account, reference_key = :reference"
                " where id = :id"
            ),
            {
                "account": _key(row.account_reference),
                "reference": reference if 0 < len(reference) <= 20 else None,
                "id": row.id,
            },
        )
    op.create_index("ix_payments_account_key", "payments", ["account_key", "account_id", "id"])
    for name, names, where in (
        (
            "ix_payments_reference_key",
            ["reference_key", "account_id", "id"],
            "reference_key is not null",
        ),
        ("ix_payments_customer_id", ["customer_id"], "customer_id is not null"),
    ):
        op.create_index(
            name,
            "payments",
            names,
            postgresql_where=sa.text(where),
            sqlite_where=sa.text(where),
        )


def _key(text: str) -> str:
    return re.sub(r"[^0-9A-Z]", "", text.upper())


def _receipts() -> None:
    op.rename_table("receipts", "receipts_before")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("alter table receipts_before drop constraint pk_receipts")
    op.create_table(
        "receipts",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("provider", sa.String(length=10), nullable=False),
        sa.Column("receipt", sa.String(length=10), nullable=False),
        sa.Column("account_id", sa.String(length=40), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("shortcode", sa.String(length=7), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("heard_from", sa.String(length=20), nullable=False),
        sa.Column("attempt_id", sa.String(length=40), nullable=True),
        sa.Column("payer_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_index", sa.LargeBinary(length=16), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("recovered", sa.Boolean(), nullable=False),
        sa.Column("checks_done", sa.Integer(), nullable=False),
        sa.Column("paid_at", columns.Instant(), nullable=False),
        sa.Column("received_at", columns.Instant(), nullable=False),
        sa.Column("verified_at", columns.Instant(), nullable=True),
        sa.Column("due_at", columns.Instant(), nullable=True),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_receipts_amount_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipts")),
        sa.UniqueConstraint("receipt", "provider", name=op.f("uq_receipts_receipt_provider")),
    )
    columns_copied = (
        "insert into receipts (id, provider, receipt, account_id, livemode, shortcode, state,"
        " version, sequence, amount_cents, heard_from, attempt_id, recovered, checks_done,"
        " paid_at, received_at) "
    )
    false = "false" if op.get_bind().dialect.name == "postgresql" else "0"
    op.execute(
        columns_copied + "select 'rct_' || substr(attempt_id, 5), provider, receipt,"
        " account_id, livemode, shortcode, 'claimed', 1, 0, amount_cents, 'stk_callback',"
        f" attempt_id, {false}, 0, received_at, received_at from receipts_before"
    )
    # Until now a receipt had its row when its attempt settled; from now on when it is claimed.
    op.execute(
        columns_copied + "select 'rct_' || substr(id, 5), 'mpesa', claim_receipt, account_id,"
        " livemode, shortcode, 'claimed', 1, 0, amount_cents, 'stk_callback', id,"
        f" {false}, 0, claim_paid_at, claim_heard_at from attempts"
        " where claim_receipt is not null and state <> 'succeeded'"
        " and not exists (select 1 from receipts_before"
        " where receipts_before.receipt = attempts.claim_receipt)"
    )
    op.drop_table("receipts_before")
    op.create_index("ix_receipts_list", "receipts", ["account_id", "livemode", "id"])
    op.create_index("ix_receipts_twins", "receipts", ["shortcode", "amount_cents", "paid_at"])
    for name, column, unique in (
        ("uq_receipts_attempt_id", "attempt_id", True),
        ("ix_receipts_due", "due_at", False),
    ):
        op.create_index(
            name,
            "receipts",
            [column],
            unique=unique,
            postgresql_where=sa.text(f"{column} is not null"),
            sqlite_where=sa.text(f"{column} is not null"),
        )
