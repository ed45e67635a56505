"""A merchant asks once, twice and a hundred times; a phone is prompted once."""

import asyncio
from datetime import timedelta

import pytest

from harness.examples import NOW, PHONE
from harness.fakes import CalledInsideATransaction, FakeProvider, WatchedDatabase
from harness.world import World, a_world
from pokea.daraja.values import Money
from pokea.domain.attempt import AttemptState
from pokea.domain.payment import PaymentState
from pokea.flows.errors import TooOften, Unacceptable
from pokea.flows.open_payment import AlreadyBound, Opened
from pokea.flows.retry_payment import retry_payment
from pokea.store.tables import attempts, provider_calls

pytestmark = pytest.mark.anyio


async def test_a_payment_with_a_phone_prompts_it(world: World) -> None:
    attempt = await world.opens(1_500, description="Kiondo")

    assert await world.stands(attempt) == (
        AttemptState.AWAITING_CUSTOMER,
        PaymentState.PROCESSING,
    )
    assert world.told() == ["payment.created", "payment.processing"]
    prompted, path, description = world.provider.pushed[0]
    assert (prompted.phone, prompted.amount) == (PHONE, Money.shillings(1_500))
    assert path.startswith("/i/s/")
    assert len(path) == len("/i/s/") + 64
    assert description == "Kiondo"


async def test_a_payment_without_a_phone_waits_at_the_checkout(world: World) -> None:
    opened = await world.asks(phone=None)

    assert isinstance(opened, Opened)
    assert world.provider.pushed == []
    assert world.told() == ["payment.created"]
    await retry_payment(world.deps, opened.payment_id, PHONE, None)
    assert len(world.provider.pushed) == 1
    assert world.told() == ["payment.created", "payment.processing"]


async def test_the_same_key_again_is_the_same_payment(world: World) -> None:
    first = await world.opens()

    again = await world.asks()

    assert isinstance(again, AlreadyBound)
    assert again.record.resource_id == first.payment_id
    assert len(world.provider.pushed) == 1
    assert world.counts()["payments"] == 1


async def test_the_same_key_for_something_else_does_nothing(world: World) -> None:
    await world.opens(100)

    other = await world.asks(200)

    assert isinstance(other, AlreadyBound)
    assert other.record.key.request_sha256.startswith(b"100.")
    assert (world.counts()["payments"], len(world.provider.pushed)) == (1, 1)


async def test_a_hundred_requests_at_once_make_one_payment_and_one_prompt(
    world: World,
) -> None:
    outcomes = await asyncio.gather(*(world.asks() for _ in range(100)))

    opened = [outcome for outcome in outcomes if isinstance(outcome, Opened)]
    bound = {one.record.resource_id for one in outcomes if isinstance(one, AlreadyBound)}
    assert len(opened) == 1
    assert bound == {opened[0].payment_id}
    assert len(world.provider.pushed) == 1
    assert world.counts() == {
        "payments": 1,
        "attempts": 1,
        "journals": 0,
        "events": 2,
        "inbox": 0,
    }


@pytest.mark.parametrize(
    ("cents", "code"),
    [
        (0, "amount_below_minimum"),
        (1_050, "amount_not_whole_shillings"),
        (25_000_100, "amount_above_maximum"),
    ],
)
async def test_an_amount_that_m_pesa_does_not_move_is_refused_before_any_prompt(
    world: World, cents: int, code: str
) -> None:
    with pytest.raises(Unacceptable) as refused:
        await world.asks(amount=Money.cents(cents))

    assert refused.value.code == code
    assert set(world.counts().values()) == {0}
    assert world.provider.pushed == []
    assert isinstance(await world.asks(), Opened)  # and the key is still free


async def test_too_large_an_amount_says_in_how_many_parts_it_goes(world: World) -> None:
    with pytest.raises(Unacceptable, match="in 3 payments"):
        await world.asks(600_000)


async def test_a_phone_is_prompted_three_times_in_ten_minutes(database_url: str) -> None:
    async with a_world(database_url, prompts=3) as world:
        for number in range(3):
            await world.opens(key=f"order-number-{number}")

        with pytest.raises(TooOften) as refused:
            await world.asks(key="order-number-4")

        assert refused.value.code == "prompt_rate_limited"
        assert (world.counts()["payments"], len(world.provider.pushed)) == (3, 3)
        world.clock.advance(timedelta(minutes=10, seconds=1))
        assert isinstance(await world.asks(key="order-number-4"), Opened)


async def test_safaricoms_answer_is_kept_sealed(world: World) -> None:
    await world.opens()

    (call,) = world.rows(provider_calls)

    assert (call.kind, call.http_status, call.elapsed_ms) == ("push", 200, 7)
    assert b"254712345678" not in call.body_sealed


async def test_the_attempt_is_on_disk_before_safaricom_is_called(world: World) -> None:
    seen: list[str] = []
    world.provider.during_push = lambda _: seen.extend(
        row.state for row in world.rows(attempts)
    )

    await world.opens()

    assert seen == ["dispatching"]


async def test_calling_safaricom_inside_a_transaction_fails_a_test(world: World) -> None:
    provider, db = FakeProvider(), world.deps.db
    attempt = await world.opens()
    assert isinstance(db, WatchedDatabase)

    def wrong(_: object) -> None:
        asyncio.run(_query(provider))

    async def _query(of: FakeProvider) -> None:
        await of.query(attempt)

    with pytest.raises(CalledInsideATransaction):
        await db.write(wrong)
    assert world.clock.now() == NOW
