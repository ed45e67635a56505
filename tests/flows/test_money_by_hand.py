"""Money paid by hand: believed once, in the books at once, and its owner's by rule."""

import hashlib
import re
from datetime import timedelta

import pytest

from harness.examples import PHONE
from harness.world import MERCHANT, World, a_world
from pokea.daraja.values import AccountReference, Money
from pokea.domain.attempt import Attempt
from pokea.domain.corroboration import Rules
from pokea.domain.payment import PaymentState
from pokea.domain.receipt import ReceiptState
from pokea.flows.cancel_payment import cancel_payment

UTILITY, RECEIVABLE, UNMATCHED, OVERPAID, DUPLICATE = 1010, 1100, 2100, 2110, 2120


pytestmark = pytest.mark.anyio


async def unprompted(world: World, shillings: int = 100, **wanted: object) -> Attempt:
    """A payment whose one prompt was cancelled; the customer pays by hand then."""
    attempt = await world.opens(shillings, **wanted)
    await world.hears_failed(attempt)
    return attempt


async def test_money_by_hand_pays_the_payment_whose_account_number_was_typed(
    world: World,
) -> None:
    attempt = await unprompted(world)

    await world.is_paid_by_hand(100)

    paid = await world.payment(attempt)
    assert (paid.state, str(paid.receipt)) == (PaymentState.SUCCEEDED, "UAH1Z2HAND")
    assert world.booked() == [(UTILITY, UNMATCHED, 10_000), (UNMATCHED, RECEIVABLE, 10_000)]
    assert world.told()[-3:] == ["c2b.received", "payment.succeeded", "c2b.matched"]
    assert (await world.receipt()).state is ReceiptState.MATCHED


@pytest.mark.parametrize("typed", ["inv1", "INV 1", "Inv-1", " i.n.v/1 ", "inv_1"])
async def test_an_account_number_is_known_in_any_spelling(world: World, typed: str) -> None:
    attempt = await unprompted(world)

    await world.is_paid_by_hand(100, account=typed)

    assert (await world.payment(attempt)).state is PaymentState.SUCCEEDED


async def test_the_merchants_own_reference_is_an_account_number_too(world: World) -> None:
    attempt = await unprompted(world, reference="order-10042")

    await world.is_paid_by_hand(100, account="ORDER 10042")

    assert (await world.payment(attempt)).state is PaymentState.SUCCEEDED


async def test_the_same_receipt_counts_once_however_often_and_however_it_is_told(
    world: World,
) -> None:
    await unprompted(world)

    for _ in range(3):
        await world.is_paid_by_hand(100)
    await world.is_paid_by_hand(100, InvoiceNumber="7")

    assert [state for state, _, _ in world.parked()[1:]] == ["applied", "duplicate"]
    assert world.parked()[1] == ("applied", None, 3)
    assert len(world.booked()) == 2
    assert world.told().count("payment.succeeded") == 1


async def test_a_receipt_told_with_another_amount_changes_nothing_and_alarms(
    world: World,
) -> None:
    attempt = await unprompted(world)
    await world.is_paid_by_hand(100)

    await world.is_paid_by_hand(1000)

    assert world.parked()[-1][:2] == ("conflict", "receipt")
    assert world.told()[-1] == "c2b.conflict"
    assert (await world.payment(attempt)).amount_received == Money.shillings(100)
    assert len(world.booked()) == 2


async def test_another_shortcodes_money_is_a_conflict(world: World) -> None:
    await unprompted(world)

    await world.is_paid_by_hand(100, BusinessShortCode="600000")

    assert world.parked()[-1][:2] == ("conflict", "shortcode")
    assert world.booked() == []


async def test_a_stranger_credits_nothing(world: World) -> None:
    attempt = await unprompted(world)

    await world.is_paid_by_hand(100, listed=False)

    assert world.parked()[-1][:2] == ("quarantined", "address_not_listed")
    assert (await world.payment(attempt)).state is PaymentState.OPEN
    assert world.booked() == []


async def test_money_that_nobody_owns_waits_in_suspense(world: World) -> None:
    await world.is_paid_by_hand(100, account="NOBODY")

    record = await world.receipt()
    assert (record.state, record.reason) == (ReceiptState.UNMATCHED, "unknown_account")
    assert world.booked() == [(UTILITY, UNMATCHED, 10_000)]
    assert world.told() == ["c2b.received", "c2b.unmatched"]


async def test_an_account_number_that_two_payments_share_is_nobodys_guess(
    world: World,
) -> None:
    await unprompted(world, key="order-no-1")
    await unprompted(world, key="order-no-2")

    await world.is_paid_by_hand(100)

    assert (await world.receipt()).reason == "several_payments"


async def test_of_two_payments_that_share_a_number_the_exact_amount_decides(
    world: World,
) -> None:
    await unprompted(world, 100, key="order-no-1")
    second = await unprompted(world, 250, key="order-no-2")

    await world.is_paid_by_hand(250)

    assert (await world.payment(second)).state is PaymentState.SUCCEEDED


async def test_too_little_stays_in_suspense_unless_the_merchant_takes_parts(
    world: World,
) -> None:
    attempt = await unprompted(world, 1500)

    await world.is_paid_by_hand(1000)

    assert (await world.receipt()).reason == "amount_differs"
    assert (await world.payment(attempt)).state is PaymentState.OPEN


