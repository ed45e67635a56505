"""What Safaricom answers to a push, and what a crash in between leaves."""

import asyncio
from datetime import timedelta

import pytest

from harness.examples import CANCELLED, NOW, PHONE
from harness.fakes import Died
from harness.world import World
from pokea.domain.attempt import Attempt, AttemptState, Failure
from pokea.domain.payment import PaymentState
from pokea.flows.errors import Clashes
from pokea.flows.ports import Accepted, Deferred, Refused, SaysPaid, Unanswered, WorkKind
from pokea.flows.retry_payment import retry_payment
from pokea.flows.work import Sweep, do_work

pytestmark = pytest.mark.anyio

BUSY = Failure(code="subscriber_busy", provider_code="500.001.1001", provider_message="locked")


async def test_an_accepted_push_waits_for_the_customer(world: World) -> None:
    world.provider.pushes = [
        Accepted(checkout_request_id="ws_CO_7", merchant_request_id="29115-7")
    ]

    attempt = await world.opens()

    assert attempt.state is AttemptState.AWAITING_CUSTOMER
    assert (attempt.checkout_request_id, attempt.merchant_request_id) == ("ws_CO_7", "29115-7")
    assert attempt.due_at is not None
    assert timedelta(seconds=35) <= attempt.due_at - NOW <= timedelta(seconds=38.5)


async def test_a_refused_push_failed_and_the_customer_may_try_again(world: World) -> None:
    world.provider.pushes = [Refused(failure=BUSY)]

    attempt = await world.opens()

    assert await world.stands(attempt) == (AttemptState.FAILED, PaymentState.OPEN)
    assert world.told()[-1] == "payment.attempt_failed"
    assert (await world.payment(attempt)).status_reason == "subscriber_busy"
    await retry_payment(world.deps, attempt.payment_id, PHONE, None)
    assert len(world.provider.pushed) == 2


async def test_a_deferred_push_is_the_same_attempt_sent_again_later(world: World) -> None:
    world.provider.pushes = [Deferred(retry_after_s=5)]
    attempt = await world.opens()
    assert attempt.state is AttemptState.CREATED

    await world.passes(seconds=4)
    assert len(world.provider.pushed) == 1
    await world.passes(seconds=1)

    assert len(world.provider.pushed) == 2
    again = await world.attempt_of(attempt.payment_id)
    assert (again.id, again.state) == (attempt.id, AttemptState.AWAITING_CUSTOMER)
    assert world.counts()["attempts"] == 1


async def test_a_push_deferred_past_the_payments_time_is_never_sent(world: World) -> None:
    world.provider.pushes = [Deferred(retry_after_s=120)]
    attempt = await world.opens(expires_in=timedelta(seconds=60))

    await world.passes(minutes=5)

    assert len(world.provider.pushed) == 1
    assert await world.stands(attempt) == (AttemptState.FAILED, PaymentState.EXPIRED)


async def test_an_unanswered_push_is_in_doubt_and_never_sent_again(world: World) -> None:
    world.provider.pushes = [Unanswered()]
    attempt = await world.opens()
    assert await world.stands(attempt) == (AttemptState.UNKNOWN, PaymentState.PROCESSING)

    await world.passes(minutes=10)

    assert len(world.provider.pushed) == 1
    assert (await world.stands(attempt))[0] is AttemptState.UNKNOWN
    with pytest.raises(Clashes):
        await retry_payment(world.deps, attempt.payment_id, PHONE, None)


async def test_an_unanswered_push_without_a_word_expires(world: World) -> None:
    world.provider.pushes = [Unanswered()]
    attempt = await world.opens()

    await world.passes(minutes=30)

    assert await world.stands(attempt) == (AttemptState.EXPIRED, PaymentState.EXPIRED)
    assert world.provider.asked == []  # there is no id to ask by


async def test_an_unanswered_push_is_paid_by_its_callback(world: World) -> None:
    world.provider.pushes = [Unanswered()]
    attempt = await world.opens()
    world.provider.otherwise = SaysPaid()

    await world.hears_paid(attempt, fields={"CheckoutRequestID": "ws_CO_learned"})
    await world.works()

    assert await world.stands(attempt) == (AttemptState.SUCCEEDED, PaymentState.SUCCEEDED)
    assert (await world.attempt(attempt.id)).checkout_request_id == "ws_CO_learned"


