"""A prompt's money is told twice, by its callback and as if paid by hand: it counts once."""

import pytest

from harness.callbacks import RECEIPT, paid_body
from harness.world import MERCHANT, World, a_world
from pokea.daraja.values import AccountReference, Money
from pokea.domain.attempt import AttemptState, Failure
from pokea.domain.corroboration import Policy, Rules, Witness
from pokea.domain.payment import PaymentState, ReceiptStatus
from pokea.domain.receipt import ReceiptState
from pokea.flows.match_by_hand import WantedPart, match_by_hand
from pokea.flows.ports import SaysFailed, SaysNothing, SaysPaid

pytestmark = pytest.mark.anyio

SUCCEEDED = (AttemptState.SUCCEEDED, PaymentState.SUCCEEDED)
COLLECTED = [(1010, 1100, 10_000)]
CANCELLED = SaysFailed(
    failure=Failure(
        code="customer_cancelled", provider_code="1032", provider_message="cancelled"
    )
)
PENDING = SaysNothing(reachable=True)


async def test_the_callback_and_its_twin_are_each_others_witness(world: World) -> None:
    attempt = await world.opens()
    world.provider.otherwise = PENDING
    await world.hears_paid(attempt)

    await world.is_paid_by_hand(receipt=RECEIPT)

    assert await world.stands(attempt) == SUCCEEDED
    told = (await world.attempt(attempt.id)).witnesses
    assert told == (Witness.STK_CALLBACK, Witness.C2B_CONFIRMATION)
    assert world.booked() == COLLECTED
    assert not [kind for kind in world.told() if kind.startswith("c2b.")]


async def test_the_twin_may_come_first(world: World) -> None:
    attempt = await world.opens()
    world.provider.otherwise = PENDING

    await world.is_paid_by_hand(receipt=RECEIPT)
    confirming = await world.stands(attempt)
    await world.hears_paid(attempt)

    assert confirming == (AttemptState.CONFIRMING, PaymentState.PROCESSING)
    assert await world.stands(attempt) == SUCCEEDED
    assert world.booked() == COLLECTED


async def test_a_twin_whose_callback_is_lost_is_confirmed_by_asking(world: World) -> None:
    attempt = await world.opens()
    world.provider.otherwise = SaysPaid()

    await world.is_paid_by_hand(receipt=RECEIPT)
    await world.works()

    assert await world.stands(attempt) == SUCCEEDED
    assert str((await world.payment(attempt)).receipt) == RECEIPT
    assert world.booked() == COLLECTED


async def test_from_fifty_thousand_shillings_the_twin_is_the_witness_that_is_needed(
    world: World,
) -> None:
    attempt = await world.opens(50_000)
    world.provider.otherwise = SaysPaid()
    await world.hears_paid(attempt)
    await world.works()
    assert (await world.stands(attempt))[0] is AttemptState.CONFIRMING

    await world.is_paid_by_hand(50_000, receipt=RECEIPT)

    assert await world.stands(attempt) == SUCCEEDED


async def test_who_cancels_the_prompt_and_pays_by_hand_has_paid(world: World) -> None:
    attempt = await world.opens()
    world.provider.otherwise = PENDING
    await world.is_paid_by_hand()
    assert (await world.stands(attempt))[0] is AttemptState.CONFIRMING

    await world.hears_failed(attempt)

    assert await world.stands(attempt) == (AttemptState.FAILED, PaymentState.SUCCEEDED)
    assert (await world.receipt()).state is ReceiptState.MATCHED
    assert world.booked() == [(1010, 2100, 10_000), (2100, 1100, 10_000)]


async def test_who_is_said_to_have_cancelled_has_paid_by_hand(world: World) -> None:
    attempt = await world.opens()
    world.provider.otherwise = CANCELLED

    await world.is_paid_by_hand()
    await world.works()

    assert await world.stands(attempt) == (AttemptState.FAILED, PaymentState.SUCCEEDED)


async def test_money_by_hand_waits_two_minutes_for_the_prompts_word(world: World) -> None:
    attempt = await world.opens()
    world.provider.otherwise = PENDING

    await world.is_paid_by_hand()
    await world.passes(minutes=3)

    assert (await world.payment(attempt)).state is PaymentState.SUCCEEDED
    assert (await world.attempt(attempt.id)).claim is None
    await world.passes(hours=1)
    assert (await world.stands(attempt))[0] is AttemptState.EXPIRED
    assert world.told().count("payment.succeeded") == 1