async def test_parts_add_up_and_the_last_one_pays(world: World) -> None:
    attempt = await unprompted(world, 1500, allow_partial=True)

    await world.is_paid_by_hand(1000, receipt="UAH1Z2HAN1")
    part = await world.payment(attempt)
    await world.is_paid_by_hand(500, receipt="UAH1Z2HAN2")

    paid = await world.payment(attempt)
    assert (part.state, str(part.amount_received)) == (PaymentState.PARTIALLY_PAID, "1000.00")
    assert (paid.state, str(paid.amount_received)) == (PaymentState.SUCCEEDED, "1500.00")
    assert world.told().count("payment.partially_paid") == 1
    assert world.told().count("payment.succeeded") == 1


async def test_the_rest_of_a_part_payment_is_what_a_prompt_asks_for(world: World) -> None:
    attempt = await unprompted(world, 1500, allow_partial=True)
    await world.is_paid_by_hand(1000)

    again = await world.prompts_again(attempt)

    assert again.amount == Money.shillings(500)


async def test_what_is_paid_too_much_is_kept_apart(world: World) -> None:
    attempt = await unprompted(world, 1500)

    await world.is_paid_by_hand(2000)

    assert (await world.payment(attempt)).amount_received == Money.shillings(1500)
    assert world.booked()[1:] == [
        (UNMATCHED, RECEIVABLE, 150_000),
        (UNMATCHED, OVERPAID, 50_000),
    ]


async def test_two_receipts_for_one_payment_in_one_group_pay_it_once(world: World) -> None:
    attempt = await unprompted(world)
    await world.is_paid_by_hand(100, receipt="UAH1Z2HAN1")

    await world.is_paid_by_hand(100, receipt="UAH1Z2HAN2")

    assert world.told().count("payment.succeeded") == 1
    assert world.told().count("payment.duplicate_funds") == 1
    assert world.booked()[-1] == (UNMATCHED, DUPLICATE, 10_000)
    assert (await world.payment(attempt)).amount_received == Money.shillings(100)


async def test_money_for_an_expired_payment_pays_it_late(world: World) -> None:
    attempt = await unprompted(world, expires_in=timedelta(minutes=1))
    await world.passes(minutes=20)

    await world.is_paid_by_hand(100)

    paid = await world.payment(attempt)
    assert (paid.state, paid.late) == (PaymentState.SUCCEEDED, True)


async def test_money_for_a_canceled_payment_is_for_a_person(world: World) -> None:
    attempt = await unprompted(world)
    await cancel_payment(world.deps, MERCHANT.account_id, attempt.payment_id)

    await world.is_paid_by_hand(100)

    held = await world.payment(attempt)
    assert (held.state, held.status_reason) == (
        PaymentState.REQUIRES_REVIEW,
        "paid_after_cancel",
    )
    assert world.booked() == [(UTILITY, UNMATCHED, 10_000)]
    assert world.told()[-2:] == ["payment.late_funds", "c2b.matched"]


async def test_a_payer_whose_number_is_told_is_known_by_the_phone(world: World) -> None:
    attempt = await unprompted(world, account_reference=AccountReference("PAYMENT"))

    await world.is_paid_by_hand(100, account="thanks", payer=PHONE.digits)

    assert (await world.payment(attempt)).state is PaymentState.SUCCEEDED
    (part,) = (await world.receipt()).parts
    assert part.matched_by == "payer_phone"


async def test_a_payer_whose_number_is_hashed_is_known_too(world: World) -> None:
    attempt = await unprompted(world, account_reference=AccountReference("PAYMENT"))
    hashed = hashlib.sha256(PHONE.digits.encode()).hexdigest()

    await world.is_paid_by_hand(100, account="thanks", payer=hashed)

    assert (await world.payment(attempt)).state is PaymentState.SUCCEEDED


async def test_a_mask_is_too_little_to_know_anybody_by(world: World) -> None:
    attempt = await unprompted(world, account_reference=AccountReference("PAYMENT"))

    await world.is_paid_by_hand(100, account="thanks")

    assert (await world.payment(attempt)).state is PaymentState.OPEN
    assert (await world.receipt()).state is ReceiptState.UNMATCHED


async def test_much_money_counts_only_when_safaricom_named_it_too(database_url: str) -> None:
    rules = Rules(receipt_witness_above=Money.shillings(500))
    async with a_world(database_url, rules=rules) as world:
        attempt = await unprompted(world, 500)

        await world.is_paid_by_hand(500)

        record = await world.receipt()
        assert (record.state, record.reason) == (
            ReceiptState.RECEIVED,
            "awaiting_verification",
        )
        assert (await world.payment(attempt)).state is PaymentState.OPEN
        assert world.booked() == [(UTILITY, UNMATCHED, 50_000)]


async def test_a_merchant_may_have_all_money_verified_first(database_url: str) -> None:
    async with a_world(database_url, rules=Rules(c2b_only_verified=True)) as world:
        attempt = await unprompted(world)

        await world.is_paid_by_hand(100)

        assert (await world.payment(attempt)).state is PaymentState.OPEN


async def test_what_payers_write_around_an_account_number_is_ignored(
    database_url: str,
) -> None:
    pattern = re.compile(r"inv\S*\d+", re.IGNORECASE)
    async with a_world(database_url, account_pattern=pattern) as world:
        attempt = await unprompted(world)

        await world.is_paid_by_hand(100, account="Invoice INV-1 Jane")

        assert (await world.payment(attempt)).state is PaymentState.SUCCEEDED
