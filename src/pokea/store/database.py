"""Opening transactions, on threads, on either database.

SQLite: WAL, full synchronous commits, one writer at a time, ``BEGIN IMMEDIATE``. PostgreSQL:
read committed with explicit row locks, ``synchronous_commit = on`` whatever the server's own
default. A write whose rows changed meanwhile, or that PostgreSQL ended for a deadlock, runs
again: work is a plain function of the transaction, so running it twice is safe. A database that
does not answer, or takes no writes, is :class:`~pokea.flows.errors.Unavailable`.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from typing import Final, Protocol, TypeVar

import structlog
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

from pokea.domain.notice import NoticePlan
from pokea.flows.errors import Unavailable
from pokea.flows.ports import Ids, Tx, Work
from pokea.observe import describe
from pokea.store.api_keys import SqlAccounts, SqlApiKeys
from pokea.store.attempts import SqlAttempts
from pokea.store.balances import SqlBalances
from pokea.store.book_checks import SqlBookChecks
from pokea.store.breaks import SqlBreaks
from pokea.store.bulk import StaleWrite
from pokea.store.chain import SqlChain
from pokea.store.customers import SqlCustomers
from pokea.store.days import SqlDays
from pokea.store.deliveries import SqlDeliveries
from pokea.store.due import overdue
from pokea.store.endpoints import SqlEndpoints
from pokea.store.events import SqlEvents
from pokea.store.idempotency import SqlIdempotency
from pokea.store.inbox import SqlInbox
from pokea.store.inquiries import SqlInquiries
from pokea.store.journals import SqlJournals
from pokea.store.notices import SqlNotices
from pokea.store.payments import SqlPayments
from pokea.store.provider_calls import SqlCalls
from pokea.store.query_budgets import SqlQueryBudgets
from pokea.store.receipts import SqlReceipts
from pokea.store.routines import SqlRoutines
from pokea.store.sealing import Sealer
from pokea.store.shortcodes import SqlShortcodes
from pokea.store.statements import SqlStatements
from pokea.store.validations import SqlValidations

Result = TypeVar("Result")

_RETRIES: Final = 5
_READERS: Final = 8
_WRITERS: Final = 8
_DEADLOCK: Final = {"40P01", "40001"}
_READ_ONLY: Final = "25006"
_INTERNAL: Final = "XX000"
"""What PostgreSQL calls a disk's refusal that it has no name for, such as a quota's."""
_PATIENCE_S: Final = 20
"""Longer than any time-out of the database: reached only when that itself says nothing."""

_log = structlog.get_logger()


class Carrier(Protocol):
    """Takes work to the engine: some engines inside the transaction, all of them after it."""

    def carry(self, connection: Connection, work: Work) -> None:
        """Hand over inside the transaction, so that the two commit together."""
        ...

    def carried(self, work: Work) -> None:
        """The commit is durable."""
        ...


class SqlTx:
    """One transaction and its nouns."""

    def __init__(
        self,
        connection: Connection,
        *,
        sealer: Sealer,
        ids: Ids,
        carrier: Carrier,
        plan: NoticePlan,
    ) -> None:
        self.connection = connection
        self._carrier = carrier
        self.handed_over: list[Work] = []
        self.attempts = SqlAttempts(connection, sealer)
        self.payments = SqlPayments(connection, sealer)
        self.customers = SqlCustomers(connection, sealer)
        self.receipts = SqlReceipts(connection, sealer)
        self.shortcodes = SqlShortcodes(connection)
        self.journals = SqlJournals(connection, ids)
        self.chain = SqlChain(connection)
        self.book_checks = SqlBookChecks(connection, ids)
        self.statements = SqlStatements(connection, sealer)
        self.breaks = SqlBreaks(connection)
        self.days = SqlDays(connection)
        self.events = SqlEvents(connection)
        self.endpoints = SqlEndpoints(connection, sealer)
        self.deliveries = SqlDeliveries(connection)
        self.notices = SqlNotices(connection, sealer, plan)
        self.inbox = SqlInbox(connection, sealer)
        self.validations = SqlValidations(connection, sealer)
        self.idempotency = SqlIdempotency(connection)
        self.calls = SqlCalls(connection, sealer, ids)
        self.accounts = SqlAccounts(connection)
        self.api_keys = SqlApiKeys(connection)
        self.routines = SqlRoutines(connection)
        self.balances = SqlBalances(connection)
        self.inquiries = SqlInquiries(connection)
        self.query_budgets = SqlQueryBudgets(connection)

    def overdue(self, before: datetime, limit: int) -> list[Work]:
        """Rows that were due before a time, oldest first."""
        return overdue(self.connection, before, limit)

    def hand_over(self, work: Work) -> None:
        """Give work to the engine in this very transaction."""
        if work.ids:
            self._carrier.carry(self.connection, work)
            self.handed_over.append(work)


class SqlDatabase:
    """Transactions on SQLite or PostgreSQL."""

    def __init__(
        self,
        engine: Engine,
        *,
        sealer: Sealer,
        ids: Ids,
        carrier: Carrier,
        plan: NoticePlan | None = None,
        patience_s: float = _PATIENCE_S,
    ) -> None:
        self.engine = engine
        self._patience_s = patience_s
        self._sealer = sealer
        self._ids = ids
        self._carrier = carrier
        self._plan = plan or NoticePlan()
        # SQLite has one writer; a queue of one is fairer than its busy time-out.
        writers = 1 if engine.dialect.name == "sqlite" else _WRITERS
        self._writers = ThreadPoolExecutor(writers, thread_name_prefix="write")
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="read")

    async def write(self, work: Callable[[Tx], Result]) -> Result:
        """Run ``work`` in one transaction; returns after the commit is durable."""
        return await self._within(self._writers, self.write_here, work)

    async def read(self, work: Callable[[Tx], Result]) -> Result:
        """Run ``work`` without writing."""
        return await self._within(self._readers, self._read_here, work)

    async def _within(
        self,
        threads: ThreadPoolExecutor,
        run: Callable[[Callable[[Tx], Result]], Result],
        work: Callable[[Tx], Result],
    ) -> Result:
        """Wait for a thread, but not for ever: it may hang with its database.

        What was not begun by then never runs. What was may still be committed, as after a
        connection lost at commit; every caller asks its row first and is safe from that.
        """
        try:
            async with asyncio.timeout(self._patience_s):
                return await asyncio.get_running_loop().run_in_executor(threads, run, work)
        except TimeoutError:
            _log.error("database.silent", waited_s=self._patience_s)
            raise Unavailable from None

    def write_here(self, work: Callable[[Tx], Result]) -> Result:
        """Run ``work`` in one transaction on this thread."""
        with _telling_unavailable():
            for _ in range(_RETRIES):
                try:
                    return self._once(work)
                except (StaleWrite, IntegrityError):
                    # Somebody was quicker: read again, and decide on what is true now. What
                    # a constraint refuses for good is refused again below, and raised.
                    continue
                except OperationalError as error:
                    if getattr(error.orig, "sqlstate", None) not in _DEADLOCK:
                        raise
            return self._once(work)

    def _once(self, work: Callable[[Tx], Result]) -> Result:
        with self.engine.begin() as connection:
            tx = self._tx(connection)
            result = work(tx)
        for handed in tx.handed_over:
            self._carrier.carried(handed)
        return result

    def _read_here(self, work: Callable[[Tx], Result]) -> Result:
        with _telling_unavailable(), reading(self.engine) as connection:
            return work(self._tx(connection))

    def _tx(self, connection: Connection) -> SqlTx:
        return SqlTx(
            connection,
            sealer=self._sealer,
            ids=self._ids,
            carrier=self._carrier,
            plan=self._plan,
        )

    def close(self) -> None:
        """Finish what is running and close every connection."""
        self._writers.shutdown()
        self._readers.shutdown()
        self.engine.dispose()


@contextmanager
def _telling_unavailable() -> Generator[None]:
    """Turn the drivers' ways to say "no database" into one."""
    try:
        yield
    except PoolTimeout as error:
        _log.error("database.unavailable", **describe(error))
        raise Unavailable from error
    except DBAPIError as error:
        if not (isinstance(error, (OperationalError, InterfaceError)) or _takes_none(error)):
            raise
        _log.error("database.unavailable", **describe(error))
        raise Unavailable from error


