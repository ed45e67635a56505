"""The engine of many processes: Procrastinate, on the PostgreSQL that holds the tables.

Work is deferred in the transaction of the state that it belongs to, as one job for all rows of
a kind that are due together. Workers on any number of hosts are woken by notification. A job
that is lost, repeated, or taken from a killed worker changes nothing: every flow first asks
its row whether it is due, and a sweep hands over again what is late.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Final

import procrastinate
import structlog
from procrastinate import jobs
from procrastinate.schema import SchemaManager
from sqlalchemy import Connection, Engine, text

from pokea.flows.ports import Clock, Work, WorkKind

QUEUE: Final = "pokea"
JOBS_AT_ONCE: Final = 16
POLL_S: Final = 1.0
"""Jobs with a future time are not notified; this is how late they may start."""

_log = structlog.get_logger()

Do = Callable[[WorkKind, str], Awaitable[object]]
Sweep = Callable[[], Awaitable[int]]


class ProcrastinateCarrier:
    """Defers work in the caller's own transaction."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._app = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())

    def carry(self, connection: Connection, work: Work) -> None:
        """Insert one job for these rows, to be seen when the transaction commits."""
        driver = connection.connection.driver_connection
        self._app.configure_task(
            f"pokea:{work.kind.value}",
            queue=QUEUE,
            schedule_at=self._later(work.due_at),
            connection=driver,
        ).defer(ids=list(work.ids))

    def carried(self, work: Work) -> None:
        """Nothing to do: PostgreSQL notifies the workers at commit."""

    def _later(self, due_at: datetime) -> datetime | None:
        return due_at if due_at > self._clock.now() else None


class ProcrastinateWorker:
    """Runs deferred work until cancelled; start as many as you like."""

    def __init__(self, conninfo: str, do: Do, sweep: Sweep) -> None:
        self._app = procrastinate.App(
            connector=procrastinate.PsycopgConnector(conninfo=conninfo)
        )
        self._do = do
        for kind in WorkKind:
            self._register(kind)
        self._register_sweep(sweep)

    async def run(self) -> None:
        """Work until cancelled or stopped by a signal to the process."""
        async with self._app.open_async():
            await self._app.run_worker_async(
                queues=[QUEUE],
                concurrency=JOBS_AT_ONCE,
                fetch_job_polling_interval=POLL_S,
                delete_jobs=jobs.DeleteJobCondition.ALWAYS.value,
                install_signal_handlers=False,
                shutdown_graceful_timeout=20,
            )

    def _register(self, kind: WorkKind) -> None:
        @self._app.task(name=f"pokea:{kind.value}", queue=QUEUE)
        async def _(ids: Sequence[str]) -> None:
            await asyncio.gather(*(self._one(kind, row_id) for row_id in ids))

    async def _one(self, kind: WorkKind, row_id: str) -> None:
        try:
            await self._do(kind, row_id)
        except Exception:
            # The row stays due, so the sweep brings it back; its neighbours go on.
            _log.exception("engine.work_failed", kind=kind.value, row=row_id)

    def _register_sweep(self, sweep: Sweep) -> None:
        # The sixth field is seconds: every five.
        @self._app.periodic(cron="* * * * * */5", periodic_id="pokea")
        @self._app.task(name="pokea:sweep", queue=QUEUE, queueing_lock="pokea:sweep")
        async def _(timestamp: int) -> None:
            del timestamp
            again = await sweep()
            if again:
                _log.info("engine.swept", rows=again)
            # A killed worker's jobs stay "doing": their rows are swept, the jobs are dropped.
            for job in await self._app.job_manager.get_stalled_jobs():
                await self._app.job_manager.finish_job(
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
