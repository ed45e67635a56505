"""Safaricom misbehaves: what we do not know stays in doubt, and ends by its own word only."""

from contextlib import ExitStack
from typing import Any, Final

import pytest

from harness.time_travel import TimeMachine

pytestmark = [pytest.mark.system, pytest.mark.slow]

QUIET: Final = "processing"


@pytest.mark.parametrize(
    ("sync", "phone"),
    [
        ("reset_after", "254711010001"),
        ("truncate", "254711010002"),
        ("timeout_after", "254711010003"),
    ],
)
def test_a_prompt_whose_answer_was_lost_is_paid_by_its_callback(
    time_machine: TimeMachine, sync: str, phone: str
) -> None:
    """C01: Safaricom prompts and does not say so; the customer pays; nobody is asked twice."""
    town = time_machine.town
    town.next_at(phone, action="pay", after_s=30, sync=sync)

    payment = town.asks(phone, key=f"order-c01-{sync}")
    assert payment["latest_attempt"]["status"] == "unknown"
    time_machine.passes(minutes=1)

    paid = town.shows(payment)
    assert (paid["status"], paid["amount_received"]) == ("succeeded", "150.00")
    assert len(town.prompts_to(phone)) == 1


def test_a_prompt_that_never_arrived_ends_and_the_payment_may_be_tried_again(
    time_machine: TimeMachine,
) -> None:
    """C02: the connection breaks before Safaricom did anything."""
    town, phone = time_machine.town, "254711020001"
    town.next_at(phone, sync="reset_before")
    payment = town.asks(phone, key="order-c02", expires_in=3600)
    assert payment["latest_attempt"]["status"] == "unknown"

    time_machine.passes(minutes=16)
    ended = town.shows(payment)
    assert (ended["status"], ended["latest_attempt"]["status"]) == ("open", "expired")
    assert town.prompts_to(phone) == []

    town.next_at(phone, action="pay")
    assert town.prompts_again(payment).status_code == 201
    time_machine.passes(seconds=10)
    assert town.shows(payment)["status"] == "succeeded"


def test_answers_without_news_never_fail_a_payment_that_was_paid(
    time_machine: TimeMachine,
) -> None:
    """C05: four ways of saying nothing for three minutes, then "paid" twice."""
    town, phone = time_machine.town, "254711050001"
    town.next_at(phone, action="pay", callback="drop")
    payment = town.asks(phone, key="order-c05", expires_in=3600)

    for nothing in ({"query": "pending"}, {"query": "being_processed"}, {"sync": "fault_429"}):
        with town.trouble(product="stk_query", phone=phone, **nothing):
            assert statuses(time_machine, payment, seconds=45) == {QUIET}
    with (
        town.switched(query_unknown="400"),
        town.trouble(product="stk_query", phone=phone, query="unknown"),
    ):
        assert statuses(time_machine, payment, seconds=45) == {QUIET}

    assert statuses(time_machine, payment, seconds=1200) == {QUIET, "succeeded"}
    paid = town.shows(payment)
    assert (paid["status"], paid["receipt_status"]) == ("succeeded", "pending")


def test_a_query_that_denies_a_callback_for_ever_never_overturns_it(
    time_machine: TimeMachine,
) -> None:
    """C06: the callback says paid and every query says cancelled; a person hears of it."""
    town, phone = time_machine.town, "254711060001"
    town.next_at(phone, action="pay", query="failed")
    payment = town.asks(phone, key="order-c06", expires_in=3600)

    time_machine.passes(minutes=10)
    contested = town.shows(payment)
    seen = statuses(time_machine, payment, hours=4)

    assert contested["status"] == "requires_review"
    assert contested["status_reason"] == "contested_query"
    assert seen == {"requires_review"}
    assert town.shows(payment)["latest_attempt"]["status"] == "contested"


def test_a_query_that_says_paid_too_early_is_not_believed(time_machine: TimeMachine) -> None:
    """C07: "0" while the customer still looks at the prompt, who then says no."""
    town, phone = time_machine.town, "254711070001"
    town.next_at(phone, action="wait")
    payment = town.asks(phone, key="order-c07")

    with town.trouble(product="stk_query", phone=phone, query="paid"):
        assert statuses(time_machine, payment, seconds=55) == {QUIET}
    answer = {"action": "cancel"}
    town.safaricom.post(f"/_sim/phones/{phone}/answer", json=answer).raise_for_status()
    time_machine.passes(minutes=5)

    ended = town.shows(payment)
    assert (ended["status"], ended["status_reason"]) == ("open", "customer_cancelled")


def test_arrested_spikes_lose_no_prompt_and_double_none(time_machine: TimeMachine) -> None:
    """C11: three in ten calls are refused for their speed; every customer is asked once."""
    town = time_machine.town
    phones = [f"2547110110{number:02d}" for number in range(20)]
    with town.switched(autopilot_percent=100), ExitStack() as trouble:
        for product in ("stk_push", "stk_query"):
            rule = {"product": product, "probability": 0.3, "sync": "spike_arrest"}
            trouble.enter_context(town.trouble(**rule))
        payments = [town.asks(one, key=f"order-c11-{one}", expires_in=3600) for one in phones]
        time_machine.passes(minutes=4)

    for payment, phone in zip(payments, phones, strict=True):
        # Refused four times in two minutes: its customer was never asked, and no longer waits.
        if town.shows(payment)["status_reason"] == "provider_unavailable":
            assert town.prompts_to(phone) == []
            town.next_at(phone, action="pay")
            assert town.prompts_again(payment).status_code == 201
    time_machine.passes(seconds=10)

    assert {town.shows(one)["status"] for one in payments} == {"succeeded"}
    assert [len(town.prompts_to(phone)) for phone in phones] == [1] * len(phones)


def statuses(time_machine: TimeMachine, payment: dict[str, Any], **during: float) -> set[str]:
    """How a payment stands, looked at fifteen times while time passes."""
    looks = 15
    seen: set[str] = set()
    for _ in range(looks):
        time_machine.passes(**{unit: long / looks for unit, long in during.items()})
        seen.add(time_machine.town.shows(payment)["status"])
    return seen
