"""Who is believed: two witnesses under strict, one under fast, and Safaricom's silence."""

from collections.abc import AsyncGenerator
from datetime import timedelta

import pytest

from harness.examples import CANCELLED, NOW
from harness.world import World, a_world
from pokea.daraja.values import Receipt
from pokea.domain.attempt import AttemptState
from pokea.domain.corroboration import Corroboration, Policy, Rules
from pokea.domain.payment import PaymentState, ReceiptStatus
from pokea.flows.ports import SaysFailed, SaysNothing, SaysPaid

pytestmark = pytest.mark.anyio

PAID = (AttemptState.SUCCEEDED, PaymentState.SUCCEEDED)
WAITING = (AttemptState.AWAITING_CUSTOMER, PaymentState.PROCESSING)
FOR_A_PERSON = (AttemptState.CONTESTED, PaymentState.REQUIRES_REVIEW)
CONFIRMING = (AttemptState.CONFIRMING, PaymentState.PROCESSING)
UNREACHABLE = SaysNothing(reachable=False)
PENDING = SaysNothing(reachable=True)
FAILED = SaysFailed(failure=CANCELLED)


@pytest.fixture
async def fast(database_url: str, anyio_backend: str) -> AsyncGenerator[World]:
    assert anyio_backend == "asyncio"
    async with a_world(database_url, rules=Rules(policy=Policy.FAST)) as world:
        yield world


# ── strict ───────────────────────────────────────────────────────────────────────────────


async def test_a_callback_alone_does_not_pay_while_safaricom_is_still_thinking(
    world: World,
) -> None:
    attempt = await world.opens()

    await world.hears_paid(attempt)
    await world.passes(minutes=5)

    assert await world.stands(attempt) == CONFIRMING
    assert world.booked() == []
    assert len(world.provider.asked) > 5  # and we keep asking


async def test_safaricom_is_asked_at_once_and_then_ever_more_slowly(world: World) -> None:
    attempt = await world.opens()
    await world.hears_paid(attempt)

    counted: list[int] = []
    for seconds in (0, 3, 60, 3600):
        await world.passes(seconds=seconds)
        counted.append(len(world.provider.asked))

    assert counted[0] == 1
    assert counted[1] >= 3
    assert counted[2] <= 13
    assert counted[3] <= 25


async def test_unreachable_safaricom_for_twenty_seconds_lets_one_witness_pay(
    world: World,
) -> None:
    attempt = await world.opens(20_000)
    world.provider.otherwise = UNREACHABLE

    await world.hears_paid(attempt)
    await world.passes(seconds=19)
    assert await world.stands(attempt) == CONFIRMING
    await world.passes(seconds=15)

    assert await world.stands(attempt) == PAID
    settled = await world.attempt(attempt.id)
    assert settled.corroboration is Corroboration.UNAVAILABLE
    world.provider.otherwise = SaysPaid()
    await world.passes(hours=1)
    assert (await world.attempt(attempt.id)).corroboration is Corroboration.CONFIRMED
    assert world.told().count("payment.succeeded") == 1


async def test_above_twenty_thousand_one_witness_never_pays(world: World) -> None:
    attempt = await world.opens(20_001)
    world.provider.otherwise = UNREACHABLE

    await world.hears_paid(attempt)
    await world.passes(minutes=9)
    assert await world.stands(attempt) == CONFIRMING
    await world.passes(hours=6)

    assert await world.stands(attempt) == FOR_A_PERSON
    assert world.booked() == []


async def test_still_processing_is_an_answer_and_no_outage(world: World) -> None:
    attempt = await world.opens()
    world.provider.queries = [UNREACHABLE, UNREACHABLE, PENDING] * 40

    await world.hears_paid(attempt)
    await world.passes(seconds=60)

    assert await world.stands(attempt) == CONFIRMING


async def test_from_fifty_thousand_a_query_is_not_enough(world: World) -> None:
    attempt = await world.opens(50_000)
    world.provider.otherwise = SaysPaid()

    await world.hears_paid(attempt)
    await world.passes(hours=3)

    assert await world.stands(attempt) == FOR_A_PERSON
    assert world.booked() == []


async def test_below_fifty_thousand_a_query_is_enough(world: World) -> None:
    attempt = await world.opens(49_999)
    world.provider.otherwise = SaysPaid()

    await world.hears_paid(attempt)
    await world.works()

    assert await world.stands(attempt) == PAID


async def test_a_query_that_denies_the_callback_is_for_a_person(world: World) -> None:
    attempt = await world.opens()
    world.provider.otherwise = FAILED

    await world.hears_paid(attempt)
    await world.works()

    assert await world.stands(attempt) == (
        AttemptState.CONTESTED,
        PaymentState.REQUIRES_REVIEW,
    )
    assert (await world.payment(attempt)).status_reason == "contested_query"
    await world.passes(hours=2)
    assert (await world.stands(attempt))[0] is AttemptState.CONTESTED


async def test_a_query_that_comes_round_ends_the_contest(world: World) -> None:
    attempt = await world.opens()
    world.provider.queries = [FAILED]
    world.provider.otherwise = SaysPaid()
    await world.hears_paid(attempt)
    await world.works()

    await world.passes(minutes=2)

    assert await world.stands(attempt) == PAID
    assert world.told()[-2:] == ["payment.requires_review", "payment.succeeded"]


