"""Every five minutes: an attempt in flight whose next check is missing is asked about."""

from dataclasses import replace
from datetime import datetime

import pytest

from harness.examples import NOW, a_routine
from harness.world import World
from pokea.domain.attempt import Attempt, AttemptState
from pokea.domain.payment import PaymentState
from pokea.flows.ports import SaysPaid
from pokea.flows.sweep_doubt import sweep_doubt

pytestmark = pytest.mark.anyio


async def forgets(world: World, attempt: Attempt, *, due_at: datetime | None = None) -> None:
    """What should not happen: the attempt has no next check any more."""
    held = await world.attempt(attempt.id)
    await world.deps.db.write(lambda tx: tx.attempts.save([replace(held, due_at=due_at)]))


async def test_a_forgotten_attempt_is_asked_about_and_settled(world: World) -> None:
    attempt = await world.opens()
    await forgets(world, attempt)
    world.provider.otherwise = SaysPaid()
    await world.passes(minutes=6)
    assert world.provider.asked == []

    assert await sweep_doubt(world.deps, a_routine()) == {"asked": "1"}
    await world.passes(minutes=2)

    assert await world.stands(attempt) == (AttemptState.SUCCEEDED, PaymentState.SUCCEEDED)


@pytest.mark.breaks_the_books  # an attempt without a next check is what it begins with
async def test_a_young_attempt_is_left_to_its_own_schedule(world: World) -> None:
    attempt = await world.opens()
    await forgets(world, attempt)
    await world.passes(minutes=4)

    assert await sweep_doubt(world.deps, a_routine()) == {"asked": "0"}


async def test_an_attempt_with_a_next_check_is_left_to_it(world: World) -> None:
    attempt = await world.opens()
    await world.passes(minutes=6)
    before = await world.attempt(attempt.id)

    assert await sweep_doubt(world.deps, a_routine()) == {"asked": "0"}
    assert await world.attempt(attempt.id) == before


async def test_an_attempt_that_ended_is_nobodys_doubt(world: World) -> None:
    attempt = await world.opens()
    await world.hears_failed(attempt)
    await world.passes(minutes=10)

    assert await sweep_doubt(world.deps, a_routine()) == {"asked": "0"}


async def test_an_overdue_check_is_handed_over_again_as_it_is(world: World) -> None:
    attempt = await world.opens()
    await forgets(world, attempt, due_at=NOW)
    world.clock.at = (await world.attempt(attempt.id)).created_at.replace(hour=10)
    before = await world.attempt(attempt.id)

    assert await sweep_doubt(world.deps, a_routine()) == {"asked": "1"}

    assert await world.attempt(attempt.id) == before
    await world.works()
    assert world.provider.asked == [attempt.id]
