"""Callbacks that are not believed: kept, never success, and each makes us ask Safaricom."""

from datetime import timedelta
from typing import Any

import pytest

from harness.callbacks import LEFT_OUT, RECEIPT, callback_body, paid_body
from harness.examples import an_attempt
from harness.world import World
from pokea.domain.attempt import AttemptState
from pokea.domain.payment import PaymentState
from pokea.flows.ports import SaysPaid, Unanswered

pytestmark = pytest.mark.anyio

STILL_WAITING = (AttemptState.AWAITING_CUSTOMER, PaymentState.PROCESSING)
FOR_A_PERSON = (AttemptState.CONTESTED, PaymentState.REQUIRES_REVIEW)
NOT_CODES: list[Any] = [
    LEFT_OUT, None, "", "abc def", False, True, [], {}, 0.0, "00", "0.0", " 0", -1, 1.5,
]  # fmt: skip


@pytest.mark.parametrize("code", NOT_CODES, ids=repr)
async def test_without_a_real_result_code_a_callback_is_malformed_and_not_success(
    world: World, code: object
) -> None:
    attempt = await world.opens()

    await world.hears_paid(attempt, fields={"ResultCode": code})
    await world.works()

    ((state, reason, _),) = world.parked()
    assert (state, reason is None) == ("malformed", False)
    assert await world.stands(attempt) == STILL_WAITING
    assert world.provider.asked == [attempt.id]
    assert world.booked() == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"ResultCode=0",
        b"[]",
        b"null",
        b"{}",
        b'{"Body":{}}',
        b'{"Body":{"stkCallback":null}}',
        b'{"Body":{"stkCallback":{"ResultCode":0,"ResultCode":1032}}}',
        b'{"Body":{"stkCallback":{"ResultCode":NaN}}}',
        b'{"a":' * 40 + b"1" + b"}" * 40,
        b"\xff\xfe{\x00}\x00",
        b'{"Body":{"stkCallback":{"ResultCode":0,"ResultDesc":"\\ud800"}}}',
        b'{"Body":{"stkCallback":{"ResultCode":0,"ResultDesc":"\\u0000"}}}',
    ],
)
async def test_what_is_no_callback_is_kept_as_malformed(world: World, body: bytes) -> None:
    attempt = await world.opens()

    await world.hears(attempt, body)
    await world.works()

    assert world.parked()[0][0] == "malformed"
    assert await world.stands(attempt) == STILL_WAITING
    assert world.provider.asked == [attempt.id]


@pytest.mark.parametrize("amount", [99, 101, 100.4, 0.5, 10_000, "100.01"])
async def test_another_amount_is_for_a_person(world: World, amount: object) -> None:
    attempt = await world.opens()
    world.provider.otherwise = SaysPaid()

    await world.hears_paid(attempt, items={"Amount": amount})
    await world.works()

    assert await world.stands(attempt) == FOR_A_PERSON
    assert world.parked() == [("conflict", "amount", 1)]
    assert (await world.payment(attempt)).status_reason == "contested_amount"
    assert world.booked() == []
    assert world.told()[-1] == "payment.requires_review"


@pytest.mark.parametrize("phone", [254712345679, "254112345678", "254712***679"])
async def test_another_payer_is_for_a_person(world: World, phone: object) -> None:
    attempt = await world.opens()

    await world.hears_paid(attempt, items={"PhoneNumber": phone})

    assert await world.stands(attempt) == FOR_A_PERSON
    assert world.parked() == [("conflict", "payer", 1)]


@pytest.mark.parametrize(
    "items",
    [
        {"Amount": LEFT_OUT},
        {"Amount": 0},
        {"Amount": -100},
        {"Amount": "one hundred"},
        {"MpesaReceiptNumber": LEFT_OUT},
        {"MpesaReceiptNumber": "short"},
        {"MpesaReceiptNumber": None},
        {"TransactionDate": LEFT_OUT},
        {"TransactionDate": 20261301000000},
    ],
    ids=str,
)
async def test_paid_without_a_whole_proof_settles_nothing(
    world: World, items: dict[str, object]
) -> None:
    attempt = await world.opens()

    await world.hears_paid(attempt, items=items)
    await world.works()

    assert world.parked() == [("quarantined", "incomplete", 1)]
    assert await world.stands(attempt) == STILL_WAITING
    assert world.provider.asked == [attempt.id]


async def test_paid_without_any_metadata_settles_nothing(world: World) -> None:
    attempt = await world.opens()

    await world.hears_paid(attempt, fields={"CallbackMetadata": LEFT_OUT})
    await world.works()

    assert world.parked() == [("quarantined", "incomplete", 1)]
    assert await world.stands(attempt) == STILL_WAITING


