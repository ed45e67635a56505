"""A statement shows that M-PESA gave money back: it leaves whoever had it, once."""

import pytest

from harness.callbacks import RECEIPT
from harness.paper import Paper
from harness.reconciling import found, has_heard, imports, unsound
from harness.reversing import BACK, BY_HAND, HUNDRED, OPEN, RESOLVED, figures, sums, unprompted
from harness.world import MERCHANT, World
from pokea.daraja.values import Money
from pokea.domain.attempt import Attempt, AttemptState
from pokea.domain.payment import PaymentState
from pokea.domain.receipt import ReceiptState
from pokea.flows.accept_payment import accept_payment
from pokea.flows.cancel_payment import cancel_payment
from pokea.flows.errors import Clashes
from pokea.flows.match_by_hand import WantedPart, match_by_hand
from pokea.flows.ports import SaysPaid

pytestmark = pytest.mark.anyio

UTILITY, LEFT, UNMATCHED, CONTESTED = 1010, 1900, 2100, 2130
BOTH = ["payment.reversed", "c2b.reversed"]


async def paid_by_prompt(world: World) -> Attempt:
    """A payment that its prompt paid."""
    attempt = await world.opens()
    world.provider.otherwise = SaysPaid()
    await world.hears_paid(attempt)
    await world.works()
    assert await world.stands(attempt) == (AttemptState.SUCCEEDED, PaymentState.SUCCEEDED)
    return attempt


async def test_money_by_hand_that_paid_a_payment_is_given_back(world: World) -> None:
    attempt = await unprompted(world)
    await world.is_paid_by_hand()

    await imports(world, Paper().paid(BY_HAND, typed="INV-1").reversed(BACK, BY_HAND))

    record = await world.receipt()
    assert (record.state, str(record.reversal)) == (ReceiptState.REVERSED, BACK)
    paid = await world.payment(attempt)
    assert figures(paid) == (PaymentState.SUCCEEDED, HUNDRED, HUNDRED)
    assert [kind for kind in world.told() if kind.endswith("reversed")] == BOTH
    assert found(world) == [RESOLVED]
    assert sums(world) == {}
    assert await unsound(world) == []


async def test_a_prompts_money_is_given_back_and_its_payment_tells(world: World) -> None:
    attempt = await paid_by_prompt(world)

    await imports(world, Paper().paid(RECEIPT, typed="INV-1").reversed(BACK, RECEIPT))

    paid = await world.payment(attempt)
    assert figures(paid) == (PaymentState.SUCCEEDED, HUNDRED, HUNDRED)
    assert (await world.receipt(RECEIPT)).state is ReceiptState.REVERSED
    assert "c2b.reversed" not in world.told()
    assert world.told().count("payment.reversed") == 1
    assert sums(world) == {}
    assert await unsound(world) == []


async def test_the_same_reversal_counts_once_in_any_number_of_files(world: World) -> None:
    await unprompted(world)
    await world.is_paid_by_hand()
    paper = Paper().paid(BY_HAND, typed="INV-1").reversed(BACK, BY_HAND)
    await imports(world, paper)
    booked = world.booked()

    await imports(world, paper)
    await imports(world, paper.paid("UAH9Z9HAND"))

    assert world.booked() == [*booked, (UTILITY, UNMATCHED, 10_000)]
    assert world.told().count("payment.reversed") == 1
    assert await unsound(world) == []


async def test_a_second_reversal_of_one_receipt_is_for_a_person(world: World) -> None:
    await unprompted(world)
    await world.is_paid_by_hand()
    await imports(world, Paper().paid(BY_HAND, typed="INV-1").reversed(BACK, BY_HAND))

    await imports(world, Paper().reversed("UAR2Z2BACK", BY_HAND))

    assert found(world) == [RESOLVED, ("missing_here", "reversal", "open", None, "UAR2Z2BACK")]
    assert sums(world) == {LEFT: 10_000, UTILITY: -10_000}
    assert await unsound(world) == []


