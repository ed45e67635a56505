"""Bringing a database to this version's schema, safely when several processes start at once."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

_LOCATION: Final = Path(__file__).parent / "migrations"
_ADVISORY_LOCK: Final = 7_652_010  # any number that nobody else on this database uses


def upgrade(engine: Engine) -> None:
    """Apply every missing migration, in one transaction."""
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            # A migration may take as long as it needs, and wait for another process's.
            connection.execute(text("set local statement_timeout = 0"))
            connection.execute(text("set local lock_timeout = 0"))
            connection.execute(
                text("select pg_advisory_xact_lock(:lock)"), {"lock": _ADVISORY_LOCK}
            )
        command.upgrade(_config(connection), "head")


def is_current(connection: Connection) -> bool:
    """Whether the database has exactly this version's schema."""
    script = ScriptDirectory.from_config(_config(connection))
    present = MigrationContext.configure(connection).get_current_heads()
    return tuple(sorted(present)) == tuple(sorted(script.get_heads()))


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_LOCATION))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