@pytest.mark.parametrize(
    ("shift", "believed"),
    [
        (timedelta(minutes=-5, seconds=-1), False),
        (timedelta(minutes=-5), True),
        (timedelta(hours=24), True),
        (timedelta(hours=24, seconds=1), False),
    ],
)
async def test_a_payment_is_made_between_five_minutes_before_and_a_day_after(
    world: World, shift: timedelta, *, believed: bool
) -> None:
    attempt = await world.opens()

    await world.hears(attempt, paid_body(attempt, world.clock.now() + shift))

    expected = ("applied", None, 1) if believed else ("quarantined", "transaction_date", 1)
    assert world.parked() == [expected]
    assert (await world.attempt(attempt.id)).state is (
        AttemptState.CONFIRMING if believed else AttemptState.AWAITING_CUSTOMER
    )


async def test_a_perfect_body_from_a_strangers_address_only_makes_us_ask(
    world: World,
) -> None:
    attempt = await world.opens()
    body = paid_body(attempt, world.clock.now())

    await world.hears(attempt, body, address="203.0.113.9", listed=False)
    await world.works()

    assert world.parked() == [("quarantined", "address_not_listed", 1)]
    assert await world.stands(attempt) == STILL_WAITING
    assert world.provider.asked == [attempt.id]


async def test_a_code_that_nobody_knows_is_neither_success_nor_failure(
    world: World,
) -> None:
    attempt = await world.opens()

    await world.hears_failed(attempt, 7777)
    await world.works()

    assert world.parked() == [("quarantined", "unknown_result_code", 1)]
    assert await world.stands(attempt) == STILL_WAITING
    assert world.provider.asked == [attempt.id]


async def test_another_attempts_id_on_this_path_is_a_conflict(world: World) -> None:
    mine, theirs = await world.opens(key="order-number-1"), await world.opens(key="order-no-2")

    await world.hears(mine, paid_body(theirs, world.clock.now()))
    await world.works()

    assert world.parked() == [("conflict", "checkout_request_id", 1)]
    assert await world.stands(mine) == STILL_WAITING
    assert await world.stands(theirs) == STILL_WAITING
    assert sorted(world.provider.asked) == sorted([mine.id, theirs.id])


async def test_another_attempts_id_on_the_path_of_one_in_doubt_is_a_conflict(
    world: World,
) -> None:
    theirs = await world.opens(key="order-number-1")
    world.provider.pushes = [Unanswered()]
    mine = await world.opens(key="order-number-2")

    await world.hears(mine, paid_body(theirs, world.clock.now()))
    await world.works()

    assert world.parked() == [("conflict", "checkout_request_id", 1)]
    assert (await world.stands(mine))[0] is AttemptState.UNKNOWN
    assert world.provider.asked == [theirs.id]  # the other has no id to ask by


async def test_another_attempts_id_from_a_stranger_asks_nothing_of_that_one(
    world: World,
) -> None:
    mine, theirs = await world.opens(key="order-number-1"), await world.opens(key="order-no-2")
    body = paid_body(theirs, world.clock.now())

    await world.hears(mine, body, address="203.0.113.9", listed=False)
    await world.works()

    assert world.provider.asked == [mine.id]


async def test_a_callback_without_an_id_settles_no_attempt_in_doubt(world: World) -> None:
    world.provider.pushes = [Unanswered()]
    attempt = await world.opens()

    await world.hears_paid(attempt, fields={"CheckoutRequestID": LEFT_OUT})

    assert world.parked() == [("quarantined", "incomplete", 1)]
    assert (await world.stands(attempt))[0] is AttemptState.UNKNOWN


async def test_a_receipt_counts_for_one_attempt_only(world: World) -> None:
    first, second = await world.opens(key="order-no-1"), await world.opens(key="order-no-2")
    world.provider.otherwise = SaysPaid()
    await world.hears_paid(first)
    await world.works()

    await world.hears_paid(second)

    assert world.parked()[1] == ("conflict", "receipt_taken", 1)
    assert await world.stands(second) == STILL_WAITING
    assert world.booked() == [(1010, 1100, 10_000)]


async def test_a_second_receipt_for_a_settled_attempt_changes_nothing(world: World) -> None:
    attempt = await world.opens()
    world.provider.otherwise = SaysPaid()
    await world.hears_paid(attempt)
    await world.works()

    await world.hears_paid(attempt, receipt="UAF7X2K9QQ")

    assert world.parked()[1] == ("conflict", "receipt", 1)
    assert str((await world.payment(attempt)).receipt) == RECEIPT


async def test_a_failure_after_a_success_changes_nothing(world: World) -> None:
    attempt = await world.opens()
    world.provider.otherwise = SaysPaid()
    await world.hears_paid(attempt)
    await world.works()

    await world.hears_failed(attempt, 1032)

    assert world.parked()[1] == ("conflict", "result", 1)
    assert (await world.payment(attempt)).state is PaymentState.SUCCEEDED


async def test_a_right_path_without_a_row_is_kept_and_tried_again(world: World) -> None:
    lost = an_attempt(77)

    await world.hears(lost, callback_body(lost, {"ResultCode": 1032}))
    assert world.parked() == [("orphaned", "no_such_attempt", 1)]
    await world.passes(hours=2)

    assert world.parked() == [("orphaned", "no_such_attempt", 1)]
    assert world.rows_of_inbox()[0].due_at is None
