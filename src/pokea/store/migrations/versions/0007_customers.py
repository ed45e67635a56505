"""Customers: whom merchants know by an account number or a phone."""

import sqlalchemy as sa
from alembic import op

from pokea.store import columns

revision = "0007"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "customers",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("account_id", sa.String(length=40), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("person_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("number_index", sa.LargeBinary(length=16), nullable=True),
        sa.Column("phone_index", sa.LargeBinary(length=16), nullable=True),
        sa.Column("created_at", columns.Instant(), nullable=False),
        sa.Column("erased_at", columns.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
        sa.UniqueConstraint(
            "number_index",
            "account_id",
            "livemode",
            name=op.f("uq_customers_number_index_account_id_livemode"),
        ),
    )
    op.create_index("ix_customers_list", "customers", ["account_id", "livemode", "id"])
    op.create_index(
        "ix_customers_phone_index",
        "customers",
        ["phone_index", "account_id"],
        postgresql_where=sa.text("phone_index is not null"),
        sqlite_where=sa.text("phone_index is not null"),
    )
