"""Safaricom's messages early, late and in the wrong order: money wins, and counts once.

After every test the books are compared with the simulator's own list of what moved.
"""

from typing import Any, Final

import pytest
from sqlalchemy import select

from harness.callbacks import failed_body, paid_body
from harness.moved import attempt_of, lines_of, told_of
from harness.processes import eventually
from harness.receiver import Receiver, listening
from harness.time_travel import TimeMachine
from harness.town import Town
from harness.volley import Post, Reply, volley
from pokea.store.tables import inbox

pytestmark = [pytest.mark.system, pytest.mark.slow]

UTILITY, RECEIVABLE, UNMATCHED = 1010, 1100, 2100
PAID: Final = [(UTILITY, RECEIVABLE, 15_000)]
BY_HAND: Final = [(UTILITY, UNMATCHED, 15_000), (UNMATCHED, RECEIVABLE, 15_000)]


def posted(town: Town, payment: dict[str, Any], *bodies: bytes) -> list[Reply]:
    """Callbacks on the payment's own path, all at the same moment."""
    path = town.installation.path_of(payment["latest_attempt"]["id"])
    replies = volley(town.url, [Post(path=path, body=body) for body in bodies])
    assert {reply.status for reply in replies} == {200}
    return replies


def paid_by(time_machine: TimeMachine, payment: dict[str, Any], phone: str) -> bytes:
    """The callback that Safaricom would have sent for what the phone really paid."""
    (prompt,) = time_machine.town.prompts_to(phone)
    assert prompt["receipt"]
    attempt = attempt_of(time_machine.town, payment["latest_attempt"]["id"])
    return paid_body(attempt, time_machine.ahead.now(), receipt=prompt["receipt"])


def test_a_callback_before_the_answer_pays_the_prompt_that_the_answer_names(
    balanced: TimeMachine,
) -> None:
    """B01: Safaricom calls back before it answers the push."""
    town, phone = balanced.town, "254712010001"
    town.next_at(phone, action="pay", callback="before_ack")

    payment = town.asks(phone, key="order-b01")
    balanced.passes(seconds=10)

    (prompt,) = town.prompts_to(phone)
    attempt = attempt_of(town, payment["latest_attempt"]["id"])
    assert town.shows(payment)["status"] == "succeeded"
    assert attempt.checkout_request_id == prompt["checkout_id"]
    assert attempt.merchant_request_id == prompt["merchant_request_id"]
    heard = select(inbox.c.received_at).where(inbox.c.subject == attempt.id)
    assert attempt.accepted_at is not None
    assert balanced.truth.rows(heard)[0][0] < attempt.accepted_at
    assert lines_of(town, payment) == PAID


# ── failed and paid, in any order (B02) ──────────────────────────────────────────────────


def test_a_failure_that_was_told_too_soon_gives_way_to_the_money(balanced: TimeMachine) -> None:
    """B02: failed, then paid."""
    town, phone = balanced.town, "254712020001"
    town.next_at(phone, action="ignore", late_success_s=120)
    payment = town.asks(phone, key="order-b02-failed-first", expires_in=3600)

    balanced.passes(seconds=90)
    assert town.shows(payment)["latest_attempt"]["status"] == "failed"
    balanced.passes(minutes=3)

    assert town.shows(payment)["status"] == "succeeded"
    assert told_of(town, payment) == [
        "payment.created",
        "payment.processing",
        "payment.attempt_failed",
        "payment.succeeded",
    ]
    assert lines_of(town, payment) == PAID


def test_a_failure_that_is_told_after_the_money_changes_nothing(balanced: TimeMachine) -> None:
    """B02, the reverse: paid, then failed."""
    town, phone = balanced.town, "254712020002"
    town.next_at(phone, action="pay")
    payment = town.asks(phone, key="order-b02-paid-first", expires_in=3600)
    balanced.passes(seconds=10)
    assert town.shows(payment)["status"] == "succeeded"

    posted(town, payment, failed_body(attempt_of(town, payment["latest_attempt"]["id"])))
    balanced.passes(minutes=3)

    shown = town.shows(payment)
    assert (shown["status"], shown["amount_received"]) == ("succeeded", "150.00")
    assert "payment.attempt_failed" not in told_of(town, payment)
    assert lines_of(town, payment) == PAID


def test_a_failure_beside_money_that_nobody_confirmed_yet_does_not_end_it(
    balanced: TimeMachine,
) -> None:
    """B02, the reverse: while the second witness is still being asked for."""
    town, phone = balanced.town, "254712020003"
    town.next_at(phone, action="pay", twin="drop")
    with town.trouble(product="stk_query", phone=phone, query="pending"):
        payment = town.asks(phone, key="order-b02-unconfirmed", expires_in=3600)
        balanced.passes(seconds=10)
        assert town.shows(payment)["latest_attempt"]["status"] == "confirming"
        posted(town, payment, failed_body(attempt_of(town, payment["latest_attempt"]["id"])))
        balanced.passes(seconds=30)
        assert town.shows(payment)["status"] == "processing"
    balanced.passes(minutes=3)

    assert town.shows(payment)["status"] == "succeeded"
    assert lines_of(town, payment) == PAID


