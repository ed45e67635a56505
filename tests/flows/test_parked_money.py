"""Money that several prompts may have brought waits until it can be told apart."""

from datetime import timedelta

import pytest

from harness.callbacks import RECEIPT
from harness.paper import Paper
from harness.reconciling import imports, unsound
from harness.reversing import BACK, sums
from harness.world import MERCHANT, World
from pokea.daraja.values import AccountReference, Money, Msisdn, Receipt
from pokea.domain.attempt import Attempt, AttemptState
from pokea.domain.attempt_steps import sent_at
from pokea.domain.corroboration import Witness
from pokea.domain.payment import PaymentState
from pokea.domain.receipt import MoneyHeard, ReceiptState
from pokea.flows.match_by_hand import WantedPart, match_by_hand
from pokea.flows.ports import SaysNothing, SaysPaid
from pokea.flows.take_receipts import Taken, take_receipts

pytestmark = pytest.mark.anyio

SHOP = AccountReference("SHOP")
SAME_MASK = Msisdn("254711222678")
FIRST, SECOND, THIRD = RECEIPT, "UAF8X2K9QP", "UAF9X2K9QP"
HUNDRED = Money.shillings(100)


async def two_prompts(world: World, phone: Msisdn | None = None) -> tuple[Attempt, Attempt]:
    """Two payments that share an account number, both settled by query alone."""
    first = await world.opens(key="order-no-1", account_reference=SHOP)
    world.clock.at = world.clock.at.replace(second=1)
    second = await world.opens(
        key="order-no-2", account_reference=SHOP, phone=phone or first.phone
    )
    world.provider.otherwise = SaysPaid()
    await world.passes(minutes=4)
    assert (await world.stands(first))[0] is AttemptState.SUCCEEDED
    assert (await world.stands(second))[0] is AttemptState.SUCCEEDED
    return first, second


async def is_told(world: World, *codes: str) -> None:
    """Confirmations of the prompts' own money, a while after it was paid."""
    for code in codes:
        await world.is_paid_by_hand(account="SHOP", receipt=code, at=world.clock.now())


async def pulls(world: World, code: str, payer: Msisdn | None = None) -> Taken:
    """Pull names a receipt."""
    at = (await world.receipt(code)).paid_at
    money = MoneyHeard(
        receipt=Receipt(code),
        shortcode=world.collector.shortcode,
        amount=HUNDRED,
        paid_at=at,
        witness=Witness.PULL_ROW,
        account="SHOP",
        payer=payer,
    )
    now = world.clock.now()
    (taken,) = await world.deps.db.write(
        lambda tx: take_receipts(tx, world.deps, world.collector, [money], now)
    )
    return taken


async def receipt_of(world: World, attempt: Attempt) -> str | None:
    """The receipt that an attempt has learned."""
    found = (await world.attempt(attempt.id)).receipt
    return None if found is None else found.code


async def state(world: World, code: str) -> ReceiptState:
    return (await world.receipt(code)).state


async def gives(world: World, code: str, attempt: Attempt) -> None:
    """A person says whose prompt's money it is."""
    part = WantedPart(amount=HUNDRED, payment_id=attempt.payment_id)
    record = await world.receipt(code)
    await match_by_hand(world.deps, MERCHANT, record.id, [part], "Achieng")


async def test_a_mask_that_fits_two_phones_is_told_apart_by_pulls_whole_number(
    world: World,
) -> None:
    first, second = await two_prompts(world, SAME_MASK)
    await is_told(world, FIRST, SECOND)
    await world.passes(minutes=3)
    assert await state(world, FIRST) is ReceiptState.PARKED

    taken = await pulls(world, FIRST, SAME_MASK)

    assert taken is Taken.CONFIRMED
    assert await receipt_of(world, second) == FIRST
    assert await pulls(world, SECOND) is Taken.CONFIRMED
    assert await receipt_of(world, first) == SECOND
    assert sums(world) == {1010: 20_000, 1100: -20_000}
    assert await unsound(world) == []


async def test_what_is_left_when_a_person_has_named_one_is_named_by_pull(
    world: World,
) -> None:
    first, second = await two_prompts(world)
    await is_told(world, FIRST, SECOND)
    await world.passes(minutes=3)
    await gives(world, SECOND, first)

    assert await pulls(world, FIRST) is Taken.CONFIRMED

    assert await receipt_of(world, second) == FIRST
    assert sums(world) == {1010: 20_000, 1100: -20_000}
    assert await unsound(world) == []


async def test_money_that_no_prompt_can_have_brought_any_more_enters_the_books(
    world: World,
) -> None:
    first, second = await two_prompts(world)
    await is_told(world, FIRST, SECOND, THIRD)
    await world.passes(minutes=3)
    await gives(world, FIRST, first)
    await gives(world, SECOND, second)
    assert sums(world) == {1010: 20_000, 1100: -20_000}

    await pulls(world, THIRD)
    again = await pulls(world, THIRD)

    assert (await state(world, THIRD), again) == (ReceiptState.UNMATCHED, Taken.REPEATED)
    assert sums(world) == {1010: 30_000, 1100: -20_000, 2100: -10_000}
    assert await unsound(world) == []


async def test_alike_in_everything_they_wait_for_a_person_whoever_names_them(
    world: World,
) -> None:
    first, second = await two_prompts(world)
    await is_told(world, FIRST, SECOND)
    await world.passes(minutes=3)

    await pulls(world, FIRST, first.phone)
    await imports(world, Paper().paid(FIRST, typed="SHOP").paid(SECOND, typed="SHOP"))

    assert await state(world, FIRST) is ReceiptState.PARKED
    assert await state(world, SECOND) is ReceiptState.PARKED
    assert [await receipt_of(world, one) for one in (first, second)] == [None, None]
    assert sums(world) == {1010: 20_000, 1100: -20_000}  # and M-PESA has as much


async def test_two_prompts_of_one_payment_are_named_in_their_order(world: World) -> None:
    world.provider.otherwise = SaysNothing(reachable=True)
    first = await world.opens(account_reference=SHOP, expires_in=timedelta(hours=3))
    await world.passes(minutes=17)
    second = await world.prompts_again(first)
    world.provider.otherwise = SaysPaid()
    await world.passes(days=1)
    booked = {1010: 20_000, 1100: -10_000, 2120: -10_000}
    assert sums(world) == booked

    between = sent_at(first) + (sent_at(second) - sent_at(first)) / 2
    for code in (FIRST, SECOND):
        await world.is_paid_by_hand(account="SHOP", receipt=code, at=between)

    assert await receipt_of(world, first) == FIRST
    assert await receipt_of(world, second) == SECOND
    assert sums(world) == booked
    assert await unsound(world) == []


async def test_parked_money_that_went_stays_parked_however_often_it_is_named(
    world: World,
) -> None:
    first, _ = await two_prompts(world)
    await is_told(world, FIRST)
    await world.passes(minutes=3)
    await imports(world, Paper().paid(FIRST, typed="SHOP").reversed(BACK, FIRST))

    await pulls(world, FIRST, first.phone)

    assert await state(world, FIRST) is ReceiptState.PARKED
    assert sums(world) == {1010: 10_000, 1100: -20_000, 1900: 10_000}
    assert (await world.payment(first)).state is PaymentState.SUCCEEDED
