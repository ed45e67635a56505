"""What all tables share: one metadata, names for constraints, and what "due" means."""

from typing import Final

from sqlalchemy import MetaData, text

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

IN_FLIGHT: Final = (
    "state in ('created', 'dispatching', 'awaiting_customer', 'unknown', 'confirming')"
)

DUE: Final = text("due_at is not null")
