"""What runs beside a test: started, waited for, and ended with it."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import psycopg
from sqlalchemy.engine import make_url

DEADLINE_S: Final = 60


@asynccontextmanager
async def beside(*running: Coroutine[object, object, object]) -> AsyncGenerator[None]:
    """Run loops while the test goes on; cancelled at its end."""
    tasks = [asyncio.create_task(one) for one in running]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(true: Callable[[], bool], *, within_s: float = DEADLINE_S) -> None:
    """Wait until something is true.

    Raises:
        TimeoutError: it never was.
    """
    async with asyncio.timeout(within_s):
        while not true():  # noqa: ASYNC110 - databases and processes set no event
            await asyncio.sleep(0.01)


@contextmanager
def away(url: str, server: str) -> Generator[None]:
    """A PostgreSQL database that ends every connection and takes none, as in a restart."""
    name = make_url(url).database
    end = "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"alter database {name} allow_connections false".encode())
        connection.execute(end, (name,))
        try:
            yield
        finally:
            connection.execute(f"alter database {name} allow_connections true".encode())


@contextmanager
def held(url: str) -> Generator[None]:
    """An SQLite file that another program holds: nobody can write to it."""
    other = sqlite3.connect(str(make_url(url).database), isolation_level=None)
    other.execute("begin exclusive")
    try:
        yield
    finally:
        other.execute("rollback")
        other.close()
