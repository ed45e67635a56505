"""The query budget as flows use it: paced by Safaricom, and cheap where it is hot."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from harness.examples import SHORTCODE, TILL
from harness.fakes import StageClock
from pokea.daraja.values import Shortcode
from pokea.domain.query_budget import QUESTION, SLOW_DOWN, Urgency
from pokea.wiring.budget import BlockPurse, OwnPurse, PacedBudget

pytestmark = pytest.mark.anyio

CUSTOMER = Urgency.CUSTOMER


@dataclass
class FarPurse:
    """Remembers what was taken, and has no end."""

    taken: list[int] = field(default_factory=list[int])
    empty: bool = False

    async def take(self, shortcode: Shortcode, urgency: Urgency, cost: int) -> timedelta:
        """Take whatever is wanted."""
        del shortcode, urgency
        self.taken.append(cost)
        return timedelta(seconds=1) if self.empty else timedelta()


@pytest.fixture
def clock() -> StageClock:
    return StageClock()


@pytest.fixture
def budget(clock: StageClock) -> PacedBudget:
    return PacedBudget(120, OwnPurse(120, clock), clock)


async def count(budget: PacedBudget, urgency: Urgency = CUSTOMER) -> int:
    """How many questions there are at this moment."""
    had = 0
    while not await budget.take(SHORTCODE, urgency):
        had += 1
    return had


async def test_when_there_is_no_question_left_it_says_when_there_is(
    budget: PacedBudget, clock: StageClock
) -> None:
    assert await count(budget) == 40

    wait = await budget.take(SHORTCODE, CUSTOMER)
    assert wait == 1
    clock.advance(timedelta(seconds=wait))
    assert await budget.take(SHORTCODE, CUSTOMER) == 0


async def test_who_waits_finds_questions_that_others_were_not_given(
    budget: PacedBudget,
) -> None:
    assert await count(budget, Urgency.SPARE) == 20
    assert await count(budget, Urgency.DOUBT) == 10
    assert await count(budget, Urgency.CUSTOMER) == 10


async def test_too_many_requests_stop_all_questions_of_that_shortcode_for_a_moment(
    budget: PacedBudget, clock: StageClock
) -> None:
    budget.slow_down(SHORTCODE, 30)

    assert await budget.take(SHORTCODE, CUSTOMER) == 30
    assert await budget.take(TILL, CUSTOMER) == 0
    clock.advance(timedelta(seconds=30))
    assert await count(budget) == 20  # and then there are half as many


async def test_after_minutes_without_a_refusal_the_pace_is_what_it_was(
    budget: PacedBudget, clock: StageClock
) -> None:
    budget.slow_down(SHORTCODE, None)
    clock.advance(SLOW_DOWN)
    budget.slow_down(SHORTCODE, None)

    counted = list[int]()
    for _ in range(3):
        clock.advance(timedelta(minutes=2))
        counted.append(await count(budget))

    assert counted == [20, 40, 40]


async def test_second_witnesses_that_nobody_waits_for_have_half_of_the_questions(
    budget: PacedBudget,
) -> None:
    def asides(take: Callable[[Shortcode], bool]) -> int:
        had = 0
        while take(SHORTCODE):
            had += 1
        return had

    assert asides(budget.take_spare) == 20
    assert await count(budget) == 40  # only set aside: the question is taken when it is asked


async def test_against_a_simulator_one_far_look_serves_a_quarter_second(
    clock: StageClock,
) -> None:
    far = FarPurse()
    near = BlockPurse(60_000, far, clock)

    for _ in range(500):
        assert not await near.take(SHORTCODE, CUSTOMER, QUESTION)

    assert far.taken == [250 * QUESTION, 250 * QUESTION]


async def test_questions_that_were_paid_for_and_not_asked_are_not_kept(
    clock: StageClock,
) -> None:
    far = FarPurse()
    near = BlockPurse(60_000, far, clock)
    await near.take(SHORTCODE, CUSTOMER, QUESTION)

    clock.advance(timedelta(seconds=1))
    await near.take(SHORTCODE, CUSTOMER, QUESTION)

    assert len(far.taken) == 2


async def test_in_production_every_question_is_taken_one_by_one(clock: StageClock) -> None:
    far = FarPurse()
    near = BlockPurse(120, far, clock)

    for _ in range(3):
        await near.take(SHORTCODE, CUSTOMER, QUESTION)

    assert far.taken == [QUESTION] * 3


async def test_a_far_purse_that_is_empty_says_how_long(clock: StageClock) -> None:
    near = BlockPurse(60_000, FarPurse(empty=True), clock)

    assert await near.take(SHORTCODE, CUSTOMER, QUESTION) == timedelta(seconds=1)