@contextmanager
def reading(engine: Engine) -> Generator[Connection]:
    """A connection that only reads; on SQLite it takes no write lock."""
    options = {"pokea_reading": True}
    with engine.connect().execution_options(**options) as connection:
        yield connection


# Every query of ours has an index. A new table has no statistics until autovacuum has been by,
# and plans made meanwhile would scan it: that must not depend on when somebody analysed.
_PG_OPTIONS: Final = " ".join(
    f"-c {option}"
    for option in (
        "timezone=UTC",
        "enable_seqscan=off",
        "jit=off",
        # Whatever the server or the role has by default: an answered callback is on disk.
        "synchronous_commit=on",
        # Our statements take milliseconds. One that takes 15 seconds stands in a queue that
        # grows, and Safaricom has long given up on it: better "try again", and a free thread.
        "statement_timeout=15s",
        # Below that, so that the log tells a lock from a slow disk.
        "lock_timeout=10s",
    )
)

_PG_CONNECTION: Final[Mapping[str, str | int]] = {
    "options": _PG_OPTIONS,
    # A gateway that waits for ever is worse than one that says "try again".
    "connect_timeout": 5,
    # A host that vanished sends no goodbye: 15 seconds, like a statement.
    "tcp_user_timeout": 15_000,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 2,
}
_POOL_WAIT_S: Final = 10


def open_engine(url: str) -> Engine:
    """An engine with the durability that money needs.

    ``url`` is ``sqlite:///path`` or ``postgresql://…``.
    """
    if url.startswith("sqlite"):
        engine = create_engine(
            url,
            pool_size=_READERS + 2,
            pool_timeout=_POOL_WAIT_S,
            hide_parameters=True,  # they are merchants' and payers' plain text
            connect_args={"timeout": 10},
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    engine = create_engine(
        url,
        pool_size=_WRITERS + _READERS,
        pool_timeout=_POOL_WAIT_S,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args=dict(_PG_CONNECTION),
    )
    event.listen(engine, "handle_error", _leave_read_only)
    return engine


def _leave_read_only(context: ExceptionContext) -> None:
    """Connect anew after a failover: the old connections still reach the old primary."""
    if getattr(context.original_exception, "sqlstate", None) == _READ_ONLY:
        context.is_disconnect = True


def _takes_none(error: DBAPIError) -> bool:
    """Whether it takes no writes, whatever they are."""
    return getattr(error.orig, "sqlstate", None) in {_READ_ONLY, _INTERNAL}


def _prepare_sqlite(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    connection.execute("PRAGMA journal_mode = WAL")
    # NORMAL may lose the last commits on power loss, and an acknowledged callback with them.
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA busy_timeout = 10000")


def _begin_sqlite(connection: Connection) -> None:
    reads = connection.get_execution_options().get("pokea_reading", False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
