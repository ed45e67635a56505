"""Notices: what people are told by SMS and e-mail."""

import sqlalchemy as sa
from alembic import op

from pokea.store import columns

revision = "0006"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "notices",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("about_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("audience", sa.String(length=10), nullable=False),
        sa.Column("target_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("target_index", sa.LargeBinary(length=16), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("more", sa.Integer(), nullable=False),
        sa.Column("folded_into", sa.String(length=40), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("created_at", columns.Instant(), nullable=False),
        sa.Column("began_at", columns.Instant(), nullable=True),
        sa.Column("ended_at", columns.Instant(), nullable=True),
        sa.Column("due_at", columns.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint(
            "about_id",
            "audience",
            "target_index",
            name=op.f("uq_notices_about_id_audience_target_index"),
        ),
    )
    for name, names, where in (
        ("ix_notices_alike", ["target_index", "kind", "state"], "audience = 'operators'"),
        ("ix_notices_begun", ["target_index", "kind", "began_at"], "audience = 'operators'"),
        ("ix_notices_due", ["due_at"], "due_at is not null"),
    ):
        op.create_index(
            name,
            "notices",
            names,
            postgresql_where=sa.text(where),
            sqlite_where=sa.text(where),
        )
    op.create_index("ix_notices_state", "notices", ["state", "id"])
