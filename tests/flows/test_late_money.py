"""Money that comes late or twice is booked and shown; it is never dropped and never guessed."""

from datetime import timedelta

import pytest

from harness.examples import ACCOUNT, CANCELLED, PHONE
from harness.world import World
from pokea.daraja.values import Money
from pokea.domain.attempt import AttemptState
from pokea.domain.ids import AccountId
from pokea.domain.payment import PaymentState
from pokea.flows.cancel_payment import cancel_payment
from pokea.flows.errors import Clashes, NotFound
from pokea.flows.ports import SaysFailed, SaysPaid
from pokea.flows.retry_payment import retry_payment

pytestmark = pytest.mark.anyio

RECEIVABLE, UNMATCHED, DUPLICATE = 1100, 2100, 2120


async def test_a_success_after_a_failure_pays_the_payment(world: World) -> None:
    attempt = await world.opens()
    await world.hears_failed(attempt, 1037)
    world.provider.otherwise = SaysPaid()

    await world.hears_paid(attempt)
    await world.works()

    assert await world.stands(attempt) == (AttemptState.SUCCEEDED, PaymentState.SUCCEEDED)
    assert world.booked() == [(1010, RECEIVABLE, 10_000)]
    assert not (await world.payment(attempt)).late


async def test_a_failure_by_query_does_not_stand_against_the_money(world: World) -> None:
    attempt = await world.opens()
    world.provider.otherwise = SaysFailed(failure=CANCELLED)
    await world.passes(minutes=3)
    assert (await world.stands(attempt))[0] is AttemptState.FAILED
    world.provider.otherwise = SaysPaid()

    await world.hears_paid(attempt)
    await world.works()

    assert (await world.stands(attempt))[1] is PaymentState.SUCCEEDED


async def test_a_success_after_expiry_pays_the_payment_late(world: World) -> None:
    attempt = await world.opens()
    await world.passes(minutes=20)
    assert await world.stands(attempt) == (AttemptState.EXPIRED, PaymentState.EXPIRED)
    world.provider.otherwise = SaysPaid()

    await world.hears_paid(attempt)
    await world.works()

    payment = await world.payment(attempt)
    assert await world.stands(attempt) == (AttemptState.SUCCEEDED, PaymentState.SUCCEEDED)
    assert payment.late
    assert world.told()[-2:] == ["payment.expired", "payment.succeeded"]


async def test_a_stale_prompt_paid_after_a_cancellation_is_for_a_person(
    world: World,
) -> None:
    attempt = await world.opens()
    await world.hears_failed(attempt)
    await cancel_payment(world.deps, ACCOUNT, attempt.payment_id)
    world.provider.otherwise = SaysPaid()

    await world.hears_paid(attempt)
    await world.works()

    payment = await world.payment(attempt)
    assert payment.state is PaymentState.REQUIRES_REVIEW
    assert payment.status_reason == "paid_after_cancel"
    assert world.booked() == [(1010, UNMATCHED, 10_000)]
    assert world.told()[-1] == "payment.late_funds"


async def test_two_prompts_paid_for_one_payment_keep_the_second_money_apart(
    world: World,
) -> None:
    first = await world.opens()
    await world.hears_failed(first, 1037)
    await retry_payment(world.deps, first.payment_id, PHONE, None)
    second = await world.attempt_of(first.payment_id)
    world.provider.otherwise = SaysPaid()

    await world.hears_paid(second)
    await world.works()
    await world.hears_paid(first, receipt="UAF7X2K9QQ")
    await world.works()

    payment = await world.payment(first)
    assert payment.state is PaymentState.SUCCEEDED
    assert payment.amount_received == Money.shillings(100)
    assert str(payment.receipt) == "UAF7X2K9QP"
    assert sorted(world.booked()) == [(1010, RECEIVABLE, 10_000), (1010, DUPLICATE, 10_000)]
    assert world.told()[-2:] == ["payment.succeeded", "payment.duplicate_funds"]
    assert world.told().count("payment.succeeded") == 1


async def test_an_old_prompt_paid_while_a_new_one_is_open_pays_the_payment(
    world: World,
) -> None:
    first = await world.opens()
    await world.hears_failed(first, 1037)
    await retry_payment(world.deps, first.payment_id, PHONE, None)
    second = await world.attempt_of(first.payment_id)
    world.provider.otherwise = SaysPaid()
    await world.hears_paid(first)
    await world.works()
    assert (await world.payment(first)).state is PaymentState.SUCCEEDED

    await world.hears_failed(second, 1032)

    assert (await world.payment(first)).state is PaymentState.SUCCEEDED
    assert (await world.attempt(second.id)).state is AttemptState.FAILED


async def test_a_payment_expires_when_nobody_is_being_asked(world: World) -> None:
    attempt = await world.opens()
    await world.hears_failed(attempt)

    await world.passes(minutes=15)

    assert (await world.payment(attempt)).state is PaymentState.EXPIRED
    assert world.told()[-1] == "payment.expired"
    with pytest.raises(Clashes) as refused:
        await retry_payment(world.deps, attempt.payment_id, PHONE, None)
    assert refused.value.code == "payment_expired"


async def test_a_payment_does_not_expire_while_money_may_be_on_its_way(world: World) -> None:
    attempt = await world.opens(expires_in=timedelta(seconds=60))
    await world.hears_paid(attempt)

    await world.passes(minutes=5)
    assert (await world.payment(attempt)).state is PaymentState.PROCESSING
    world.provider.otherwise = SaysPaid()
    await world.passes(minutes=5)

    assert (await world.payment(attempt)).state is PaymentState.SUCCEEDED


async def test_a_payment_whose_prompt_nobody_answers_expires_in_time(world: World) -> None:
    attempt = await world.opens(expires_in=timedelta(seconds=60))

    await world.passes(minutes=2)
    assert (await world.payment(attempt)).state is PaymentState.EXPIRED
    await world.passes(minutes=20)

    assert world.told().count("payment.expired") == 1
    assert (await world.stands(attempt))[0] is AttemptState.EXPIRED


async def test_a_payment_in_flight_cannot_be_canceled(world: World) -> None:
    attempt = await world.opens()

    with pytest.raises(Clashes) as refused:
        await cancel_payment(world.deps, ACCOUNT, attempt.payment_id)

    assert refused.value.code == "payment_in_flight"


async def test_canceling_twice_is_canceling_once(world: World) -> None:
    attempt = await world.opens()
    await world.hears_failed(attempt)

    await cancel_payment(world.deps, ACCOUNT, attempt.payment_id)
    await cancel_payment(world.deps, ACCOUNT, attempt.payment_id)

    assert world.told().count("payment.canceled") == 1


async def test_a_strangers_payment_cannot_be_canceled(world: World) -> None:
    attempt = await world.opens()

    with pytest.raises(NotFound):
        await cancel_payment(world.deps, AccountId("acct_other"), attempt.payment_id)
