"""The books, complete: what is reserved, what was corrected, the chain, and its checks."""

import sqlalchemy as sa
from alembic import op

from pokea.store import columns

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

APPEND_ONLY = ("journal_chain", "book_checks")


def upgrade() -> None:
    """Make the change."""
    op.add_column("journals", sa.Column("corrects_id", sa.String(length=40), nullable=True))
    op.create_index("ix_journals_list", "journals", ["account_id", "livemode", "id"])
    op.add_column(
        "postings",
        sa.Column("pending", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.create_table(
        "journal_chain",
        sa.Column("number", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("journal_id", sa.String(length=40), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_journal_chain")),
        sa.UniqueConstraint("journal_id", name=op.f("uq_journal_chain_journal_id")),
    )
    op.create_table(
        "book_checks",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("at", columns.Instant(), nullable=False),
        sa.Column("intact", sa.Boolean(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_book_checks")),
    )
    for table in APPEND_ONLY:
        for statement in _guards(table, op.get_bind().dialect.name):
            op.execute(statement)


def _guards(table: str, dialect: str) -> list[str]:
    if dialect == "sqlite":
        return [
            f"create trigger {table}_no_{change} before {change} on {table} "
            f"begin select raise(abort, '{table} is append-only'); end"
            for change in ("update", "delete")
        ]
    return [
        f"create trigger {table}_append_only before update or delete on {table} "
        "for each row execute function pokea_refuse_change()",
        f"create trigger {table}_no_truncate before truncate on {table} "
        "for each statement execute function pokea_refuse_change()",
    ]
