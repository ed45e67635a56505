"""The log of what Safaricom asks before money comes by hand."""

import sqlalchemy as sa
from alembic import op

from pokea.store import columns

revision = "0008"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "validations",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("shortcode_id", sa.String(length=40), nullable=False),
        sa.Column("account_id", sa.String(length=40), nullable=True),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("refused_for", sa.String(length=12), nullable=True),
        sa.Column("decided_by", sa.String(length=12), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("elapsed_ms", sa.Integer(), nullable=False),
        sa.Column("created_at", columns.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_validations")),
    )
    op.create_index("ix_validations_created_at", "validations", ["created_at"])
