"""A fresh, migrated database for every test: a copy of one that was migrated once."""

import secrets
import shutil
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final

import psycopg
from sqlalchemy.engine import make_url

from pokea.engine.procrastinate import apply_schema
from pokea.store.database import open_engine
from pokea.store.migrate import upgrade

_TEMPLATE: Final = "pokea_template"


class SqliteTemplate:
    """A migrated SQLite file to copy."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "template.db"
        engine = open_engine(f"sqlite:///{self._file}")
        upgrade(engine)
        engine.dispose()

    def fresh(self, folder: Path) -> str:
        """The URL of a new copy in a folder."""
        copy = folder / "pokea.db"
        shutil.copyfile(self._file, copy)
        return f"sqlite:///{copy}"


class PostgresTemplate:
    """A migrated PostgreSQL database to copy; one for all processes of a test run."""

    def __init__(self, url: str) -> None:
        self._url = url
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("select pg_advisory_lock(1)")  # until it is closed
            if not self._exists():
                self._make()

    @contextmanager
    def fresh(self, template: str = _TEMPLATE) -> Generator[str]:
        """The URL of a new database, dropped afterwards."""
        name = f"test_{secrets.token_hex(6)}"
        self._do(f"create database {name} template {template}")
        try:
            yield self._of(name)
        finally:
            self._do(f"drop database {name} with (force)")

    def empty(self) -> AbstractContextManager[str]:
        """The URL of a new database without any tables."""
        return self.fresh("template0")

    def _exists(self) -> bool:
        with psycopg.connect(self._url) as connection:
            found = connection.execute(
                "select 1 from pg_database where datname = %s", (_TEMPLATE,)
            )
            return found.fetchone() is not None

    def _make(self) -> None:
        self._do(f"create database {_TEMPLATE}")
        engine = open_engine(sqlalchemy_url(self._of(_TEMPLATE)))
        upgrade(engine)
        apply_schema(engine)
        engine.dispose()

    def _of(self, name: str) -> str:
        return make_url(self._url).set(database=name).render_as_string(hide_password=False)

    def _do(self, statement: str) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(statement.encode())


def sqlalchemy_url(url: str) -> str:
    """A URL as SQLAlchemy wants it: with the name of the PostgreSQL driver."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1)
