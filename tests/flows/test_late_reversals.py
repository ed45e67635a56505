"""Money that M-PESA gave back before we heard of it pays nothing, in whatever order."""

from collections.abc import Sequence

import pytest

from harness.callbacks import RECEIPT, paid_body
from harness.examples import NOW
from harness.paper import Paper
from harness.reconciling import everything, found, imports, unsound
from harness.reversing import BACK, BY_HAND, HUNDRED, OPEN, RESOLVED, figures, sums, unprompted
from harness.world import MERCHANT, World
from pokea.daraja.values import AccountReference, Money
from pokea.domain.attempt import Attempt, AttemptState
from pokea.domain.payment import PaymentState
from pokea.domain.receipt import ReceiptState
from pokea.flows.match_by_hand import WantedPart, match_by_hand
from pokea.flows.ports import SaysNothing, SaysPaid

pytestmark = pytest.mark.anyio


async def test_a_file_that_begins_with_its_newest_line_releases_nothing(world: World) -> None:
    attempt = await unprompted(world)
    paper = Paper().paid(BY_HAND, typed="INV-1").reversed(BACK, BY_HAND)

    await imports(world, paper.newest_first())

    assert (await world.payment(attempt)).state is PaymentState.OPEN
    assert (await world.receipt()).state is ReceiptState.REVERSED
    assert "payment.succeeded" not in world.told()
    assert sums(world) == {}
    assert await unsound(world) == []


async def test_a_confirmation_that_comes_after_the_reversal_pays_nothing(
    world: World,
) -> None:
    attempt = await unprompted(world)
    await imports(world, Paper().reversed(BACK, BY_HAND))
    assert found(world) == [OPEN]

    await world.is_paid_by_hand(at=NOW)

    assert (await world.payment(attempt)).state is PaymentState.OPEN
    assert world.told()[-2:] == ["c2b.received", "c2b.reversed"]
    assert sums(world) == {}
    await imports(world, Paper().paid(BY_HAND, typed="INV-1"))
    assert found(world) == [RESOLVED]
    assert await unsound(world) == []


async def test_a_confirmation_from_a_stranger_changes_nothing_of_that(world: World) -> None:
    attempt = await unprompted(world)
    await world.is_paid_by_hand(listed=False)

    await imports(world, Paper().paid(BY_HAND, typed="INV-1").reversed(BACK, BY_HAND))

    assert (await world.payment(attempt)).state is PaymentState.OPEN
    assert (await world.receipt()).state is ReceiptState.REVERSED
    assert await unsound(world) == []


async def test_a_prompt_that_still_waits_ends_and_its_payment_is_not_paid(
    world: World,
) -> None:
    attempt = await world.opens(60_000)
    world.provider.otherwise = SaysPaid()
    await world.hears_paid(attempt)
    await world.passes(minutes=11)
    assert (await world.stands(attempt))[0] is AttemptState.CONTESTED

    paper = Paper().paid(RECEIPT, 60_000, typed="INV-1").reversed(BACK, RECEIPT, 60_000)
    await imports(world, paper.newest_first())

    assert await world.stands(attempt) == (
        AttemptState.SUCCEEDED,
        PaymentState.REQUIRES_REVIEW,
    )
    assert "payment.succeeded" not in world.told()
    assert found(world) == [RESOLVED]
    assert sums(world) == {}
    assert await unsound(world) == []


async def test_a_prompt_whose_callback_was_lost_is_not_paid_by_money_that_went(
    world: World,
) -> None:
    attempt = await world.opens()
    world.provider.otherwise = SaysNothing(reachable=True)
    await world.passes(hours=1)
    assert (await world.stands(attempt))[0] is AttemptState.EXPIRED

    paper = Paper().paid(RECEIPT, typed="INV-1").reversed(BACK, RECEIPT)
    await imports(world, paper.newest_first())

    assert await world.stands(attempt) == (AttemptState.EXPIRED, PaymentState.EXPIRED)
    world.provider.otherwise = SaysPaid()
    await world.passes(days=1)
    assert await world.stands(attempt) == (AttemptState.SUCCEEDED, PaymentState.EXPIRED)
    assert "payment.succeeded" not in world.told()
    assert sums(world) == {}
    assert await unsound(world) == []


