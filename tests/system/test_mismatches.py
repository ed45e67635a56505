"""Money that nobody waited for, or other money than was asked for: shown, and never lost.

After every test the books are compared with the simulator's own list of what moved.
"""

from datetime import datetime
from typing import Any, Final

import pytest

from harness.by_hand import path_by_hand, shortcode_row
from harness.callbacks import confirmation_body, paid_body
from harness.installation import calls
from harness.moved import lines_of, prompted, told_of
from harness.time_travel import TimeMachine
from harness.town import Town
from pokea.domain.attempt import Attempt

pytestmark = [pytest.mark.system, pytest.mark.slow]

UTILITY, RECEIVABLE, UNMATCHED, OVERPAID, DUPLICATE = 1010, 1100, 2100, 2110, 2120


def hears(town: Town, attempt: Attempt, body: bytes) -> None:
    """A callback on a prompt's own path."""
    with calls(town.url) as caller:
        reply = caller.post(town.installation.path_of(attempt.id), content=body)
    assert reply.status_code == 200


# ── nobody waited for it any more (B07, B08) ─────────────────────────────────────────────


def test_a_stale_prompt_that_is_paid_after_a_cancellation_is_shown_and_kept_apart(
    balanced: TimeMachine,
) -> None:
    """B07: canceled while nobody was being asked; then the old prompt is paid after all."""
    town, phone = balanced.town, "254712070001"
    town.next_at(phone, action="ignore", late_success_s=300)
    payment = town.asks(phone, key="order-b07", expires_in=3600)
    balanced.passes(minutes=2)
    canceled = town.merchant.post(f"/v1/payments/{payment['id']}/cancel")
    assert (canceled.status_code, canceled.json()["status"]) == (200, "canceled")

    balanced.passes(minutes=6)

    shown = town.shows(payment)
    assert (shown["status"], shown["status_reason"]) == ("requires_review", "paid_after_cancel")
    assert told_of(town, payment)[-1] == "payment.late_funds"
    assert "payment.succeeded" not in told_of(town, payment)
    assert lines_of(town, payment) == [(UTILITY, UNMATCHED, 15_000)]


def test_two_prompts_that_are_both_paid_are_one_success_and_money_apart(
    balanced: TimeMachine,
) -> None:
    """B08: the first prompt is paid late, after the second one."""
    town, phone = balanced.town, "254712080001"
    town.next_at(phone, action="ignore", late_success_s=300)
    payment = town.asks(phone, key="order-b08", expires_in=3600)
    balanced.passes(minutes=3)
    town.next_at(phone, action="pay")
    assert town.prompts_again(payment).status_code == 201
    balanced.passes(seconds=10)
    assert town.shows(payment)["status"] == "succeeded"

    balanced.passes(minutes=6)

    shown = town.shows(payment)
    assert (shown["status"], shown["amount_received"]) == ("succeeded", "150.00")
    told = told_of(town, payment)
    assert told.count("payment.succeeded") == told.count("payment.duplicate_funds") == 1
    assert lines_of(town, payment) == [
        (UTILITY, RECEIVABLE, 15_000),
        (UTILITY, DUPLICATE, 15_000),
    ]


# ── another amount (B09) ─────────────────────────────────────────────────────────────────

OTHERS: Final = [1499, 1501, 1500.4, 0, -1500, 150_000]


@pytest.mark.parametrize("amount", OTHERS)
def test_another_amount_than_was_asked_for_settles_nothing(
    balanced: TimeMachine, amount: float
) -> None:
    """B09: not a shilling and not a cent of tolerance; nobody paid anything here."""
    town, number = balanced.town, OTHERS.index(amount)
    phone = f"25471209000{number}"
    town.next_at(phone, action="ignore")
    payment = town.asks(phone, key=f"order-b09-{number}", amount="1500.00", expires_in=3600)
    attempt = prompted(town, payment)

    body = paid_body(
        attempt,
        balanced.ahead.now(),
        receipt=f"UBN9X2K9Q{number}",
        items={"Amount": amount},
    )
    hears(town, attempt, body)
    balanced.passes(seconds=20)
    assert town.shows(payment)["status"] in {"processing", "requires_review"}
    balanced.passes(minutes=20)

    shown = town.shows(payment)
    assert shown["status"] in {"open", "requires_review"}
    assert shown["amount_received"] == "0.00"
    assert balanced.truth.asked(attempt) >= 1
    assert lines_of(town, payment) == []


def test_a_callback_that_lies_about_what_was_paid_settles_nothing_by_itself(
    balanced: TimeMachine,
) -> None:
    """B09, where the customer did pay: what the C2B confirmation says is what is booked."""
    town, phone = balanced.town, "254712090101"
    town.next_at(phone, action="pay", callback_amount="1499.00")
    payment = town.asks(phone, key="order-b09-paid", amount="1500.00", expires_in=3600)

    balanced.passes(minutes=20)

    shown = town.shows(payment)
    assert (shown["status"], shown["amount_received"]) == ("succeeded", "1500.00")
    assert balanced.truth.became(prompted(town, payment)) == ["conflict"]
    assert told_of(town, payment)[-2:] == ["payment.requires_review", "payment.succeeded"]
    assert lines_of(town, payment) == [
        (UTILITY, UNMATCHED, 150_000),
        (UNMATCHED, RECEIVABLE, 150_000),
    ]


# ── ids and receipts that contradict (B10, B11) ──────────────────────────────────────────


