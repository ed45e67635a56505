"""Merchants are told: at least once, in order for each payment, for three days."""

import itertools
from datetime import datetime, timedelta

import pytest

from harness.examples import ACCOUNT, NOW, PHONE, an_endpoint
from harness.fakes import Died
from harness.world import SHOP, World
from pokea.domain.delivery import PAUSES, SendResult
from pokea.flows.add_endpoint import add_endpoint
from pokea.flows.errors import Clashes
from pokea.flows.retry_payment import retry_payment

pytestmark = pytest.mark.anyio

DOWN, BUSY, GONE = SendResult(status=None, error="ConnectError"), 503, 410


@pytest.fixture(autouse=True)
def shop(world: World) -> None:
    world.db.write_here(lambda tx: tx.endpoints.add(SHOP, NOW))


def sent(world: World) -> list[tuple[int, int]]:
    """Sequence and try of everything sent."""
    return [(event.sequence, tries) for _, event, tries in world.sender.sent]


def states(world: World) -> list[str]:
    return [row.state for row in world.rows_of_deliveries()]


async def test_every_event_reaches_every_endpoint_in_order(world: World) -> None:
    other = an_endpoint(2)
    world.db.write_here(lambda tx: tx.endpoints.add(other, NOW))
    attempt = await world.opens()
    await world.hears_failed(attempt)

    await world.passes(seconds=1)

    to_shop = [event.sequence for to, event, _ in world.sender.sent if to.id == SHOP.id]
    to_other = [event.sequence for to, event, _ in world.sender.sent if to.id == other.id]
    assert to_shop == to_other == [1, 2, 3]
    assert set(states(world)) == {"delivered"}


async def test_an_endpoint_of_another_mode_or_merchant_hears_nothing(world: World) -> None:
    await add_endpoint(
        world.deps, ACCOUNT, livemode=True, url="https://live.example/hook", secret="whsec_QUI="
    )

    await world.opens()
    await world.passes(seconds=1)

    assert {to.id for to, _, _ in world.sender.sent} == {SHOP.id}


async def test_ten_tries_over_three_days_and_then_no_more(world: World) -> None:
    world.sender.otherwise = DOWN
    tried: list[datetime] = []
    await world.asks(phone=None, expires_in=timedelta(days=30))

    for _ in range(12):
        await world.works()
        if len(world.sender.sent) > len(tried):
            tried.append(world.clock.now())
        due = world.next_due()
        if due is None or due > NOW + timedelta(days=20):
            break
        world.clock.at = due

    pauses = [later - earlier for earlier, later in itertools.pairwise(tried)]
    assert len(tried) == 10
    for planned, really in zip(PAUSES, pauses, strict=True):
        assert planned <= really <= planned * 1.1
    assert sum(PAUSES, timedelta()) == timedelta(hours=75, minutes=35, seconds=5)
    assert states(world) == ["exhausted"]
    assert world.sender.sent[-1][2] == 10


async def test_the_same_event_and_bytes_are_sent_again_after_a_failure(world: World) -> None:
    world.sender.answers = [SendResult(status=BUSY), SendResult(status=301)]
    await world.asks(phone=None)

    await world.passes(minutes=10)

    assert sent(world) == [(1, 1), (1, 2), (1, 3)]
    assert len({(event.id, event.body) for _, event, _ in world.sender.sent}) == 1
    assert states(world) == ["delivered"]


async def test_a_failing_event_holds_back_the_next_only_for_its_first_try(
    world: World,
) -> None:
    world.sender.answers = [DOWN]
    await world.opens()

    await world.passes(seconds=1)

    assert sent(world) == [(1, 1), (2, 1)]
    await world.passes(seconds=10)
    assert sent(world) == [(1, 1), (2, 1), (1, 2)]


async def test_an_endpoint_that_is_gone_is_never_called_again(world: World) -> None:
    world.sender.answers = [SendResult(status=GONE)]
    attempt = await world.opens()

    await world.passes(seconds=30)
    await world.hears_failed(attempt)
    await retry_payment(world.deps, attempt.payment_id, PHONE, None)
    await world.passes(hours=1)

    assert len(world.sender.sent) == 1
    assert set(states(world)) == {"held"}
    assert {row.due_at for row in world.rows_of_deliveries()} == {None}


async def test_what_an_endpoint_missed_while_off_is_sent_in_order_once_it_is_back(
    world: World,
) -> None:
    world.sender.answers = [SendResult(status=GONE)]
    attempt = await world.opens()
    await world.passes(seconds=30)
    await world.hears_failed(attempt)
    await world.passes(minutes=5)

    back = await add_endpoint(
        world.deps, ACCOUNT, livemode=False, url=SHOP.url, secret="whsec_QQ=="
    )
    await world.passes(seconds=1)

    assert back == SHOP
    assert sent(world) == [(1, 1), (1, 2), (2, 1), (3, 1)]
    assert set(states(world)) == {"delivered"}


async def test_an_endpoint_that_is_gone_again_is_switched_off_again(world: World) -> None:
    world.sender.otherwise = SendResult(status=GONE)
    await world.asks(phone=None)
    await world.passes(seconds=30)

    await add_endpoint(world.deps, ACCOUNT, livemode=False, url=SHOP.url, secret="whsec_QQ==")
    await world.passes(minutes=5)

    assert sent(world) == [(1, 1), (1, 2)]
    assert states(world) == ["held"]


async def test_a_worker_that_died_while_sending_is_followed_by_another(world: World) -> None:
    world.sender.answers = [Died()]
    await world.asks(phone=None)
    with pytest.raises(Died):
        await world.works()

    await world.passes(seconds=59)
    assert len(world.sender.sent) == 1
    await world.passes(seconds=1)

    assert sent(world) == [(1, 1), (1, 1)]
    assert len({event.id for _, event, _ in world.sender.sent}) == 1
    assert states(world) == ["delivered"]


async def test_one_url_is_registered_once(world: World) -> None:
    with pytest.raises(Clashes) as refused:
        await add_endpoint(world.deps, ACCOUNT, livemode=False, url=SHOP.url, secret="whsec_QQ")

    assert refused.value.code == "webhook_endpoint_exists"
