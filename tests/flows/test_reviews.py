"""A payment under review: what came for it is proven, and the merchant takes it, all of it."""

import pytest

from harness.asking import Asking, an_asking_world
from harness.callbacks import RECEIPT
from harness.paper import Paper
from harness.reconciling import imports, unsound
from harness.reversing import figures, sums, unprompted
from harness.world import MERCHANT, World
from pokea.daraja.values import Money, Receipt
from pokea.domain.attempt import Attempt, AttemptState
from pokea.domain.corroboration import Witness
from pokea.domain.ids import ReceiptId
from pokea.domain.payment import PaymentState
from pokea.domain.receipt import MoneyHeard
from pokea.flows.accept_payment import accept_payment
from pokea.flows.errors import Clashes
from pokea.flows.match_by_hand import WantedPart, match_by_hand, unmatch_by_hand
from pokea.flows.ports import SaysNothing
from pokea.flows.take_receipts import Taken, take_receipts

pytestmark = pytest.mark.anyio

OTHER = "UAF8X2K9QP"
NOTHING = Money.zero()
REVIEWED = (AttemptState.CONTESTED, PaymentState.REQUIRES_REVIEW)


async def paid_in_part(world: World) -> tuple[Attempt, ReceiptId]:
    """KES 40 of 100 came by hand, and a person gave them to the payment."""
    attempt = await unprompted(world)
    await world.is_paid_by_hand(40, account="NOBODY")
    record = await world.receipt()
    part = WantedPart(amount=record.amount, payment_id=attempt.payment_id)
    await match_by_hand(world.deps, MERCHANT, record.id, [part], "Achieng")
    assert (await world.payment(attempt)).state is PaymentState.PARTIALLY_PAID
    return attempt, record.id


async def test_a_part_that_came_before_is_counted_once_when_the_rest_is_accepted(
    world: World,
) -> None:
    first, _ = await paid_in_part(world)
    await world.passes(minutes=3)
    rest = await world.prompts_again(first)
    await world.hears_paid(rest, items={"Amount": 50.0})
    assert await world.stands(rest) == REVIEWED
    with pytest.raises(Clashes):
        await accept_payment(world.deps, MERCHANT, rest.payment_id)
    await imports(world, Paper().paid(RECEIPT, 50))

    await accept_payment(world.deps, MERCHANT, rest.payment_id)
    await accept_payment(world.deps, MERCHANT, rest.payment_id)

    paid = await world.payment(rest)
    assert figures(paid) == (PaymentState.SUCCEEDED, Money.shillings(90), NOTHING)
    assert sums(world) == {1010: 9_000, 1100: -9_000}
    assert world.told().count("payment.succeeded") == 1
    assert await unsound(world) == []


async def test_all_that_is_proven_is_accepted_not_the_last_alone(world: World) -> None:
    world.provider.otherwise = SaysNothing(reachable=True)
    first = await unprompted(world)
    await world.passes(minutes=3)
    second = await world.prompts_again(first)
    await world.hears_paid(first, items={"Amount": 60.0})
    await world.hears_paid(second, receipt=OTHER, items={"Amount": 30.0})
    await imports(world, Paper().paid(RECEIPT, 60).paid(OTHER, 30))
    assert sums(world) == {1010: 9_000, 2130: -9_000}

    await accept_payment(world.deps, MERCHANT, first.payment_id)

    paid = await world.payment(first)
    assert figures(paid) == (PaymentState.SUCCEEDED, Money.shillings(90), NOTHING)
    assert sums(world) == {1010: 9_000, 1100: -9_000}
    assert await unsound(world) == []


async def test_while_the_rest_is_prompted_a_part_is_not_taken_back_and_is_told_why(
    world: World,
) -> None:
    first, receipt_id = await paid_in_part(world)
    await world.passes(minutes=3)
    await world.prompts_again(first)

    with pytest.raises(Clashes, match="being asked for the rest") as refused:
        await unmatch_by_hand(world.deps, MERCHANT, receipt_id)

    assert refused.value.code == "receipt_in_use"
    assert (await world.payment(first)).amount_received == Money.shillings(40)


async def test_what_pays_in_full_is_never_taken_back(world: World) -> None:
    await unprompted(world)
    await world.is_paid_by_hand()

    with pytest.raises(Clashes, match="in full"):
        await unmatch_by_hand(world.deps, MERCHANT, (await world.receipt()).id)


async def pulled(asking: Asking, shillings: int) -> Taken:
    """Pull names the receipt."""
    deps, now = asking.world.deps, asking.world.clock.now()
    money = MoneyHeard(
        receipt=Receipt(RECEIPT),
        shortcode=asking.collector.shortcode,
        amount=Money.shillings(shillings),
        paid_at=now,
        witness=Witness.PULL_ROW,
        account="INV-1",
    )
    (taken,) = await deps.db.write(
        lambda tx: take_receipts(tx, deps, asking.collector, [money], now)
    )
    return taken


async def test_pull_that_names_a_receipt_again_settles_nothing_that_is_proven(
    database_url: str,
) -> None:
    async with an_asking_world(database_url) as asking:
        world = asking.world
        attempt = await world.opens()
        await world.hears_paid(attempt, items={"Amount": 60.0})

        taken = [await pulled(asking, 60) for _ in range(3)]

        assert taken == [Taken.CONFIRMED, Taken.REPEATED, Taken.REPEATED]
        assert await world.stands(attempt) == REVIEWED
        assert world.booked() == [(1010, 2130, 6_000)]
        assert world.told().count("payment.requires_review") == 2
        assert await pulled(asking, 100) is Taken.DIFFERS
        assert await world.stands(attempt) == REVIEWED
        assert await unsound(world) == []
