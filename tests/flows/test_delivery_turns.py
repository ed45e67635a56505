"""A merchant whose server hangs waits alone: others' events, and other work, go on."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from harness.examples import NOW, a_delivery, an_endpoint, an_event
from harness.meanwhile import beside, until
from harness.stores import Handed, open_store
from harness.world import World
from pokea.domain.delivery import Endpoint, SendResult
from pokea.domain.event import Event
from pokea.domain.ids import DeliveryId, EndpointId
from pokea.engine.embedded import EmbeddedEngine
from pokea.flows import courier as limits
from pokea.flows import work
from pokea.flows.courier import Courier, EndpointBusy
from pokea.flows.deps import Deps
from pokea.flows.ports import Tx, WorkKind
from pokea.flows.work import Hands, Sweep

# Events are written by themselves here, without the payments that they tell of.
pytestmark = [pytest.mark.anyio, pytest.mark.breaks_the_books]

HANGING, HEALTHY = an_endpoint(1), an_endpoint(2)
DEADLINE_S = 20


@dataclass
class Servers:
    """One merchant's server never answers while it hangs; another's always does."""

    answer: asyncio.Event = field(default_factory=asyncio.Event)
    open: int = 0
    most: int = 0
    told: list[EndpointId] = field(default_factory=list[EndpointId])

    async def send(self, endpoint: Endpoint, event: Event, *, tries: int) -> SendResult:
        """One try: it hangs, or is taken."""
        del event, tries
        if endpoint == HANGING:
            self.open += 1
            self.most = max(self.most, self.open)
            await self.answer.wait()
            self.open -= 1
        self.told.append(endpoint.id)
        return SendResult(status=200)


@pytest.fixture
def servers() -> Servers:
    return Servers()


@pytest.fixture
def deps(world: World, servers: Servers) -> Deps:
    return replace(world.deps, sender=servers)


def waiting(world: World, count: int, *, to: Endpoint, first: int = 1) -> list[DeliveryId]:
    """So many deliveries of different payments are due for one endpoint."""
    events = [an_event(1, of=number) for number in range(first, first + count)]
    made = [a_delivery(event, number=first + n, to=to) for n, event in enumerate(events)]

    def write(tx: Tx) -> None:
        tx.endpoints.add(to, NOW)
        tx.events.add(events)
        tx.deliveries.add(made)

    world.db.write_here(write)
    return [delivery.id for delivery in made]


async def test_an_endpoint_that_hangs_holds_no_more_than_its_own_sends(
    world: World, deps: Deps, servers: Servers
) -> None:
    hands, courier = handed(deps)
    slow = waiting(world, 40, to=HANGING)
    quick = waiting(world, 5, to=HEALTHY, first=100)

    async with asyncio.timeout(DEADLINE_S):
        for row in [*slow, *quick]:
            await hands.begin(WorkKind.DELIVERY, row)
    await until(lambda: servers.told.count(HEALTHY.id) == 5)

    assert servers.most == limits.SENDS_PER_ENDPOINT
    servers.answer.set()
    await until(lambda: servers.told.count(HANGING.id) == 40)
    await courier.close()


async def test_a_delivery_that_waits_here_is_taken_once(
    world: World, deps: Deps, servers: Servers
) -> None:
    hands, courier = handed(deps)
    (row,) = waiting(world, 1, to=HANGING)

    for _ in range(3):
        await hands.begin(WorkKind.DELIVERY, row)
    servers.answer.set()
    await until(lambda: bool(servers.told))

    assert servers.told == [HANGING.id]
    await courier.close()


async def test_more_than_may_wait_for_an_endpoint_is_left_in_the_tables(
    world: World, deps: Deps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "WAITING_MAX", 2)
    hands, courier = handed(deps)
    rows = waiting(world, 3, to=HANGING)
    for row in rows[:2]:
        await courier.take(row)

    with pytest.raises(EndpointBusy):
        await courier.take(rows[2])

    assert not await hands.finish(WorkKind.DELIVERY, rows[2])
    monkeypatch.setattr(limits, "CLOSE_S", 0)
    await courier.close()
    assert len(world.sender.sent) == 0


async def test_the_engine_of_one_process_goes_on_beside_an_endpoint_that_hangs(
    world: World, deps: Deps, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "WAITING_MAX", 20)
    monkeypatch.setattr(limits, "CLOSE_S", 0)
    waiting(world, 300, to=HANGING)
    waiting(world, 30, to=HEALTHY, first=1000)
    hands, courier = handed(deps)

    engine = EmbeddedEngine()
    async with beside(engine.run(deps.db, deps.clock, hands.finish, lambda: None)):
        await until(lambda: servers.told.count(HEALTHY.id) == 30)

    assert servers.most == limits.SENDS_PER_ENDPOINT
    await courier.close()


async def test_closing_lets_what_is_being_sent_come_to_its_end(
    world: World, deps: Deps, servers: Servers
) -> None:
    hands, courier = handed(deps)
    for row in waiting(world, 10, to=HANGING):
        await hands.begin(WorkKind.DELIVERY, row)
    await until(lambda: servers.open == limits.SENDS_PER_ENDPOINT)

    closing = asyncio.create_task(courier.close())
    await asyncio.sleep(0)
    servers.answer.set()
    await closing

    assert servers.told == [HANGING.id] * limits.SENDS_PER_ENDPOINT
    states = [row.state for row in world.rows_of_deliveries()]
    assert states.count("delivered") == limits.SENDS_PER_ENDPOINT


async def test_sweeps_reach_what_lies_behind_rows_that_always_fail(
    world: World, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "SWEEP_LIMIT", 4)
    rows = waiting(world, 10, to=HANGING)
    world.clock.advance(timedelta(hours=1))

    with open_store(database_url, carrier=(carrier := Handed())) as db:
        sweep = Sweep(replace(world.deps, db=db))
        counts = [await sweep(WorkKind.DELIVERY) for _ in range(4)]

    assert counts == [4, 4, 2, 4]
    assert [row for one in carrier.committed for row in one.ids] == [*rows, *rows[:4]]


async def test_one_endpoints_backlog_hides_no_other_endpoints_events(world: World) -> None:
    waiting(world, 20, to=HANGING)
    quick = waiting(world, 1, to=HEALTHY, first=100)

    due = await world.deps.db.read(lambda tx: tx.overdue(NOW, 3))

    assert [len(one.ids) for one in due] == [4]
    assert quick[0] in due[0].ids


def handed(deps: Deps) -> tuple[Hands, Courier]:
    """The hands of one process, and its courier."""
    courier = Courier(deps)
    return Hands(deps, courier), courier