async def test_a_process_that_died_while_sending_leaves_doubt_not_a_second_prompt(
    world: World,
) -> None:
    world.provider.pushes = [Died()]
    with pytest.raises(Died):
        await world.asks()
    (row,) = world.rows_of_attempts()
    assert row.state == "dispatching"

    await world.passes(seconds=59)
    assert world.rows_of_attempts()[0].state == "dispatching"
    await world.passes(seconds=1)

    assert world.rows_of_attempts()[0].state == "unknown"
    await world.passes(minutes=10)
    assert len(world.provider.pushed) == 1


async def test_an_answer_that_comes_after_the_lease_still_counts(world: World) -> None:
    def hang(_: object) -> None:
        world.clock.advance(timedelta(seconds=61))

    world.provider.during_push = hang

    attempt = await world.opens()

    assert attempt.state is AttemptState.AWAITING_CUSTOMER


async def test_the_sweep_hands_over_again_what_a_dead_worker_left(world: World) -> None:
    world.provider.pushes = [Died()]
    with pytest.raises(Died):
        await world.asks()
    (row,) = world.rows_of_attempts()

    sweep = Sweep(world.deps)
    assert await sweep(WorkKind.ATTEMPT) == 0
    world.clock.advance(timedelta(seconds=71))
    assert await sweep(WorkKind.ATTEMPT) == 1

    await do_work(world.deps, WorkKind.ATTEMPT, row.id)
    assert world.rows_of_attempts()[0].state == "unknown"


async def test_a_callback_may_be_quicker_than_the_answer(world: World) -> None:
    ids = {"CheckoutRequestID": "ws_CO_7", "MerchantRequestID": "29115-7"}

    async def quick(sent: Attempt) -> None:
        await world.hears_paid(sent, fields=ids)

    world.provider.before_answer = quick
    world.provider.pushes = [
        Accepted(checkout_request_id="ws_CO_7", merchant_request_id="29115-7")
    ]
    world.provider.otherwise = SaysPaid()

    attempt = await world.opens()
    await world.works()

    assert await world.stands(attempt) == (AttemptState.SUCCEEDED, PaymentState.SUCCEEDED)
    assert (await world.attempt(attempt.id)).accepted_at == NOW


async def test_an_answer_with_other_ids_than_the_callback_is_for_a_person(
    world: World,
) -> None:
    async def quick(sent: Attempt) -> None:
        await world.hears_paid(sent, fields={"CheckoutRequestID": "ws_CO_of_another"})

    world.provider.before_answer = quick

    attempt = await world.opens()

    assert await world.stands(attempt) == (
        AttemptState.CONTESTED,
        PaymentState.REQUIRES_REVIEW,
    )
    assert world.booked() == []


async def test_a_customer_who_cancelled_is_prompted_again_on_the_same_payment(
    world: World,
) -> None:
    first = await world.opens()
    await world.hears_failed(first, 1032)
    assert (await world.attempt(first.id)).failure == CANCELLED

    await retry_payment(world.deps, first.payment_id, PHONE, None)
    second = await world.attempt_of(first.payment_id)
    world.provider.otherwise = SaysPaid()
    await world.hears_paid(second)
    await world.works()

    assert second.id != first.id
    assert (await world.payment(first)).state is PaymentState.SUCCEEDED
    assert world.told() == [
        "payment.created",
        "payment.processing",
        "payment.attempt_failed",
        "payment.processing",
        "payment.succeeded",
    ]


async def test_many_retries_at_once_prompt_once(world: World) -> None:
    first = await world.opens()
    await world.hears_failed(first)

    tries = [retry_payment(world.deps, first.payment_id, PHONE, None) for _ in range(20)]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)

    refusals = [one.code for one in outcomes if isinstance(one, Clashes)]
    assert refusals == ["payment_in_flight"] * 19
    assert len(world.provider.pushed) == 2