@pytest.mark.parametrize("number", range(5))
def test_failed_and_paid_at_the_same_moment_are_paid(
    balanced: TimeMachine, number: int
) -> None:
    """B02, both at once: on two connections."""
    town, phone = balanced.town, f"25471202010{number}"
    town.next_at(phone, action="pay", callback="drop", twin="drop")
    payment = town.asks(phone, key=f"order-b02-at-once-{number}", expires_in=3600)
    balanced.passes(seconds=5)
    failed = failed_body(attempt_of(town, payment["latest_attempt"]["id"]))

    posted(town, payment, failed, paid_by(balanced, payment, phone))
    balanced.passes(minutes=3)

    assert town.shows(payment)["status"] == "succeeded"
    assert lines_of(town, payment) == PAID


# ── the confirmation before the callback (B03) ───────────────────────────────────────────


@pytest.mark.parametrize(
    ("query", "phone", "after_s", "lines"),
    [
        ("agree", "254712030001", 60, PAID),
        ("pending", "254712030002", 60, PAID),
        ("pending", "254712030003", 240, BY_HAND),
    ],
    ids=["known meanwhile", "in doubt", "by itself meanwhile"],
)
def test_a_confirmation_long_before_its_callback_is_the_same_money(
    balanced: TimeMachine, query: str, phone: str, after_s: int, lines: list[Any]
) -> None:
    """B03: the C2B confirmation first, the prompt's own callback a minute and more later."""
    town = balanced.town
    town.next_at(phone, action="pay", callback="drop")
    payment = town.asks(phone, key=f"order-b03-{phone}", expires_in=3600)
    with town.trouble(product="stk_query", phone=phone, query=query):
        balanced.passes(seconds=after_s)
        posted(town, payment, paid_by(balanced, payment, phone))
        balanced.passes(seconds=30)
    balanced.passes(minutes=20)

    shown = town.shows(payment)
    assert (shown["status"], shown["amount_received"]) == ("succeeded", "150.00")
    assert shown["receipt_status"] == "verified"
    assert lines_of(town, payment) == lines
    assert told_of(town, payment).count("payment.succeeded") == 1


# ── after the end (B05, B06) ─────────────────────────────────────────────────────────────


def listens(town: Town, receiver: Receiver) -> None:
    """The merchant gives an address for what happens from now on."""
    made = town.merchant.post("/v1/webhook_endpoints", json={"url": receiver.url})
    assert made.status_code == 201, made.text
    receiver.checked = False


def test_money_after_expiry_pays_the_payment_late_and_the_merchant_hears_of_it(
    balanced: TimeMachine,
) -> None:
    """B05: paid, and confirmed by C2B too, ten minutes after the payment had expired."""
    town, phone = balanced.town, "254712050001"
    with listening() as receiver:
        listens(town, receiver)
        town.next_at(phone, action="ignore", late_success_s=1500)
        payment = town.asks(phone, key="order-b05")
        balanced.passes(minutes=16)
        assert town.shows(payment)["status"] == "expired"

        balanced.passes(minutes=15)
        eventually(lambda: "payment.succeeded" in receiver.types(payment["id"]))

        told = receiver.of(payment["id"])[-1].event
    shown = town.shows(payment)
    assert (shown["status"], shown["late"]) == ("succeeded", True)
    assert (told["type"], told["data"]["object"]["late"]) == ("payment.succeeded", True)
    assert lines_of(town, payment) == PAID


def test_a_failure_by_query_alone_gives_way_to_a_genuine_success(
    balanced: TimeMachine,
) -> None:
    """B06: twice the query says failed; then the customer pays, and every callback is late."""
    town, phone = balanced.town, "254712060001"
    town.next_at(phone, action="ignore", late_success_s=400, callback_delay_s=200)
    payment = town.asks(phone, key="order-b06", expires_in=7200)
    heard = select(inbox.c.state).where(inbox.c.subject == payment["latest_attempt"]["id"])

    balanced.passes(minutes=4)
    failed = town.shows(payment)
    assert (failed["status"], failed["latest_attempt"]["status"]) == ("open", "failed")
    assert balanced.truth.rows(heard) == []
    balanced.passes(minutes=10)

    assert town.shows(payment)["status"] == "succeeded"
    assert sorted(balanced.truth.rows(heard)) == [("applied",), ("duplicate",)]
    assert lines_of(town, payment) == PAID
