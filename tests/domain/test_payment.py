"""What attempts make of their payment: once paid, late, twice, after a cancellation."""

import pytest

from domain.story import fast, tell

PAID = "20s callback paid NLJ7RT61SV | 1s query paid"


def test_a_payment_opens_without_prompting_anybody() -> None:
    tell("open 1000 -> payment open, tells payment.created")


def test_time_runs_out_for_a_payment_that_nobody_is_asked_for() -> None:
    tell("""
        open 1000
        | 1h expire -> payment expired, tells payment.expired
        | expire -> repeated, tells nothing
        | push again -> refused
    """)


def test_time_does_not_run_out_while_a_prompt_is_in_flight() -> None:
    tell("dispatch 1000 | 14m expire -> repeated, payment processing, tells nothing")
    tell("push 1000 | 20s callback paid NLJ7RT61SV | 14m expire -> repeated, tells nothing")


def test_a_prompt_that_only_waits_for_its_customer_does_not_hold_time_up() -> None:
    tell("""
        push 1000
        | 14m expire -> payment expired, tells payment.expired, awaiting_customer
        | 1s callback paid NLJ7RT61SV -> confirming
        | 1s query paid -> payment succeeded, late, utility +1000
    """)


def test_a_merchant_cancels_while_nobody_is_asked() -> None:
    tell("""
        open 1000
        | cancel -> payment canceled, tells payment.canceled
        | cancel -> repeated
        | push again -> refused
    """)


def test_a_merchant_cannot_cancel_while_a_prompt_is_in_flight() -> None:
    tell("push 1000 | 1s cancel -> repeated, payment processing, tells nothing")


@pytest.mark.parametrize("end", ["expire", "cancel"])
def test_what_is_paid_neither_expires_nor_is_canceled(end: str) -> None:
    tell(f"""
        push 1000 | {PAID}
        | 1h {end} -> repeated, payment succeeded
        | push again -> refused
    """)


def test_a_late_success_after_a_failure_pays_the_payment() -> None:
    tell("""
        push 1000
        | 20s callback failed customer_unreachable -> failed, payment open
        | 5m callback paid NLJ7RT61SV -> failed, asks now, payment open, tells nothing
        | 1s query paid -> succeeded, payment succeeded, in time,
            utility +1000, receivable -1000
    """)


def test_a_late_success_after_the_payment_expired_pays_it_and_is_marked_late() -> None:
    tell("""
        push 1000
        | 15m query nothing -> expired, payment open
        | 1h expire -> payment expired
        | 1m callback paid NLJ7RT61SV -> expired, payment expired
        | 1s query paid -> succeeded, payment succeeded, late, tells payment.succeeded,
            utility +1000, receivable -1000
    """)


def test_two_zeros_pay_an_expired_attempt_too() -> None:
    tell("""
        push 1000
        | 15m query nothing -> expired
        | 45m query paid -> expired
        | 1m query paid -> succeeded, payment succeeded, receipt_status pending, utility +1000
    """)


def test_a_late_success_after_a_cancellation_waits_for_a_person() -> None:
    tell("""
        push 1000 | 20s callback failed customer_cancelled
        | cancel -> payment canceled
        | 1m callback paid NLJ7RT61SV -> payment canceled
        | 1s query paid -> succeeded, payment requires_review, reason paid_after_cancel, late,
            tells payment.late_funds, received 1000.00, utility +1000, unmatched -1000
    """)


def test_a_late_success_pays_while_a_newer_prompt_is_in_flight() -> None:
    tell("""
        push 1000 | 20s callback failed customer_unreachable
        | 10s push again -> awaiting_customer, payment processing
        | 5s first callback paid NLJ7RT61SV -> failed, payment processing
        | 1s first query paid -> succeeded, payment succeeded, utility +1000
        | 30s second callback failed customer_cancelled -> failed, payment succeeded,
            tells nothing
    """)