async def test_who_pays_the_prompt_and_by_hand_has_paid_twice(world: World) -> None:
    attempt = await world.opens()
    world.provider.otherwise = SaysPaid()
    await world.is_paid_by_hand()

    await world.hears_paid(attempt)
    await world.works()

    assert (await world.payment(attempt)).state is PaymentState.SUCCEEDED
    assert world.told().count("payment.succeeded") == 1
    assert world.told().count("payment.duplicate_funds") == 1
    assert sum(cents for debit, _, cents in world.booked() if debit == 1010) == 20_000


async def test_a_prompt_paid_without_a_callback_finds_the_money_that_came_by_hand(
    world: World,
) -> None:
    attempt = await world.opens()
    world.provider.otherwise = PENDING
    await world.is_paid_by_hand()
    await world.passes(minutes=3)
    assert (await world.payment(attempt)).state is PaymentState.SUCCEEDED

    world.provider.otherwise = SaysPaid()
    await world.passes(hours=2)

    assert (await world.stands(attempt))[0] is AttemptState.SUCCEEDED
    assert str((await world.attempt(attempt.id)).receipt) == "UAH1Z2HAND"
    assert sum(cents for debit, _, cents in world.booked() if debit == 1010) == 10_000
    assert world.told().count("payment.succeeded") == 1


async def test_a_receipt_that_comes_by_hand_is_learned_by_a_settled_prompt(
    world: World,
) -> None:
    attempt = await world.opens()
    paid_at = world.clock.now()
    world.provider.otherwise = SaysPaid()
    await world.passes(minutes=4)
    assert (await world.payment(attempt)).receipt_status is ReceiptStatus.PENDING

    await world.is_paid_by_hand(receipt=RECEIPT, at=paid_at)

    payment = await world.payment(attempt)
    assert (str(payment.receipt), payment.receipt_status) == (RECEIPT, ReceiptStatus.VERIFIED)
    assert world.booked() == COLLECTED


async def test_money_that_two_prompts_may_have_brought_is_booked_by_neither(
    world: World,
) -> None:
    shared = AccountReference("SHOP")
    first = await world.opens(key="order-no-1", account_reference=shared)
    second = await world.opens(key="order-no-2", account_reference=shared)
    world.provider.otherwise = PENDING

    await world.is_paid_by_hand(account="shop", receipt=RECEIPT)

    assert (await world.receipt(RECEIPT)).state is ReceiptState.PARKED
    assert world.booked() == []
    await world.hears_paid(second)
    assert (await world.stands(second)) == SUCCEEDED
    assert (await world.stands(first))[0] is AttemptState.AWAITING_CUSTOMER
    assert world.booked() == COLLECTED


async def test_a_prompt_that_may_have_brought_either_money_is_asked_about_by_schedule(
    world: World,
) -> None:
    shared = AccountReference("SHOP")
    attempt = await world.opens(key="order-no-1", account_reference=shared)
    await world.opens(key="order-no-2", account_reference=shared)
    world.provider.otherwise = PENDING
    for receipt in ("UAH1Z2HAND", "UAH1Z3HAND"):
        await world.is_paid_by_hand(account="shop", receipt=receipt)
    world.provider.otherwise = SaysPaid()

    await world.passes(minutes=20)

    stands = (AttemptState.CONTESTED, PaymentState.REQUIRES_REVIEW)
    assert await world.stands(attempt) == stands
    assert (await world.payment(attempt)).status_reason == "contested_receipt"
    assert world.provider.asked.count(attempt.id) < 20


async def test_money_that_a_person_gave_away_is_not_counted_again_by_a_prompt_like_it(
    world: World,
) -> None:
    shared = AccountReference("SHOP")
    first = await world.opens(key="order-no-1", account_reference=shared)
    second = await world.opens(key="order-no-2", account_reference=shared)
    await world.hears_failed(first)
    world.provider.otherwise = PENDING
    await world.is_paid_by_hand(account="shop", receipt=RECEIPT)
    await world.passes(minutes=3)
    record = await world.receipt(RECEIPT)
    part = WantedPart(amount=record.amount, payment_id=first.payment_id)
    await match_by_hand(world.deps, MERCHANT, record.id, [part], "Achieng")
    booked = world.booked()

    world.provider.otherwise = SaysPaid()
    await world.passes(minutes=10)

    assert (await world.payment(first)).state is PaymentState.SUCCEEDED
    assert (await world.payment(second)).status_reason == "contested_receipt"
    assert world.booked() == booked


