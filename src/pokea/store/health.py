"""Is the database fit for money: does it answer, does it fsync, is its schema ours."""

from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from pokea.store.database import reading
from pokea.store.migrate import is_current

_SQLITE_FULL = 2


def is_durable(engine: Engine) -> bool:
    """Whether the database answers and commits to disk before it says so."""
    try:
        with reading(engine) as connection:
            if engine.dialect.name == "sqlite":
                level = connection.execute(text("pragma synchronous")).scalar_one()
                return int(level) >= _SQLITE_FULL
            commits = connection.execute(text("show synchronous_commit")).scalar_one()
            syncs = connection.execute(text("show fsync")).scalar_one()
            return commits in {"on", "remote_apply"} and syncs == "on"
    except OperationalError:
        return False


def is_migrated(engine: Engine) -> bool:
    """Whether the schema is exactly this version's."""
    try:
        with reading(engine) as connection:
            return is_current(connection)
    except OperationalError:
        return False
