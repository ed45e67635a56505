"""The loop of one process reaches every row that is well, whatever the others do."""

import asyncio
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from harness.examples import ACCOUNT, NOW, a_delivery, a_payment, an_endpoint, an_event
from harness.fakes import StageClock
from harness.meanwhile import beside, until
from harness.stores import open_store
from pokea.engine.embedded import EmbeddedEngine
from pokea.engine.keep import Pulse, keep_running
from pokea.flows.ports import Tx, WorkKind
from pokea.store.database import SqlDatabase

pytestmark = pytest.mark.anyio

MANY = 450
"""More than two looks at the tables could begin."""

WELL = a_payment(9_999).id


@dataclass
class Doing:
    """Does one row; all others fail, or never end, or find no room."""

    others: str
    well: str = WELL
    done: list[str] = field(default_factory=list[str])
    tried: list[str] = field(default_factory=list[str])

    async def __call__(self, kind: WorkKind, row_id: str) -> bool:
        """Do a row."""
        del kind
        if row_id == self.well:
            self.done.append(row_id)
            return True
        self.tried.append(row_id)
        if self.others == "hang":
            await asyncio.Event().wait()
        if self.others == "fail":
            raise RuntimeError
        return False


@pytest.fixture
def db(sqlite_url: str) -> Generator[SqlDatabase]:
    with open_store(sqlite_url) as store:
        store.write_here(lambda tx: tx.accounts.add(ACCOUNT, "Duka", NOW))
        yield store


def due_payments(db: SqlDatabase, count: int) -> None:
    """So many old rows, and a newer one that is well."""

    def write(tx: Tx) -> None:
        for number in range(1, count + 1):
            tx.payments.add(replace(a_payment(number), due_at=NOW - timedelta(hours=1)))
        tx.payments.add(replace(a_payment(9_999), due_at=NOW))

    db.write_here(write)


async def test_any_number_of_rows_that_always_fail_do_not_hide_one_that_is_well(
    db: SqlDatabase,
) -> None:
    due_payments(db, MANY)
    doing = Doing("fail")

    async with beside(EmbeddedEngine().run(db, StageClock(), doing, lambda: None)):
        await until(lambda: bool(doing.done))

    assert set(doing.tried) == {a_payment(number).id for number in range(1, MANY + 1)}


async def test_a_row_that_fails_is_left_alone_for_ever_longer(db: SqlDatabase) -> None:
    due_payments(db, 1)
    doing = Doing("fail")

    async with beside(EmbeddedEngine().run(db, StageClock(), doing, lambda: None)):
        await until(lambda: len(doing.done) > 4)

    # One look each quarter of a second: four looks for the one that is well, one or two tries
    # for the other, which rests a second and then two.
    assert len(doing.tried) <= 2


async def test_deliveries_that_hang_or_find_no_room_do_not_hide_another_endpoints(
    db: SqlDatabase,
) -> None:
    slow, quick = an_endpoint(1), an_endpoint(2)
    events = [an_event(1, of=number) for number in range(1, MANY + 2)]
    made = [a_delivery(event, number=n, to=slow) for n, event in enumerate(events[:-1])]
    late = replace(a_delivery(events[-1], number=9_999, to=quick), due_at=NOW)

    def write(tx: Tx) -> None:
        tx.endpoints.add(slow, NOW)
        tx.endpoints.add(quick, NOW)
        tx.events.add(events)
        tx.deliveries.add([replace(one, due_at=NOW - timedelta(hours=1)) for one in made])
        tx.deliveries.add([late])

    db.write_here(write)

    for others in ("hang", "no room"):
        doing = Doing(others, well=late.id)
        async with beside(EmbeddedEngine().run(db, StageClock(), doing, lambda: None)):
            await until(lambda doing=doing: bool(doing.done))


async def test_an_engine_that_was_ended_works_again(db: SqlDatabase) -> None:
    due_payments(db, 0)
    engine, doing, pulse = EmbeddedEngine(), Doing("fail"), Pulse()
    lives: list[int] = []

    async def life(started: object) -> None:
        del started
        lives.append(1)
        if len(lives) == 1:
            raise MemoryError
        await engine.run(db, StageClock(), doing, lambda: pulse.found("embedded"))

    async def at_once(seconds: float) -> None:
        del seconds
        assert not pulse.beats

    async with beside(keep_running("embedded", life, pulse, sleep=at_once)):
        await until(lambda: bool(doing.done))

    assert pulse.beats
