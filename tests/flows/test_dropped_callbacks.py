"""Safaricom's callbacks are all lost: questions alone settle every payment (TESTS.md C04)."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import pytest

from harness.examples import CANCELLED, NOW
from harness.world import World, a_world
from pokea.domain.attempt import Attempt, AttemptState
from pokea.flows.ports import QueryOutcome, SaysFailed, SaysNothing, SaysPaid
from pokea.wiring.budget import OwnPurse, PacedBudget

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

PAYMENTS: Final = 200
BEGUN_WITHIN: Final = timedelta(minutes=10)
PER_MINUTE: Final = 120
ENDED: Final = {AttemptState.SUCCEEDED, AttemptState.FAILED, AttemptState.EXPIRED}


@pytest.fixture
async def world(sqlite_url: str, anyio_backend: str) -> AsyncGenerator[World]:
    assert anyio_backend == "asyncio"
    async with a_world(sqlite_url) as made:
        purse = OwnPurse(PER_MINUTE, made.clock)
        budget = PacedBudget(PER_MINUTE, purse, made.clock)
        yield replace(made, deps=replace(made.deps, budget=budget))


class Truth:
    """What customers do within a minute, and every question that Safaricom was asked."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.paid: dict[str, bool] = {}
        self.asked_at: list[datetime] = []

    def answer(self, attempt: Attempt) -> QueryOutcome:
        """What STK Query says now: nothing while the prompt is open."""
        now = self._world.clock.now()
        self.asked_at.append(now)
        if now - attempt.created_at < timedelta(seconds=30):
            return SaysNothing(reachable=True)
        return SaysPaid() if self.paid[attempt.id] else SaysFailed(failure=CANCELLED)


async def test_two_hundred_payments_without_a_callback_are_settled_by_questions(
    world: World,
) -> None:
    truth, attempts = Truth(world), list[Attempt]()
    world.provider.answers = truth.answer
    for number in range(PAYMENTS):
        attempt = await world.opens(key=f"order-{number:06d}")
        truth.paid[attempt.id] = number % 2 == 0
        attempts.append(attempt)
        await world.passes(seconds=BEGUN_WITHIN.total_seconds() / PAYMENTS)

    ended = dict[str, timedelta]()
    while len(ended) < PAYMENTS and world.clock.now() < NOW + timedelta(hours=1):
        await world.passes(seconds=5)
        for attempt in attempts:
            current = await world.attempt(attempt.id)
            if attempt.id not in ended and current.state in ENDED:
                ended[attempt.id] = (current.checked_at or world.clock.now()) - (
                    attempt.created_at
                )

    states = {one.id: (await world.attempt(one.id)).state for one in attempts}
    wrong = [
        name
        for name, state in states.items()
        if (state is AttemptState.SUCCEEDED) is not truth.paid[name]
    ]
    assert not wrong
    assert sorted(ended.values())[PAYMENTS * 95 // 100] <= timedelta(seconds=180)
    assert len(world.booked()) == PAYMENTS // 2
    assert _most_in_a_minute(truth.asked_at) <= PER_MINUTE * 4 // 3


def _most_in_a_minute(times: list[datetime]) -> int:
    minute = timedelta(minutes=1)
    return max(sum(begin <= one < begin + minute for one in times) for begin in times)


async def test_too_many_requests_slow_the_questions_down(world: World) -> None:
    attempt = await world.opens()
    world.provider.otherwise = SaysNothing(reachable=False, too_often=True, retry_after_s=40)

    await world.passes(seconds=60)

    assert len(world.provider.asked) == 1  # at 35 s; nothing more for 40 s, whatever was due
    world.provider.otherwise = SaysPaid()
    await world.passes(minutes=4)
    assert (await world.attempt(attempt.id)).state is AttemptState.SUCCEEDED