async def test_money_that_paid_another_order_is_not_counted_again_by_a_late_prompt_like_it(
    world: World,
) -> None:
    shared = AccountReference("SHOP")
    world.provider.otherwise = PENDING
    late = await world.opens(key="order-no-1", account_reference=shared)
    await world.passes(minutes=16)
    order = await world.opens(key="order-no-2", account_reference=shared)
    await world.hears_failed(order)
    await world.is_paid_by_hand(account="shop", receipt=RECEIPT, at=late.created_at)
    assert (await world.payment(order)).state is PaymentState.SUCCEEDED
    booked = world.booked()

    world.provider.otherwise = SaysPaid()
    await world.passes(minutes=600)

    assert (await world.payment(late)).status_reason == "contested_receipt"
    assert world.booked() == booked


async def test_parked_money_that_no_prompt_claims_enters_the_books(world: World) -> None:
    shared = AccountReference("SHOP")
    await world.opens(key="order-no-1", account_reference=shared)
    await world.opens(key="order-no-2", account_reference=shared)
    world.provider.otherwise = PENDING

    await world.is_paid_by_hand(account="shop")
    await world.passes(minutes=3)

    record = await world.receipt()
    assert (record.state, record.reason) == (ReceiptState.UNMATCHED, "several_payments")
    assert world.booked() == [(1010, 2100, 10_000)]


async def test_another_amount_is_proven_by_the_twin_and_booked_apart(world: World) -> None:
    attempt = await world.opens()
    world.provider.otherwise = PENDING
    await world.hears_paid(attempt, items={"Amount": 90.0})

    await world.is_paid_by_hand(90, receipt=RECEIPT)

    now = await world.attempt(attempt.id)
    assert (now.state, now.told, now.proven) == (
        AttemptState.CONTESTED,
        "90.00",
        Money.shillings(90),
    )
    assert (await world.payment(attempt)).state is PaymentState.REQUIRES_REVIEW
    assert world.booked() == [(1010, 2130, 9_000)]


async def test_under_fast_money_by_hand_pays_at_once_and_its_callback_adds_nothing(
    database_url: str, anyio_backend: str
) -> None:
    del anyio_backend
    async with a_world(database_url, rules=Rules(policy=Policy.FAST)) as world:
        attempt = await world.opens()
        await world.is_paid_by_hand(receipt=RECEIPT)
        assert (await world.payment(attempt)).state is PaymentState.SUCCEEDED

        await world.hears_paid(attempt)

        assert await world.stands(attempt) == SUCCEEDED
        assert world.told().count("payment.succeeded") == 1
        assert world.told().count("payment.duplicate_funds") == 0
        assert sum(cents for debit, _, cents in world.booked() if debit == 1010) == 10_000


async def test_a_strangers_callback_that_proves_true_is_applied_afterwards(
    world: World,
) -> None:
    attempt = await world.opens()
    world.provider.otherwise = PENDING
    await world.hears(attempt, paid_body(attempt, world.clock.now()), listed=False)
    assert world.parked() == [("quarantined", "address_not_listed", 1)]
    assert world.told()[-1] == "security.callback_quarantined"

    await world.is_paid_by_hand(receipt=RECEIPT)
    world.provider.otherwise = SaysPaid()
    await world.passes(minutes=1)

    assert await world.stands(attempt) == SUCCEEDED
    assert world.parked()[0] == ("applied", "proven_later", 1)


async def test_a_parked_receipt_that_a_person_gives_to_its_paid_prompt_counts_no_second_time(
    world: World,
) -> None:
    shared = AccountReference("SHOP")
    first = await world.opens(key="order-no-1", account_reference=shared)
    await world.opens(key="order-no-2", account_reference=shared)
    paid_at = world.clock.now()
    world.provider.otherwise = SaysPaid()
    await world.passes(minutes=4)
    await world.is_paid_by_hand(account="shop", receipt=RECEIPT, at=paid_at)
    await world.passes(minutes=5)
    parked = await world.receipt(RECEIPT)
    assert (parked.state, len(world.booked())) == (ReceiptState.PARKED, 2)

    whole = WantedPart(amount=parked.amount, payment_id=first.payment_id)
    await match_by_hand(world.deps, MERCHANT, parked.id, [whole], "person")

    payment = await world.payment(first)
    assert (str(payment.receipt), payment.receipt_status) == (RECEIPT, ReceiptStatus.VERIFIED)
    assert (await world.receipt(RECEIPT)).state is ReceiptState.CLAIMED
    assert len(world.booked()) == 2
