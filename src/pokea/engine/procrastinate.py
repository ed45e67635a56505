"""The engine of many processes: Procrastinate, on the PostgreSQL that holds the tables.

Work is deferred in the transaction of the state that it belongs to, as one job for all rows of
a kind that are due together, in that kind's own queue. Workers on any number of hosts are
woken by notification. A job that is lost, repeated, or taken from a killed worker changes
nothing: every flow first asks its row whether it is due, and a sweep hands over again what is
late.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Final

import procrastinate
import structlog
from procrastinate import exceptions, jobs
from procrastinate.schema import SchemaManager
from sqlalchemy import Connection, Engine, text

from pokea.engine.keep import Started
from pokea.flows.errors import Unavailable
from pokea.flows.ports import Clock, Work, WorkKind
from pokea.observe import describe

JOBS_AT_ONCE: Final = {
    WorkKind.CALLBACK: 4,
    WorkKind.ATTEMPT: 16,
    WorkKind.PAYMENT: 4,
    WorkKind.RECEIPT: 4,
    WorkKind.DELIVERY: 4,
    WorkKind.ROUTINE: 4,
    WorkKind.NOTICE: 4,
    WorkKind.INQUIRY: 4,
}
POLL_S: Final = 1.0
"""Jobs with a future time are not notified; this is how late they may start."""

DATABASE_TIMEOUT_S: Final = 5
"""A worker that waits longer for a connection ends, and is started again."""

GRACE_S: Final = 20
"""For jobs under way when a worker is stopped; a question to Safaricom takes less."""

_log = structlog.get_logger()

Do = Callable[[WorkKind, str], Awaitable[object]]
Sweep = Callable[[WorkKind], Awaitable[int]]


def queue_of(kind: WorkKind) -> str:
    """The queue that carries a kind, and nothing else."""
    return f"pokea-{kind.value}"


class ProcrastinateCarrier:
    """Defers work in the caller's own transaction."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._app = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())

    def carry(self, connection: Connection, work: Work) -> None:
        """Insert one job for these rows, to be seen when the transaction commits.

        Raises:
            Unavailable: the database does not take it; the caller's transaction is over.
        """
        driver = connection.connection.driver_connection
        task = self._app.configure_task(
            f"pokea:{work.kind.value}",
            queue=queue_of(work.kind),
            schedule_at=self._later(work.due_at),
            connection=driver,
        )
        try:
            task.defer(ids=list(work.ids))
        except exceptions.ConnectorException as error:
            # The library has errors of its own for a database that is full, or gone just now.
            _log.error("engine.not_deferred", **describe(error.__cause__ or error))
            raise Unavailable from error

    def carried(self, work: Work) -> None:
        """Nothing to do: PostgreSQL notifies the workers at commit."""

    def _later(self, due_at: datetime) -> datetime | None:
        return due_at if due_at > self._clock.now() else None


class ProcrastinateWorker:
    """Runs deferred work of one kind until cancelled; start as many as you like.

    One for each kind, with a queue and jobs of its own, so that none waits for another's.
    Each also has an app of its own: workers of one app would share the state of its timer, and
    an app without any timer does not notice when its listener or heartbeat has died.
    """

    def __init__(self, conninfo: str, kind: WorkKind, do: Do, sweep: Sweep) -> None:
        self._conninfo = conninfo
        self._kind = kind
        self._queue = queue_of(kind)
        self._do = do
        self._sweep = sweep

    async def run(self, started: Started) -> None:
        """Work until cancelled; returns when the library gives up, as it does on a restart."""
        connector = procrastinate.PsycopgConnector(
            conninfo=self._conninfo, min_size=1, max_size=4, timeout=DATABASE_TIMEOUT_S
        )
        app = procrastinate.App(connector=connector)
        self._register(app)
        self._register_sweep(app)
        async with app.open_async():
            started()
            await app.run_worker_async(
                queues=[self._queue],
                concurrency=JOBS_AT_ONCE[self._kind],
                fetch_job_polling_interval=POLL_S,
                delete_jobs=jobs.DeleteJobCondition.ALWAYS.value,
                install_signal_handlers=False,
                shutdown_graceful_timeout=GRACE_S,
            )

    def _register(self, app: procrastinate.App) -> None:
        # A job's slot is held by its slowest row: at most a question to Safaricom, among 16
        # slots for nothing else. Deliveries are only taken here and never wait for a merchant.
        @app.task(name=f"pokea:{self._kind.value}", queue=self._queue)
        async def _(ids: Sequence[str]) -> None:
            await asyncio.gather(*(self._one(row_id) for row_id in ids))

    async def _one(self, row_id: str) -> None:
        try:
            await self._do(self._kind, row_id)
        except Exception:
            # The row stays due, so the sweep brings it back; its neighbours go on.
            _log.exception("engine.work_failed", kind=self._kind.value, row=row_id)

    def _register_sweep(self, app: procrastinate.App) -> None:
        # In the queue of its kind, behind what is there already: a busy queue is not filled
        # again with the same rows. The sixth field is seconds: every five.
        name = f"pokea:sweep-{self._kind.value}"

        @app.periodic(cron="* * * * * */5", periodic_id="pokea")
        @app.task(name=name, queue=self._queue, queueing_lock=name)
        async def _(timestamp: int) -> None:
            del timestamp
            again = await self._sweep(self._kind)
            if again:
                _log.info("engine.swept", kind=self._kind.value, rows=again)
            # A killed worker's jobs stay "doing": their rows are swept, the jobs are dropped.
            # Only ours: the same tables may hold another application's jobs.
            for job in await app.job_manager.get_stalled_jobs(queue=self._queue):
                await app.job_manager.finish_job(
                    job, status=jobs.Status.FAILED, delete_job=True
                )


def apply_schema(engine: Engine) -> None:
    """Create Procrastinate's tables where they are missing."""
    with engine.begin() as connection:
        connection.execute(text("select pg_advisory_xact_lock(7652011)"))
        if (
            connection.execute(text("select to_regclass('procrastinate_jobs')")).scalar()
            is None
        ):
            # The driver itself: SQLAlchemy would read the schema's % as placeholders.
            driver: Any = connection.connection.driver_connection
            driver.execute(SchemaManager.get_schema())