async def test_a_part_of_the_money_is_for_a_person(world: World) -> None:
    attempt = await unprompted(world)
    await world.is_paid_by_hand()

    await imports(
        world, Paper().paid(BY_HAND, typed="INV-1").reversed(BACK, BY_HAND, shillings=40)
    )

    assert found(world) == [OPEN]
    assert (await world.payment(attempt)).amount_refunded == Money.zero()
    assert await unsound(world) == []


async def test_money_that_nobody_owned_is_given_back_from_suspense(world: World) -> None:
    await has_heard(world, BY_HAND)

    await imports(world, Paper().paid(BY_HAND).reversed(BACK, BY_HAND))

    assert (await world.receipt()).state is ReceiptState.REVERSED
    assert "c2b.reversed" in world.told()
    assert sums(world) == {}
    assert await unsound(world) == []


async def test_money_of_several_owners_is_given_back_by_all_of_them(world: World) -> None:
    first = await unprompted(world, 60, key="order-no-1")
    second = await unprompted(world, 100, key="order-no-2")
    await world.is_paid_by_hand(account="NOBODY")
    record = await world.receipt()
    parts = [
        WantedPart(amount=Money.shillings(60), payment_id=first.payment_id),
        WantedPart(amount=Money.shillings(40), payment_id=second.payment_id),
    ]
    await match_by_hand(world.deps, MERCHANT, record.id, parts, "Achieng")

    await imports(world, Paper().paid(BY_HAND).reversed(BACK, BY_HAND))

    sixty = Money.shillings(60)
    assert figures(await world.payment(first)) == (PaymentState.SUCCEEDED, sixty, sixty)
    second_now = figures(await world.payment(second))
    assert second_now == (PaymentState.OPEN, Money.zero(), Money.zero())
    assert sums(world) == {}
    assert await unsound(world) == []


async def test_what_was_paid_too_much_goes_too(world: World) -> None:
    attempt = await unprompted(world)
    await world.is_paid_by_hand(150)

    await imports(world, Paper().paid(BY_HAND, 150, typed="INV-1").reversed(BACK, BY_HAND, 150))

    assert figures(await world.payment(attempt)) == (PaymentState.SUCCEEDED, HUNDRED, HUNDRED)
    assert sums(world) == {}
    assert await unsound(world) == []


async def test_late_money_leaves_the_payment_canceled(world: World) -> None:
    attempt = await unprompted(world)
    await cancel_payment(world.deps, MERCHANT.account_id, attempt.payment_id)
    await world.is_paid_by_hand()
    assert (await world.payment(attempt)).state is PaymentState.REQUIRES_REVIEW

    await imports(world, Paper().paid(BY_HAND, typed="INV-1").reversed(BACK, BY_HAND))

    assert (await world.payment(attempt)).state is PaymentState.CANCELED
    assert sums(world) == {}
    assert await unsound(world) == []


async def test_late_money_that_was_accepted_is_refunded(world: World) -> None:
    attempt = await unprompted(world)
    await cancel_payment(world.deps, MERCHANT.account_id, attempt.payment_id)
    await world.is_paid_by_hand()
    await accept_payment(world.deps, MERCHANT, attempt.payment_id)

    await imports(world, Paper().paid(BY_HAND, typed="INV-1").reversed(BACK, BY_HAND))

    assert figures(await world.payment(attempt)) == (PaymentState.SUCCEEDED, HUNDRED, HUNDRED)
    assert sums(world) == {}
    assert await unsound(world) == []


async def test_contested_money_that_went_cannot_be_accepted(world: World) -> None:
    attempt = await world.opens()
    await world.hears_paid(attempt, items={"Amount": 60.0})
    await imports(world, Paper().paid(RECEIPT, 60))
    assert sums(world) == {UTILITY: 6_000, CONTESTED: -6_000}

    await imports(world, Paper().paid(RECEIPT, 60).reversed(BACK, RECEIPT, 60))

    with pytest.raises(Clashes) as refused:
        await accept_payment(world.deps, MERCHANT, attempt.payment_id)
    assert refused.value.code == "nothing_to_accept"
    assert sums(world) == {}
    assert await unsound(world) == []
