"""Workers on PostgreSQL: each kind for itself, again after a restart, and only our own jobs."""

import asyncio
from collections.abc import Generator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

import procrastinate
import psycopg
import pytest
from sqlalchemy import text

from harness.databases import sqlalchemy_url
from harness.examples import CountingIds
from harness.meanwhile import away, beside, until
from harness.stores import KEY
from pokea.engine import procrastinate as engine
from pokea.engine.keep import Pulse, keep_running
from pokea.engine.procrastinate import JOBS_AT_ONCE, ProcrastinateCarrier, ProcrastinateWorker
from pokea.flows.errors import Unavailable
from pokea.flows.ports import Tx, Work, WorkKind
from pokea.store.database import SqlDatabase, SqlTx, open_engine
from pokea.store.sealing import Sealer
from pokea.wiring.world import SystemClock

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

CLOCK = SystemClock()


@dataclass
class Doing:
    """Remembers what it did; kinds that hang never end."""

    hanging: frozenset[WorkKind] = frozenset()
    done: list[tuple[WorkKind, str]] = field(default_factory=list[tuple[WorkKind, str]])
    begun: int = 0
    swept: list[WorkKind] = field(default_factory=list[WorkKind])

    async def do(self, kind: WorkKind, row_id: str) -> None:
        """Do a row."""
        self.begun += 1
        if kind in self.hanging:
            await asyncio.Event().wait()
        self.done.append((kind, row_id))

    async def sweep(self, kind: WorkKind) -> int:
        """Sweep a kind."""
        self.swept.append(kind)
        return 0


@pytest.fixture
def db(postgresql_url: str) -> Generator[SqlDatabase]:
    store = SqlDatabase(
        open_engine(sqlalchemy_url(postgresql_url)),
        sealer=Sealer([KEY]),
        ids=CountingIds(),
        carrier=ProcrastinateCarrier(CLOCK),
    )
    yield store
    store.close()


def working(
    url: str, doing: Doing, pulse: Pulse | None = None
) -> AbstractAsyncContextManager[None]:
    """All workers of one process."""
    return beside(
        *(
            keep_running(
                kind.value,
                ProcrastinateWorker(url, kind, doing.do, doing.sweep).run,
                pulse or Pulse(),
            )
            for kind in WorkKind
        )
    )


async def hand_over(db: SqlDatabase, kind: WorkKind, *rows: str) -> None:
    work = Work(kind=kind, ids=rows, due_at=CLOCK.now())
    await db.write(lambda tx: tx.hand_over(work))


async def test_one_kind_that_hangs_stops_no_other_kind_and_no_sweep(
    db: SqlDatabase, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck = WorkKind.DELIVERY
    doing = Doing(hanging=frozenset({stuck}))
    for number in range(32):
        await hand_over(db, stuck, f"dlv_{number}")
    for kind in set(WorkKind) - {stuck}:
        await hand_over(db, kind, "row")

    monkeypatch.setattr(engine, "GRACE_S", 0)  # what hangs is not waited for at the end

    async with working(postgresql_url, doing):
        await until(lambda: doing.begun >= JOBS_AT_ONCE[stuck] + 3)
        await until(lambda: set(doing.swept) == set(WorkKind) - {stuck})

    assert {kind for kind, _ in doing.done} == set(WorkKind) - {stuck}


async def test_work_that_a_failing_database_does_not_take_is_unavailable(
    db: SqlDatabase,
) -> None:
    work = Work(kind=WorkKind.DELIVERY, ids=("dlv_1",), due_at=CLOCK.now())

    def hand_over_to_a_standby(tx: Tx) -> None:
        assert isinstance(tx, SqlTx)
        tx.connection.execute(text("set transaction read only"))
        tx.hand_over(work)

    with pytest.raises(Unavailable):
        await db.write(hand_over_to_a_standby)
    await db.write(lambda tx: tx.hand_over(work))


async def test_workers_work_again_after_the_database_was_away(
    db: SqlDatabase, postgresql_url: str, postgres_server: str
) -> None:
    doing, pulse = Doing(), Pulse()
    # The library drops a job whose end it could not write; asyncio would tell the test of it.
    asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)

    async with working(postgresql_url, doing, pulse):
        await hand_over(db, WorkKind.ATTEMPT, "before")
        await until(lambda: (WorkKind.ATTEMPT, "before") in doing.done)

        with away(postgresql_url, postgres_server):
            await until(lambda: not pulse.beats)

        for kind in WorkKind:
            await hand_over(db, kind, "after")
        await until(lambda: {kind for kind, row in doing.done if row == "after"} == {*WorkKind})
        await until(lambda: pulse.beats)


async def test_another_applications_jobs_are_left_alone(
    db: SqlDatabase, postgresql_url: str
) -> None:
    ours = lost_job(postgresql_url, "pokea-attempt", "pokea:attempt")
    theirs = lost_job(postgresql_url, "mail", "mail:send")

    async with working(postgresql_url, Doing()):
        await until(lambda: ours not in jobs(postgresql_url))

    assert theirs in jobs(postgresql_url)
    assert db.engine.dialect.name == "postgresql"


def lost_job(url: str, queue: str, task: str) -> int:
    """A job that was being done by a worker that is gone."""
    app = procrastinate.App(connector=procrastinate.SyncPsycopgConnector(conninfo=url))
    with app.open():
        job: int = app.configure_task(task, queue=queue).defer(ids=[])
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "update procrastinate_jobs set status = 'doing' where id = %s", (job,)
        )
    return job


def jobs(url: str) -> set[int]:
    with psycopg.connect(url) as connection:
        return {row[0] for row in connection.execute("select id from procrastinate_jobs")}
