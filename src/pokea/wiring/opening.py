"""Opening the database: migrated, and on SQLite held by one process; or beside that one."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from pokea.engine.procrastinate import apply_schema
from pokea.settings import BadSettings, Settings
from pokea.store.database import open_engine
from pokea.store.health import is_migrated
from pokea.store.migrate import upgrade
from pokea.store.one_process import Hold, hold_alone


@dataclass(frozen=True, slots=True)
class OpenDatabase:
    """A database at this version's schema; on SQLite, held by this process alone."""

    engine: Engine
    hold: Hold | None

    def close(self) -> None:
        """Close it and let another process have it."""
        self.engine.dispose()
        if self.hold is not None:
            self.hold.release()


def open_database(settings: Settings) -> OpenDatabase:
    """Open and migrate the database.

    Raises:
        BadSettings: another process holds the SQLite file, or the database does not answer.
    """
    hold = None if on_postgresql(settings) else _hold(settings)
    database = OpenDatabase(open_engine(database_url(settings)), hold)
    try:
        upgrade(database.engine)
        if on_postgresql(settings):
            apply_schema(database.engine)
    except OperationalError as error:
        database.close()
        raise BadSettings(
            "The database does not answer, or is read-only. Look at DATABASE_URL and at the"
            f" server: {str(error.orig).strip()}"
        ) from None
    return database


def open_tools(settings: Settings) -> OpenDatabase:
    """Open the database beside a running gateway, for a command: no hold, no migrating.

    On SQLite a second process may write too, for a moment at a time; only the work that is due
    belongs to one alone.

    Raises:
        BadSettings: there is no database, or its schema is another version's.
    """
    if not on_postgresql(settings) and not Path(_sqlite_file(settings)).is_file():
        raise BadSettings(
            f"There is no database at {_sqlite_file(settings)} yet. Start: pokea serve"
        )
    database = OpenDatabase(open_engine(database_url(settings)), None)
    if not is_migrated(database.engine):
        database.close()
        raise BadSettings(
            "The database does not answer, or its schema is not of this version. Start"
            " pokea serve with this version, or run: pokea migrate"
        )
    return database


def _sqlite_file(settings: Settings) -> str:
    return make_url(settings.database).database or ""


def _hold(settings: Settings) -> Hold:
    settings.pokea_data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = Path(_sqlite_file(settings))
    if not file.parent.is_dir():
        raise BadSettings(f"DATABASE_URL: there is no folder {file.parent}.")
    hold = hold_alone(file)
    if hold is None:
        raise BadSettings(
            f"Another pokea process is using {file}. SQLite serves one process; stop the other"
            " one, or set DATABASE_URL to PostgreSQL for several."
        )
    return hold


def on_postgresql(settings: Settings) -> bool:
    """Whether several processes may share the database."""
    return make_url(settings.database).get_backend_name() == "postgresql"


def database_url(settings: Settings) -> str:
    """The database's URL, with its driver."""
    url = make_url(settings.database)
    if url.get_backend_name() == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    return url.render_as_string(hide_password=False)


def libpq_url(settings: Settings) -> str:
    """The same as libpq wants it."""
    return (
        make_url(settings.database)
        .set(drivername="postgresql")
        .render_as_string(hide_password=False)
    )
