"""Money that M-PESA gave back: which line reversed which receipt, and what payments lost."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.add_column(
        "payments",
        sa.Column(
            "refunded_cents", sa.BigInteger(), server_default=sa.text("0"), nullable=False
        ),
    )
    op.add_column("receipts", sa.Column("reversal", sa.String(length=10), nullable=True))
    op.add_column("statement_lines", sa.Column("reverses", sa.String(length=10), nullable=True))
    op.create_index(
        "ix_statement_lines_reverses",
        "statement_lines",
        ["reverses"],
        postgresql_where=sa.text("reverses is not null"),
        sqlite_where=sa.text("reverses is not null"),
    )