async def test_a_prompt_settled_without_its_receipt_learns_it_and_loses_it(
    world: World,
) -> None:
    attempt = await world.opens()
    world.provider.otherwise = SaysPaid()
    await world.passes(minutes=4)
    assert (await world.payment(attempt)).state is PaymentState.SUCCEEDED

    paper = Paper().paid(RECEIPT, typed="INV-1").reversed(BACK, RECEIPT)
    await imports(world, paper.newest_first())

    paid = await world.payment(attempt)
    assert figures(paid) == (PaymentState.SUCCEEDED, HUNDRED, HUNDRED)
    assert str(paid.receipt) == RECEIPT
    assert sums(world) == {}
    assert await unsound(world) == []


async def test_a_callback_that_comes_after_the_reversal_is_undone_by_the_next_file(
    world: World,
) -> None:
    attempt = await world.opens()
    await imports(world, Paper().reversed(BACK, RECEIPT))
    world.provider.otherwise = SaysPaid()
    await world.hears_paid(attempt)
    await world.works()
    assert (await world.payment(attempt)).state is PaymentState.SUCCEEDED

    await imports(world, Paper().paid(RECEIPT, typed="INV-1"))

    assert figures(await world.payment(attempt)) == (PaymentState.SUCCEEDED, HUNDRED, HUNDRED)
    assert found(world) == [RESOLVED]
    assert await unsound(world) == []


async def two_alike(world: World) -> Sequence[Attempt]:
    """Two prompts on one phone with one account number, both settled by query alone."""
    shared = AccountReference("SHOP")
    alike = [
        await world.opens(key=f"order-no-{number}", account_reference=shared)
        for number in (1, 2)
    ]
    world.provider.otherwise = SaysPaid()
    await world.passes(minutes=4)
    return alike


async def test_parked_money_that_went_waits_for_whose_it_was(world: World) -> None:
    first, second = await two_alike(world)
    paper = Paper().paid(BY_HAND, typed="SHOP").reversed(BACK, BY_HAND)
    await imports(world, paper)
    record = await world.receipt()
    assert (record.state, OPEN in found(world)) == (ReceiptState.PARKED, True)
    assert await unsound(world) == []

    part = WantedPart(amount=HUNDRED, payment_id=second.payment_id)
    await match_by_hand(world.deps, MERCHANT, record.id, [part], "Achieng")
    await imports(world, paper.paid("UAH9Z9HAND"))

    assert (await world.payment(first)).amount_refunded == Money.zero()
    assert (await world.payment(second)).amount_refunded == HUNDRED
    assert RESOLVED in found(world)
    assert await unsound(world) == []


# ── afterwards ───────────────────────────────────────────────────────────────────────────


async def test_what_a_prompt_was_paid_with_by_hand_and_went_does_not_count_again(
    world: World,
) -> None:
    attempt = await world.opens()
    world.provider.otherwise = SaysNothing(reachable=True)
    await world.is_paid_by_hand()
    await world.passes(minutes=3)
    assert (await world.payment(attempt)).state is PaymentState.SUCCEEDED
    await imports(world, Paper().paid(BY_HAND, typed="INV-1").reversed(BACK, BY_HAND))

    world.provider.otherwise = SaysPaid()
    await world.passes(days=1)

    assert figures(await world.payment(attempt)) == (PaymentState.SUCCEEDED, HUNDRED, HUNDRED)
    assert "payment.duplicate_funds" not in world.told()
    assert sums(world) == {}
    assert await unsound(world) == []


async def test_a_prompts_callback_told_again_is_no_contradiction(world: World) -> None:
    attempt = await world.opens()
    world.provider.otherwise = SaysPaid()
    await world.hears_paid(attempt)
    await world.works()
    await imports(world, Paper().paid(RECEIPT, typed="INV-1").reversed(BACK, RECEIPT))
    told = world.told()

    body = paid_body(await world.attempt(attempt.id), NOW)
    await world.hears(attempt, body + b" ")

    assert world.parked()[-1][0] == "duplicate"
    assert world.told() == told


async def test_news_of_money_that_went_changes_nothing(world: World) -> None:
    await unprompted(world)
    await world.is_paid_by_hand()
    await imports(world, Paper().paid(BY_HAND, typed="INV-1").reversed(BACK, BY_HAND))
    before = everything(world)

    await world.is_paid_by_hand(InvoiceNumber="7")

    assert world.parked()[-1][0] == "duplicate"
    assert everything(world) == before
