"""Receipts and alerts: each sent once, in doubt not again, and never in a storm."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta

import pytest

from harness.examples import ACCOUNT, PHONE, CountingIds, named
from harness.fakes import Died
from harness.world import World, a_world
from pokea.domain.attempt import Attempt
from pokea.domain.customer import Customer
from pokea.domain.event import Event, EventType
from pokea.domain.ids import CustomerId, InboxId
from pokea.domain.notice import (
    Channel,
    NoticePlan,
    NotTaken,
    Target,
    Unclear,
)
from pokea.flows.desk import payment_event
from pokea.flows.give_notice import give_alert_of_dead_callback
from pokea.flows.ports import SaysPaid, WorkKind
from pokea.flows.publish import publish
from pokea.flows.show_payment import show_payment
from pokea.flows.work import do_work
from pokea.store.tables import payments

# Events are written by themselves here, without the payments that they tell of.
pytestmark = [pytest.mark.anyio, pytest.mark.breaks_the_books]

OPERATOR = Target(channel=Channel.OPERATOR, address="0123456789abcdef")
PARTNER = Target(channel=Channel.OPERATOR, address="fedcba9876543210")
PAYER = Target(channel=Channel.PHONE, address=PHONE.digits)
REFUSED = NotTaken(why="refused with HTTP status 429")
SILENT = Unclear(why="no answer in 20 s")


@pytest.fixture
async def told(database_url: str, anyio_backend: str) -> AsyncGenerator[World]:
    """A world that sends receipts by SMS and e-mail, and alerts to one operator."""
    assert anyio_backend == "asyncio"
    plan = NoticePlan(
        operators=(OPERATOR,),
        customers=frozenset({Channel.PHONE, Channel.EMAIL}),
        merchant_name="Duka la Wanjiku",
        livemode=False,
    )
    async with a_world(database_url, plan=plan) as made:
        yield made


async def pays(world: World, attempt: Attempt) -> None:
    """Safaricom says twice, a minute apart, that the customer paid."""
    world.provider.otherwise = SaysPaid()
    await world.passes(minutes=4)
    assert "payment.succeeded" in world.told()
    assert (await world.payment(attempt)).latest_attempt_id == attempt.id


async def happens(world: World, kind: EventType, times: int = 1) -> list[Event]:
    """Something happens to so many payments."""
    written: list[Event] = []
    for _ in range(times):
        number = len(world.rows_of_events())
        attempt = await world.opens(key=f"order-{number}", phone=PHONE)
        payment = replace(await world.payment(attempt), sequence=10)
        event = payment_event(world.deps.ids, payment, attempt, kind, world.clock.now())
        await world.deps.db.write(lambda tx, event=event: publish(tx, world.deps.ids, [event]))
        written.append(event)
    return written


def states(world: World) -> list[str]:
    return [row.state for row in world.rows_of_notices()]


async def test_nobody_is_told_by_default(world: World) -> None:
    await happens(world, EventType.PAYMENT_SUCCEEDED)
    await happens(world, EventType.PAYMENT_REQUIRES_REVIEW)
    await world.passes(hours=1)

    assert world.rows_of_notices() == []
    assert world.notifier.sent == []


async def test_a_customer_who_paid_gets_one_receipt(told: World) -> None:
    attempt = await told.opens(1500)
    await pays(told, attempt)
    await told.passes(days=1)

    assert [target for target, _ in told.notifier.sent] == [PAYER]
    (text,) = told.notifier.read()
    assert text.startswith("TEST Duka la Wanjiku: we have received KES 1,500.00 for INV-1. ")
    assert states(told) == ["sent"]


async def test_a_receipt_goes_to_the_phone_and_the_mailbox_in_the_customers_language(
    told: World,
) -> None:
    metadata = {"email": "otieno@example.com", "language": "sw"}
    await pays(told, await told.opens(metadata=metadata))
    await told.works()

    mailed = Target(channel=Channel.EMAIL, address="otieno@example.com")
    assert {target for target, _ in told.notifier.sent} == {PAYER, mailed}
    assert all("tumepokea KES 100.00" in text for text in told.notifier.read())


async def test_a_known_customer_who_was_not_prompted_is_told_at_their_own_addresses(
    told: World,
) -> None:
    known = Customer(
        id=CustomerId(named("cus", 1)),
        account_id=ACCOUNT,
        livemode=False,
        created_at=told.clock.now(),
        phone=PHONE,
        email="amina@example.com",
    )
    told.db.write_here(lambda tx: tx.customers.add(known))
    await told.asks(phone=None, customer_id=known.id)
    (row,) = told.rows(payments)
    shown = await show_payment(told.deps, row.id)
    assert shown is not None
    event = payment_event(
        told.deps.ids,
        replace(shown.payment, sequence=10),
        None,
        EventType.PAYMENT_SUCCEEDED,
        told.clock.now(),
    )

    await told.deps.db.write(lambda tx: publish(tx, told.deps.ids, [event]))
    await told.works()

    mailed = Target(channel=Channel.EMAIL, address="amina@example.com")
    assert {target for target, _ in told.notifier.sent} == {PAYER, mailed}


@pytest.mark.parametrize(
    "address", ["", "otieno", "a@b", "a b@example.com", "x@example.com&to=y@example.com"]
)
async def test_what_is_no_mail_address_gets_no_mail(told: World, address: str) -> None:
    await pays(told, await told.opens(metadata={"email": address}))
    await told.works()

    assert [target for target, _ in told.notifier.sent] == [PAYER]


async def test_a_payment_that_was_not_paid_tells_no_customer(told: World) -> None:
    await told.hears_failed(await told.opens())
    await told.passes(days=2)

    assert told.notifier.sent == []


async def test_a_refused_receipt_is_tried_again_until_it_is_taken(told: World) -> None:
    told.notifier.answers = [REFUSED, REFUSED]
    await pays(told, await told.opens())
    await told.passes(hours=1)

    assert len(told.notifier.sent) == 3
    assert states(told) == ["sent"]


async def test_a_receipt_that_nobody_takes_is_given_up_after_six_tries(told: World) -> None:
    told.notifier.answers = [REFUSED] * 20
    await pays(told, await told.opens())
    await told.passes(days=3)

    assert len(told.notifier.sent) == 6
    assert states(told) == ["failed"]
    assert told.rows_of_notices()[0].last_error == "refused with HTTP status 429"


async def test_a_receipt_that_may_have_gone_out_is_not_sent_again(told: World) -> None:
    told.notifier.answers = [SILENT]
    await pays(told, await told.opens())
    await told.passes(days=3)

    assert len(told.notifier.sent) == 1
    assert states(told) == ["unsure"]


async def test_a_receipt_whose_sender_died_is_not_sent_again(told: World) -> None:
    told.notifier.answers = [Died()]
    with pytest.raises(Died):
        await pays(told, await told.opens())
    assert states(told) == ["sending"]

    await told.passes(days=3)

    assert len(told.notifier.sent) == 1
    assert states(told) == ["unsure"]


async def test_while_a_receipt_is_on_the_wire_nobody_else_sends_it(told: World) -> None:
    told.notifier.answers = [Died()]
    with pytest.raises(Died):
        await pays(told, await told.opens())
    notice = told.rows_of_notices()[0]

    await told.passes(seconds=59)
    await do_work(told.deps, WorkKind.NOTICE, notice.id)

    assert len(told.notifier.sent) == 1
    assert states(told) == ["sending"]


async def test_an_alert_whose_sender_died_is_sent_again(told: World) -> None:
    told.notifier.answers = [Died()]
    await happens(told, EventType.PAYMENT_DUPLICATE_FUNDS)
    with pytest.raises(Died):
        await told.works()

    await told.passes(minutes=3)

    assert len(told.notifier.sent) == 2
    assert states(told) == ["sent"]


async def test_an_alert_is_sent_at_once_and_names_what_it_is_about(told: World) -> None:
    (event,) = await happens(told, EventType.PAYMENT_LATE_FUNDS)
    await told.works()

    (text,) = told.notifier.read()
    assert text.startswith("TEST Pokea: Money came for a canceled payment. ")
    assert event.object_id in text
    assert PHONE.digits not in text


async def test_each_operator_is_told(database_url: str) -> None:
    async with a_world(database_url, plan=NoticePlan(operators=(OPERATOR, PARTNER))) as world:
        await happens(world, EventType.PAYMENT_REQUIRES_REVIEW)
        await world.works()

        assert {target for target, _ in world.notifier.sent} == {OPERATOR, PARTNER}


async def test_a_storm_of_alerts_is_two_messages_in_ten_minutes(told: World) -> None:
    await happens(told, EventType.PAYMENT_REQUIRES_REVIEW)
    await told.works()
    await happens(told, EventType.PAYMENT_REQUIRES_REVIEW, times=38)

    await told.passes(minutes=9)
    assert len(told.notifier.sent) == 1
    await told.passes(minutes=30)

    first, second = told.notifier.read()
    assert "more like it" not in first
    assert "And 37 more like it." in second
    assert sorted(states(told)) == ["folded"] * 37 + ["sent"] * 2


async def test_a_storm_within_one_moment_is_one_message(told: World) -> None:
    await happens(told, EventType.PAYMENT_REQUIRES_REVIEW, times=12)
    await told.passes(hours=1)

    (text,) = told.notifier.read()
    assert "And 11 more like it." in text


async def test_alerts_of_different_kinds_do_not_wait_for_each_other(told: World) -> None:
    await happens(told, EventType.PAYMENT_REQUIRES_REVIEW)
    await happens(told, EventType.PAYMENT_LATE_FUNDS)
    await told.works()

    assert len(told.notifier.sent) == 2


async def test_an_alert_after_ten_quiet_minutes_is_sent_at_once(told: World) -> None:
    await happens(told, EventType.PAYMENT_REQUIRES_REVIEW)
    await told.works()
    told.clock.advance(timedelta(minutes=10))
    await happens(told, EventType.PAYMENT_REQUIRES_REVIEW)
    await told.works()

    assert states(told) == ["sent", "sent"]


async def test_an_alert_that_is_tried_again_still_says_how_many_it_stands_for(
    told: World,
) -> None:
    told.notifier.answers = [REFUSED]
    await happens(told, EventType.PAYMENT_REQUIRES_REVIEW, times=3)
    await told.passes(minutes=5)

    assert ["And 2 more like it." in text for text in told.notifier.read()] == [True, True]


async def test_workers_that_begin_one_storm_together_send_one_message(told: World) -> None:
    await happens(told, EventType.PAYMENT_REQUIRES_REVIEW, times=8)
    rows = told.rows_of_notices()

    await asyncio.gather(*(do_work(told.deps, WorkKind.NOTICE, row.id) for row in rows))

    assert len(told.notifier.sent) == 1
    assert [row.state for row in told.rows_of_notices()].count("folded") == 7


async def test_a_callback_that_is_dead_alerts_the_operators_once(told: World) -> None:
    dead = InboxId("inb_00000000000000000000000001")
    ids, now = CountingIds(), told.clock.now()
    await told.deps.db.write(lambda tx: give_alert_of_dead_callback(tx, ids, dead, now))
    await told.works()

    assert told.notifier.read() == [f"TEST Pokea: A callback could not be applied. {dead}."]