# ── silence ──────────────────────────────────────────────────────────────────────────────


async def test_safaricom_is_asked_about_silence_on_a_schedule(world: World) -> None:
    attempt = await world.opens()
    asked: list[float] = []

    for second in range(1, 1000):
        before = len(world.provider.asked)
        await world.passes(seconds=1)
        if len(world.provider.asked) > before:
            asked.append(second)

    expected = [35, 60, 95, 155, 300, 900]
    assert len(asked) == len(expected)
    for planned, really in zip(expected, asked, strict=True):
        assert planned <= really <= planned * 1.1 + 1
    assert (await world.attempt(attempt.id)).state is AttemptState.EXPIRED


async def test_paid_twice_a_minute_apart_pays_without_a_receipt(world: World) -> None:
    attempt = await world.opens()
    world.provider.otherwise = SaysPaid()

    await world.passes(seconds=94)
    assert await world.stands(attempt) == WAITING  # "0" comes too early, and is no news
    await world.passes(seconds=90)

    payment = await world.payment(attempt)
    assert await world.stands(attempt) == PAID
    assert (payment.receipt, payment.receipt_status) == (None, ReceiptStatus.PENDING)
    assert world.booked() == [(1010, 1100, 10_000)]


async def test_the_callback_brings_the_receipt_later(world: World) -> None:
    attempt = await world.opens()
    world.provider.otherwise = SaysPaid()
    await world.passes(minutes=4)

    await world.hears_paid(attempt)

    payment = await world.payment(attempt)
    assert payment.receipt_status is ReceiptStatus.VERIFIED
    assert payment.receipt == Receipt("UAF7X2K9QP")
    assert world.booked() == [(1010, 1100, 10_000)]
    assert world.told().count("payment.succeeded") == 1


async def test_an_early_paid_and_then_a_cancelled_callback_is_a_failure(
    world: World,
) -> None:
    attempt = await world.opens()
    world.provider.otherwise = SaysPaid()
    await world.passes(seconds=70)

    await world.hears_failed(attempt, 1032)

    assert await world.stands(attempt) == (AttemptState.FAILED, PaymentState.OPEN)


async def test_paid_once_and_then_nothing_pays_nothing(world: World) -> None:
    attempt = await world.opens()
    world.provider.queries = [PENDING, PENDING, SaysPaid()]

    await world.passes(minutes=14)

    assert await world.stands(attempt) == WAITING


async def test_failed_twice_a_minute_apart_fails(world: World) -> None:
    attempt = await world.opens()
    world.provider.otherwise = FAILED

    await world.passes(seconds=60)
    assert await world.stands(attempt) == WAITING
    await world.passes(seconds=50)

    assert await world.stands(attempt) == (AttemptState.FAILED, PaymentState.OPEN)
    assert (await world.attempt(attempt.id)).failure == CANCELLED


async def test_words_that_contradict_each_other_settle_nothing(world: World) -> None:
    attempt = await world.opens()
    world.provider.queries = [FAILED, PENDING, SaysPaid(), FAILED]

    await world.passes(minutes=6)

    assert await world.stands(attempt) == WAITING


async def test_from_fifty_thousand_queries_alone_never_pay(world: World) -> None:
    attempt = await world.opens(50_000)
    world.provider.otherwise = SaysPaid()

    await world.passes(minutes=14)

    assert await world.stands(attempt) == WAITING


async def test_without_questions_left_we_ask_when_there_are_new_ones(world: World) -> None:
    attempt = await world.opens()
    world.budget.left = 0
    await world.hears_paid(attempt)

    await world.passes(seconds=10)
    assert world.provider.asked == []
    world.budget.left, world.provider.otherwise = 10, SaysPaid()
    await world.passes(seconds=2)

    assert await world.stands(attempt) == PAID
    assert world.clock.now() - NOW == timedelta(seconds=12)


# ── fast ─────────────────────────────────────────────────────────────────────────────────


async def test_under_fast_one_callback_pays_in_its_own_commit(fast: World) -> None:
    attempt = await fast.opens(100_000)

    await fast.hears_paid(attempt)

    assert await fast.stands(attempt) == PAID
    assert fast.provider.asked == []
    assert (await fast.attempt(attempt.id)).corroboration is Corroboration.PENDING


async def test_under_fast_the_second_witness_is_asked_afterwards(fast: World) -> None:
    attempt = await fast.opens()
    fast.provider.otherwise = SaysPaid()

    await fast.hears_paid(attempt)
    await fast.passes(seconds=60)

    assert len(fast.provider.asked) == 1
    assert (await fast.attempt(attempt.id)).corroboration is Corroboration.CONFIRMED


async def test_under_fast_a_denial_is_an_alarm_and_overturns_nothing(fast: World) -> None:
    attempt = await fast.opens()
    fast.provider.otherwise = FAILED

    await fast.hears_paid(attempt)
    await fast.passes(minutes=5)

    assert await fast.stands(attempt) == PAID
    assert (await fast.attempt(attempt.id)).corroboration is Corroboration.DISAGREES


async def test_under_fast_a_stranger_still_settles_nothing(fast: World) -> None:
    attempt = await fast.opens()

    await fast.hears_paid(attempt, items={"Amount": 99})

    assert (await fast.stands(attempt))[1] is PaymentState.REQUIRES_REVIEW
