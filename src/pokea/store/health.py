"""Is the database fit for money: does it answer, write, and fsync, and is its schema ours."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from pokea.store.book_checks import last_found_intact
from pokea.store.database import reading
from pokea.store.migrate import is_current

ANSWER_S: Final = 3
"""Below the patience of the usual load balancers, which give a probe five to ten seconds."""

_SQLITE_FULL: Final = 2


class Standing(Enum):
    """How a database stands."""

    FIT = auto()
    AWAY = auto()  # no answer, or it takes no writes: callbacks go to the spool meanwhile
    WEAK = auto()  # it would say "done" before anything is on disk


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a look at the database found."""

    standing: Standing
    migrated: bool
    undamaged: bool = True


class Health:
    """Asks on a thread of its own, so that a database that hangs holds up nothing else."""

    def __init__(self, engine: Engine, *, within_s: float = ANSWER_S) -> None:
        self._engine = engine
        self._within_s = within_s
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="health")

    async def look(self) -> Found:
        """How it stands; a database that does not answer in time is away."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._within_s):
                return await loop.run_in_executor(self._thread, self._ask)
        except TimeoutError:
            return Found(standing=Standing.AWAY, migrated=False)

    def _ask(self) -> Found:
        return Found(
            standing=standing(self._engine),
            migrated=is_migrated(self._engine),
            undamaged=are_books_undamaged(self._engine),
        )


def standing(engine: Engine) -> Standing:
    """Whether the database answers, takes writes, and has them on disk before it says so."""
    try:
        with reading(engine) as connection:
            if engine.dialect.name == "sqlite":
                level = connection.execute(text("pragma synchronous")).scalar_one()
                return Standing.FIT if int(level) >= _SQLITE_FULL else Standing.WEAK
            # A standby, or a primary that was set aside: it answers, and takes no money.
            if (
                _shown(connection, "transaction_read_only") == "on"
                or connection.execute(text("select pg_is_in_recovery()")).scalar_one()
            ):
                return Standing.AWAY
            durable = (
                _shown(connection, "synchronous_commit") in {"on", "remote_apply"}
                and _shown(connection, "fsync") == "on"
            )
            return Standing.FIT if durable else Standing.WEAK
    except SQLAlchemyError:
        return Standing.AWAY


def is_durable(engine: Engine) -> bool:
    """Whether it is fit for money."""
    return standing(engine) is Standing.FIT


def is_migrated(engine: Engine) -> bool:
    """Whether the schema is exactly this version's."""
    try:
        with reading(engine) as connection:
            return is_current(connection)
    except SQLAlchemyError:
        return False


def are_books_undamaged(engine: Engine) -> bool:
    """Whether nobody is known to have damaged the books; the last check of them knows."""
    try:
        with reading(engine) as connection:
            return last_found_intact(connection)
    except SQLAlchemyError:
        return True


def _shown(connection: Connection, setting: str) -> str:
    return str(connection.execute(text(f"show {setting}")).scalar_one())
