"""Nobody is asked to pay again while money may be on its way, nor for what is paid."""

from datetime import timedelta

import pytest

from harness.callbacks import paid_body
from harness.world import World
from pokea.daraja.values import Msisdn
from pokea.domain.attempt import AttemptState
from pokea.domain.payment import PaymentState
from pokea.flows.errors import Clashes
from pokea.flows.ports import Accepted, Deferred, SaysNothing, SaysPaid
from pokea.flows.retry_payment import retry_payment
from pokea.store.tables import provider_calls

pytestmark = pytest.mark.anyio

PHONE = Msisdn("254712345678")
PENDING = SaysNothing(reachable=True)


async def test_a_late_paid_word_forbids_another_prompt(world: World) -> None:
    attempt = await world.opens()
    world.provider.otherwise = PENDING
    await world.hears_failed(attempt)
    await world.hears_paid(attempt)

    with pytest.raises(Clashes) as refused:
        await retry_payment(world.deps, attempt.payment_id, PHONE, None)

    assert refused.value.code == "payment_in_flight"
    assert len(world.provider.pushed) == 1


async def test_a_deferred_prompt_is_not_sent_for_what_was_paid_meanwhile(world: World) -> None:
    first = await world.opens()
    await world.hears_failed(first)
    world.provider.pushes = [Deferred(retry_after_s=30)]
    await retry_payment(world.deps, first.payment_id, PHONE, None)
    world.provider.otherwise = SaysPaid()
    await world.hears_paid(first)
    await world.works()

    await world.passes(minutes=3)

    second = await world.attempt_of(first.payment_id)
    assert (await world.payment(first)).state is PaymentState.SUCCEEDED
    assert len(world.provider.pushed) == 2
    assert second.id == first.id


async def test_a_prompt_that_cannot_leave_for_two_minutes_is_given_up(world: World) -> None:
    world.provider.pushes = [Deferred(retry_after_s=5)] * 99
    attempt = await world.opens()

    await world.passes(minutes=5)

    now = await world.attempt(attempt.id)
    assert now.state is AttemptState.FAILED
    assert now.failure is not None
    assert now.failure.code == "provider_unavailable"
    assert (await world.payment(attempt)).state is PaymentState.OPEN
    assert len(world.provider.pushed) < 10


async def test_after_a_day_of_downtime_a_payment_can_still_end(world: World) -> None:
    attempt = await world.opens()
    with world.db.engine.begin() as connection:
        connection.exec_driver_sql(
            "update attempts set state = 'dispatching', checkout_sealed = null,"
            " checkout_index = null, accepted_at = null"
        )
    world.clock.advance(timedelta(hours=27))

    await world.passes(minutes=2)

    assert (await world.attempt(attempt.id)).state is AttemptState.EXPIRED
    assert (await world.payment(attempt)).state is not PaymentState.PROCESSING


async def test_one_receipt_pays_one_attempt_and_the_other_raises_an_alarm(world: World) -> None:
    first = await world.opens(key="order-number-1")
    second = await world.opens(key="order-number-2")
    world.provider.otherwise = PENDING
    await world.hears(first, paid_body(first, world.clock.now()))
    await world.hears(second, paid_body(second, world.clock.now()))

    world.provider.otherwise = SaysPaid()
    await world.passes(minutes=1)

    assert (await world.stands(first))[0] is AttemptState.SUCCEEDED
    assert (await world.stands(second))[0] is AttemptState.AWAITING_CUSTOMER
    assert world.parked()[1] == ("conflict", "receipt_taken", 1)
    assert world.told().count("security.callback_conflict") == 1
    assert len(world.booked()) == 1


async def test_a_strangers_copy_does_not_stand_in_for_the_genuine_callback(
    world: World,
) -> None:
    attempt = await world.opens()
    body = paid_body(attempt, world.clock.now())
    world.provider.otherwise = PENDING
    await world.hears(attempt, body, listed=False)

    world.provider.otherwise = SaysPaid()
    await world.hears(attempt, body)
    await world.works()

    assert (await world.stands(attempt))[1] is PaymentState.SUCCEEDED


async def test_an_answer_that_names_anothers_prompt_is_kept_and_for_a_person(
    world: World,
) -> None:
    answer = Accepted(checkout_request_id="ws_CO_7", merchant_request_id="29115-7")
    world.provider.pushes = [answer, answer]
    first = await world.opens(key="order-number-1")

    second = await world.opens(key="order-number-2")

    assert (await world.stands(first))[0] is AttemptState.AWAITING_CUSTOMER
    assert (await world.stands(second))[1] is PaymentState.REQUIRES_REVIEW
    assert len(world.rows(provider_calls)) == 2


async def test_a_flood_of_untrusted_callbacks_asks_one_question_in_ten_seconds(
    world: World,
) -> None:
    attempt = await world.opens()
    world.provider.otherwise = PENDING

    for number in range(50):
        await world.hears(attempt, f"garbage {number}".encode(), listed=False)
        await world.works()

    assert len(world.provider.asked) == 1