def test_a_second_success_is_kept_apart_and_told() -> None:
    tell("""
        push 1000 | 20s callback failed customer_unreachable
        | 10s push again
        | 5s first callback paid NLJ7RT61SV | 1s first query paid -> utility +1000
        | 9s second callback paid NLJ7RT61SW -> confirming, payment succeeded
        | 1s second query paid -> succeeded, payment succeeded, tells payment.duplicate_funds,
            receipt NLJ7RT61SV, received 1000.00, utility +1000, duplicate -1000
    """)


def test_a_second_success_is_kept_apart_under_fast_too() -> None:
    fast("""
        push 1000 | 20s callback failed customer_unreachable | 10s push again
        | 5s second callback paid NLJ7RT61SW -> payment succeeded, utility +1000
        | 5s first callback paid NLJ7RT61SV -> succeeded, payment succeeded,
            tells payment.duplicate_funds, receipt NLJ7RT61SW, utility +1000, duplicate -1000
    """)


def test_a_second_success_after_a_cancellation_is_no_success() -> None:
    tell("""
        push 1000 | 20s callback failed wrong_pin | 5s push again
        | 20s callback failed wrong_pin | cancel
        | 5s first callback paid NLJ7RT61SV | 1s first query paid -> payment requires_review,
            utility +1000, unmatched -1000
        | 5s second callback paid NLJ7RT61SW
        | 1s second query paid -> payment requires_review, received 1000.00,
            tells payment.duplicate_funds, utility +1000, duplicate -1000
    """)


def test_a_contest_after_a_cancellation_does_not_forget_the_cancellation() -> None:
    tell("""
        push 1000 | 20s callback failed wrong_pin | cancel
        | 5s callback paid NLJ7RT61SV
        | 1s query failed -> contested, payment requires_review
        | 1m query paid -> succeeded, payment requires_review, reason paid_after_cancel,
            tells payment.late_funds, utility +1000, unmatched -1000
    """)


def test_a_contest_after_the_expiry_does_not_forget_that_it_is_late() -> None:
    tell("""
        push 1000 | 20s callback failed wrong_pin | 1h expire -> payment expired
        | 5s callback paid NLJ7RT61SV
        | 1s query failed -> contested, payment requires_review
        | 1m query paid -> succeeded, payment succeeded, late, utility +1000
    """)


def test_the_failure_of_an_older_attempt_does_not_free_a_payment_that_is_being_asked() -> None:
    tell("""
        push 1000 | 15m query nothing -> expired, payment open
        | 1m push again -> awaiting_customer
        | 1s first callback failed wrong_pin -> payment processing, tells nothing
    """)


def test_a_contested_attempt_of_a_paid_payment_is_an_alarm_and_takes_nothing_back() -> None:
    tell("""
        push 1000 | 20s callback failed wrong_pin | 5s push again
        | 20s callback paid NLJ7RT61SV | 1s query paid -> payment succeeded, utility +1000
        | 1m first callback disagrees amount
            -> contested, payment succeeded, tells security.callback_conflict
    """)


def test_a_success_of_another_attempt_pays_a_payment_under_review() -> None:
    tell("""
        push 1000 | 20s callback failed wrong_pin | 5s push again
        | 1s first callback disagrees amount -> contested, payment requires_review
        | 20s second callback paid NLJ7RT61SV -> confirming, payment requires_review
        | 1s second query paid -> succeeded, payment succeeded, utility +1000
    """)


def test_every_change_is_told_once_and_in_order() -> None:
    world = tell(f"push 1000 | 20s callback failed wrong_pin | 5s push again | {PAID}")

    assert [kind.value for kind, _ in world.events] == [
        "payment.created",
        "payment.processing",
        "payment.attempt_failed",
        "payment.processing",
        "payment.succeeded",
    ]
    assert [sequence for _, sequence in world.events] == [1, 2, 3, 4, 5]
