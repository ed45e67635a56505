"""Is the database fit for money: does it answer, write, and fsync, and is its schema ours."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from pokea.store.database import reading
from pokea.store.migrate import is_current

ANSWER_S: Final = 3
"""Below the patience of the usual load balancers, which give a probe five to ten seconds."""

_SQLITE_FULL: Final = 2


class Health:
    """Asks on a thread of its own, so that a database that hangs holds up nothing else."""

    def __init__(self, engine: Engine, *, within_s: float = ANSWER_S) -> None:
        self._engine = engine
        self._within_s = within_s
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="health")

    async def checks(self) -> Mapping[str, bool]:
        """What is well and what is not; a database that does not answer in time is not."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._within_s):
                return await loop.run_in_executor(self._thread, self._ask)
        except TimeoutError:
            return {"database": False, "schema": False}

    def _ask(self) -> Mapping[str, bool]:
        return {"database": is_durable(self._engine), "schema": is_migrated(self._engine)}


def is_durable(engine: Engine) -> bool:
    """Whether the database answers, takes writes, and has them on disk before it says so."""
    try:
        with reading(engine) as connection:
            if engine.dialect.name == "sqlite":
                level = connection.execute(text("pragma synchronous")).scalar_one()
                return int(level) >= _SQLITE_FULL
            return (
                _shown(connection, "synchronous_commit") in {"on", "remote_apply"}
                and _shown(connection, "fsync") == "on"
                # A standby, or a primary that was set aside: it answers, and takes no money.
                and _shown(connection, "transaction_read_only") == "off"
                and not connection.execute(text("select pg_is_in_recovery()")).scalar_one()
            )
    except SQLAlchemyError:
        return False


def is_migrated(engine: Engine) -> bool:
    """Whether the schema is exactly this version's."""
    try:
        with reading(engine) as connection:
            return is_current(connection)
    except SQLAlchemyError:
        return False


def _shown(connection: Connection, setting: str) -> str:
    return str(connection.execute(text(f"show {setting}")).scalar_one())
