"""While the database is away callbacks are kept and answered; when it is back they count."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from harness.callbacks import paid_body
from harness.meanwhile import beside, until
from harness.world import World
from pokea.domain.attempt import Attempt, AttemptState
from pokea.flows import spool_callbacks
from pokea.flows.errors import Unavailable

pytestmark = pytest.mark.anyio

AWAITING, CONFIRMING = AttemptState.AWAITING_CUSTOMER, AttemptState.CONFIRMING


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits seconds in these tests."""
    monkeypatch.setattr(spool_callbacks, "PROBE_S", 0.02)
    monkeypatch.setattr(spool_callbacks, "ADOPT_S", 0.05)
    monkeypatch.setattr(spool_callbacks, "DATABASE_S", 0.2)


@asynccontextmanager
async def moving(world: World) -> AsyncGenerator[None]:
    """The spool is emptied while the test goes on."""
    async with beside(world.inbox.move_spooled()):
        yield


async def states(world: World, attempts: list[Attempt]) -> list[AttemptState]:
    return [(await world.attempt(one.id)).state for one in attempts]


async def test_a_callback_that_the_database_does_not_take_is_kept(world: World) -> None:
    attempt = await world.opens()
    world.watched.is_away = True

    await world.hears_paid(attempt)

    assert [one.subject for one in world.spool.kept] == [attempt.id]
    assert world.rows_of_inbox() == []


async def test_what_was_kept_is_applied_when_the_database_is_back(world: World) -> None:
    attempt = await world.opens()
    world.watched.is_away = True
    await world.hears_paid(attempt)

    world.watched.is_away = False
    async with moving(world):
        await until(lambda: not world.spool.kept)

    assert (await world.attempt(attempt.id)).state is CONFIRMING
    assert world.parked() == [("applied", None, 1)]


async def test_a_database_known_to_be_away_is_not_asked_for_each_callback(
    world: World,
) -> None:
    attempt = await world.opens()
    body = paid_body(attempt, world.clock.now())
    world.watched.is_away = True
    await world.hears(attempt, body)
    asked = world.watched.asked

    await asyncio.gather(*(world.hears(attempt, body) for _ in range(50)))

    assert world.watched.asked == asked
    assert len(world.spool.kept) == 51


async def test_a_database_that_hangs_is_waited_for_once(world: World) -> None:
    attempt = await world.opens()
    body = paid_body(attempt, world.clock.now())
    world.watched.hangs = True
    began = time.monotonic()

    for _ in range(20):
        await world.hears(attempt, body)

    assert time.monotonic() - began < 2 * spool_callbacks.DATABASE_S
    assert len(world.spool.kept) == 20


async def test_new_callbacks_go_to_the_database_as_soon_as_it_answers(world: World) -> None:
    first, second = await world.opens(), await world.opens(key="order-2")
    world.watched.is_away = True
    await world.hears_paid(first, receipt="UAF7X2K9Q1")
    world.watched.is_away = False
    async with moving(world):
        await until(lambda: not world.inbox.is_away)

        await world.hears_paid(second, receipt="UAF7X2K9Q2")

    assert world.spool.kept == []
    assert await states(world, [first, second]) == [CONFIRMING, CONFIRMING]


async def test_a_database_without_a_spooled_callback_is_found_again_as_well(
    world: World,
) -> None:
    attempt = await world.opens()
    world.watched.is_away = world.spool.is_full = True
    with pytest.raises(Unavailable):
        await world.hears_paid(attempt)

    world.watched.is_away = False
    async with moving(world):
        await until(lambda: not world.inbox.is_away)
    await world.hears_paid(attempt)

    assert (await world.attempt(attempt.id)).state is CONFIRMING


async def test_when_neither_takes_it_nothing_is_acknowledged(world: World) -> None:
    attempt = await world.opens()
    world.watched.is_away = world.spool.is_full = True

    with pytest.raises(Unavailable):
        await world.hears_paid(attempt)

    assert world.rows_of_inbox() == world.spool.kept == []


async def test_moving_twice_has_one_effect(world: World) -> None:
    attempt = await world.opens()
    body = paid_body(attempt, world.clock.now())
    world.watched.is_away = True
    await world.hears(attempt, body)
    left_by_a_crash = list(world.spool.kept)
    world.watched.is_away = False
    async with moving(world):
        await until(lambda: not world.spool.kept)

        # Its process died after the commit and before the file was removed.
        world.spool.kept += left_by_a_crash
        await until(lambda: not world.spool.kept)

    assert world.parked() == [("applied", None, 2)]
    assert (await world.attempt(attempt.id)).state is CONFIRMING


async def test_a_database_that_leaves_again_while_moving_loses_nothing(world: World) -> None:
    attempt = await world.opens()
    world.watched.is_away = True
    await world.hears_paid(attempt)
    async with moving(world):
        asked = world.watched.asked
        await until(lambda: world.watched.asked > asked + 3)
        assert len(world.spool.kept) == 1

        world.watched.is_away = False
        await until(lambda: not world.spool.kept)

    assert world.parked() == [("applied", None, 1)]


async def test_what_the_database_refuses_for_good_costs_its_neighbours_nothing(
    world: World,
) -> None:
    attempts = [await world.opens(key=f"order-{number}") for number in range(3)]
    world.watched.is_away = True
    for number, attempt in enumerate(attempts):
        await world.hears_paid(attempt, receipt=f"UAF7X2K9Q{number}")
    # No text column takes this.
    world.spool.kept[1] = replace(world.spool.kept[1], source_ip="\udc80")

    world.watched.is_away = False
    async with moving(world):
        await until(lambda: not world.spool.kept)

    assert world.spool.refused == 1
    assert await states(world, attempts) == [CONFIRMING, AWAITING, CONFIRMING]


async def test_a_bug_in_storing_costs_no_callback(world: World) -> None:
    attempt = await world.opens()
    body = paid_body(attempt, world.clock.now())
    world.watched.is_broken = True
    await world.hears(attempt, body)
    assert not world.inbox.is_away
    assert len(world.spool.kept) == 1

    world.watched.is_broken = False
    async with moving(world):
        await until(lambda: not world.spool.kept)

    assert (await world.attempt(attempt.id)).state is CONFIRMING