def test_another_prompts_id_on_a_path_changes_neither_and_both_are_asked_about(
    balanced: TimeMachine,
) -> None:
    """B10: the callback of one customer's prompt, posted to the path of another's."""
    town = balanced.town
    payments = [
        town.asks(phone, key=f"order-b10-{phone}", expires_in=3600)
        for phone in ("254712100001", "254712100002")
    ]
    mine, theirs = (prompted(town, payment) for payment in payments)

    hears(town, mine, paid_body(theirs, balanced.ahead.now(), receipt="UBB0X2K9QP"))
    balanced.passes(seconds=5)

    assert balanced.truth.became(mine) == ["conflict"]
    assert [town.shows(payment)["status"] for payment in payments] == ["processing"] * 2
    assert "security.callback_conflict" in told_of(town, payments[0])
    assert min(balanced.truth.asked(mine), balanced.truth.asked(theirs)) >= 1
    assert [lines_of(town, payment) for payment in payments] == [[], []]


def test_a_second_callback_with_another_receipt_changes_nothing_and_sounds_the_alarm(
    balanced: TimeMachine,
) -> None:
    """B11: the same prompt, settled, and paid "again" by another receipt."""
    town, phone = balanced.town, "254712110001"
    town.next_at(phone, action="pay")
    payment = town.asks(phone, key="order-b11")
    balanced.passes(seconds=10)
    paid = town.shows(payment)
    assert paid["status"] == "succeeded"

    attempt = prompted(town, payment)
    hears(town, attempt, paid_body(attempt, balanced.ahead.now(), receipt="UBB1X2K9QP"))
    balanced.passes(minutes=2)

    after = town.shows(payment)
    assert {name: paid[name] for name in paid if name != "sequence"} == {
        name: after[name] for name in after if name != "sequence"
    }
    assert balanced.truth.became(attempt) == ["applied", "conflict"]
    assert told_of(town, payment)[-1] == "security.callback_conflict"
    assert lines_of(town, payment) == [(UTILITY, RECEIVABLE, 15_000)]


def test_money_that_every_query_denies_is_settled_by_its_confirmation(
    balanced: TimeMachine,
) -> None:
    """C06, its second half: the callback says paid, the queries no, and the C2B twin yes."""
    town, phone = balanced.town, "254712060101"
    town.next_at(phone, action="pay", query="failed", twin="drop")
    payment = town.asks(phone, key="order-c06-twin", expires_in=3600)
    balanced.passes(minutes=10)
    assert town.shows(payment)["status_reason"] == "contested_query"

    (prompt,) = town.prompts_to(phone)
    told = confirmation_body(
        150,
        account=prompt["reference"],
        receipt=prompt["receipt"],
        payer="2547 ***** 101",
        at=datetime.fromisoformat(prompt["settled_at"]),
    )
    installation = town.installation
    path = path_by_hand(installation, shortcode_row(installation), "c")
    with calls(town.url) as caller:
        assert caller.post(path, content=told).status_code == 200
    balanced.passes(minutes=5)

    shown = town.shows(payment)
    assert (shown["status"], shown["receipt_status"]) == ("succeeded", "verified")
    assert lines_of(town, payment) == [(UTILITY, RECEIVABLE, 15_000)]


# ── in parts and too much (B12) ──────────────────────────────────────────────────────────


def pays_by_hand(town: Town, payment: dict[str, Any], shillings: int) -> None:
    """Somebody follows the payment's own instructions, but for the amount."""
    by_hand = payment["instructions"]["paybill"]
    body = {
        "msisdn": "254712345678",
        "shortcode": by_hand["business_number"],
        "amount": str(shillings),
        "account": by_hand["account_number"],
    }
    town.safaricom.patch(
        "/_sim/phones/254712345678", json={"balance": "100000.00"}
    ).raise_for_status()
    reply = town.safaricom.post("/_sim/c2b", json=body)
    assert (reply.status_code, reply.json()["state"]) == (200, "paid"), reply.text


def test_a_payment_in_two_parts_is_paid_when_the_second_has_come(
    balanced: TimeMachine,
) -> None:
    """B12: a thousand of fifteen hundred by hand, then the rest."""
    town = balanced.town
    payment = town.asks(None, key="order-b12-parts", amount="1500.00", allow_partial=True)

    pays_by_hand(town, payment, 1_000)
    balanced.passes(seconds=5)
    part = town.shows(payment)
    pays_by_hand(town, payment, 500)
    balanced.passes(seconds=5)

    assert (part["status"], part["amount_received"]) == ("partially_paid", "1000.00")
    whole = town.shows(payment)
    assert (whole["status"], whole["amount_received"]) == ("succeeded", "1500.00")
    assert told_of(town, payment)[-2:] == ["payment.partially_paid", "payment.succeeded"]
    assert lines_of(town, payment) == [
        (UTILITY, UNMATCHED, 50_000),
        (UTILITY, UNMATCHED, 100_000),
        (UNMATCHED, RECEIVABLE, 50_000),
        (UNMATCHED, RECEIVABLE, 100_000),
    ]


def test_what_is_paid_too_much_is_kept_apart(balanced: TimeMachine) -> None:
    """B12: two thousand for fifteen hundred."""
    town = balanced.town
    payment = town.asks(None, key="order-b12-over", amount="1500.00", allow_partial=True)

    pays_by_hand(town, payment, 2_000)
    balanced.passes(seconds=5)

    paid = town.shows(payment)
    assert (paid["status"], paid["amount_received"]) == ("succeeded", "1500.00")
    assert lines_of(town, payment) == [
        (UTILITY, UNMATCHED, 200_000),
        (UNMATCHED, RECEIVABLE, 150_000),
        (UNMATCHED, OVERPAID, 50_000),
    ]
