"""Callbacks that are true: what each makes of its payment, once, however often it comes."""

import asyncio
import json
from datetime import timedelta

import pytest

from harness.callbacks import RECEIPT, failed_body, paid_body
from harness.world import World
from pokea.daraja.values import Money, Receipt
from pokea.domain.attempt import AttemptState
from pokea.domain.capability import path_for
from pokea.domain.payment import PaymentState, ReceiptStatus
from pokea.flows.ports import SaysPaid
from pokea.store.tables import inbox, receipts

pytestmark = pytest.mark.anyio

PAID = (AttemptState.SUCCEEDED, PaymentState.SUCCEEDED)


async def test_a_paid_callback_and_safaricoms_word_pay_the_payment(world: World) -> None:
    attempt = await world.opens(1_500)
    world.provider.otherwise = SaysPaid()

    await world.hears_paid(attempt)
    assert await world.stands(attempt) == (AttemptState.CONFIRMING, PaymentState.PROCESSING)
    await world.works()

    payment = await world.payment(attempt)
    assert await world.stands(attempt) == PAID
    assert payment.receipt == Receipt(RECEIPT)
    assert payment.receipt_status is ReceiptStatus.VERIFIED
    assert payment.amount_received == Money.shillings(1_500)
    assert not payment.late
    assert world.booked() == [(1010, 1100, 150_000)]
    assert world.told() == ["payment.created", "payment.processing", "payment.succeeded"]
    assert world.parked() == [("applied", None, 1)]


async def test_the_event_tells_the_payment_as_it_became(world: World) -> None:
    attempt = await world.opens(metadata={"order_id": "10042"})
    world.provider.otherwise = SaysPaid()
    await world.hears_paid(attempt)
    await world.works()

    told = [json.loads(row.body) for row in world.rows_of_events()]

    assert [event["sequence"] for event in told] == [1, 2, 3]
    assert [event["id"] for event in told] == [row.id for row in world.rows_of_events()]
    paid = told[-1]["data"]["object"]
    assert (paid["status"], paid["receipt"]) == ("succeeded", RECEIPT)
    assert paid["amount_received"] == "100.00"
    assert paid["metadata"] == {"order_id": "10042"}
    assert paid["phone"] == "2547*****678"
    assert paid["corroboration"]["witnesses"] == ["stk_callback", "stk_query"]
    assert "254712345678" not in json.dumps(told)


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        (1, "insufficient_funds"),
        (17, "too_soon"),
        (1001, "subscriber_busy"),
        (1019, "customer_timeout"),
        (1025, "prompt_failed"),
        (1032, "customer_cancelled"),
        ("1032", "customer_cancelled"),
        (1037, "customer_unreachable"),
        (2001, "wrong_pin"),
        ("SFC_IC0003", "product_not_allowed"),
    ],
    ids=repr,
)
async def test_a_failure_in_a_known_code_opens_the_payment_for_another_try(
    world: World, code: int | str, meaning: str
) -> None:
    attempt = await world.opens()

    await world.hears_failed(attempt, code)

    assert await world.stands(attempt) == (AttemptState.FAILED, PaymentState.OPEN)
    assert (await world.payment(attempt)).status_reason == meaning
    assert world.booked() == []
    assert world.told()[-1] == "payment.attempt_failed"
    assert (await world.attempt(attempt.id)).due_at is None


async def test_a_hundred_copies_at_once_have_one_effect(world: World) -> None:
    attempt = await world.opens()
    world.provider.otherwise = SaysPaid()
    body = paid_body(attempt, world.clock.now())

    await asyncio.gather(*(world.hears(attempt, body) for _ in range(100)))
    await world.works()

    assert world.parked() == [("applied", None, 100)]
    assert world.booked() == [(1010, 1100, 10_000)]
    assert world.told().count("payment.succeeded") == 1


async def test_a_copy_that_comes_later_is_counted_and_does_nothing(world: World) -> None:
    attempt = await world.opens()
    world.provider.otherwise = SaysPaid()
    body = paid_body(attempt, world.clock.now())
    await world.hears(attempt, body)
    await world.works()
    before = await world.attempt(attempt.id), world.counts()

    world.clock.advance(timedelta(days=30))
    await world.hears(attempt, body)

    assert (await world.attempt(attempt.id), world.counts()) == before
    assert world.parked() == [("applied", None, 2)]


async def test_the_same_meaning_in_other_bytes_is_a_duplicate(world: World) -> None:
    attempt = await world.opens()
    world.provider.otherwise = SaysPaid()
    now = world.clock.now()
    await world.hears_paid(attempt)
    await world.works()

    await world.hears(attempt, b" " + paid_body(attempt, now))
    await world.hears_paid(attempt, items={"Amount": "100.00", "PhoneNumber": "254712345678"})
    await world.hears_paid(attempt, fields={"ResultCode": "0", "ResultDesc": "Paid"})

    assert [state for state, _, _ in world.parked()] == ["applied"] + ["duplicate"] * 3
    assert world.booked() == [(1010, 1100, 10_000)]


async def test_twenty_spellings_at_once_are_one_effect(world: World) -> None:
    attempt = await world.opens()
    world.provider.otherwise = SaysPaid()
    body = paid_body(attempt, world.clock.now())

    await asyncio.gather(*(world.hears(attempt, b" " * more + body) for more in range(20)))
    await world.works()

    states = [state for state, _, _ in world.parked()]
    assert sorted(states) == ["applied"] + ["duplicate"] * 19
    assert world.told().count("payment.succeeded") == 1


async def test_callbacks_of_many_payments_share_a_commit_and_none_is_mixed_up(
    world: World,
) -> None:
    world.provider.otherwise = SaysPaid()
    attempts = [await world.opens(key=f"order-number-{number}") for number in range(20)]
    bodies = [
        paid_body(attempt, world.clock.now(), receipt=f"UAF7X2K9{number:02d}")
        for number, attempt in enumerate(attempts)
    ]

    await asyncio.gather(*map(world.hears, attempts, bodies))
    await world.works()

    settled = [await world.payment(attempt) for attempt in attempts]
    assert [str(payment.receipt) for payment in settled] == [
        f"UAF7X2K9{number:02d}" for number in range(20)
    ]
    assert len(world.rows(receipts)) == 20


async def test_a_masked_payer_is_believed_by_the_digits_that_show(world: World) -> None:
    attempt = await world.opens()
    world.provider.otherwise = SaysPaid()

    await world.hears_paid(attempt, items={"PhoneNumber": "254712***678"})
    await world.works()

    assert await world.stands(attempt) == PAID


async def test_a_path_of_the_key_before_is_still_ours_and_a_strangers_is_not(
    world: World,
) -> None:
    attempt = await world.opens()
    old_key, strange = world.deps.path_keys[-1], bytes(32)

    def read(key: bytes, kind: str = "s", purpose: str = "s") -> object:
        path = path_for(attempt.id, purpose=purpose, key=key)
        return world.door.read(kind, path, b"{}", source_ip="", ip_listed=True)

    assert read(old_key) is not None
    assert read(strange) is None
    assert read(old_key, purpose="pay") is None
    assert read(old_key, kind="c") is None


async def test_a_callback_is_kept_sealed_with_where_it_came_from(world: World) -> None:
    attempt = await world.opens()

    await world.hears(attempt, failed_body(attempt), address="196.201.214.206")

    (row,) = world.rows(inbox)
    assert b"stkCallback" not in row.body_sealed
    assert (row.source_ip, row.ip_listed, row.kind) == ("196.201.214.206", True, "s")
    assert row.judged_at == world.clock.now()
