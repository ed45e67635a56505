"""Strict: what STK Query may settle, alone and beside a callback."""

from datetime import timedelta

import pytest

from domain.story import tell
from pokea.daraja.values import Money
from pokea.domain.corroboration import Rules


def test_an_early_zero_is_ignored_for_ninety_seconds() -> None:
    tell("""
        push 1000
        | 35s query paid -> awaiting_customer
        | 54s query paid -> awaiting_customer
        | 61s query paid -> awaiting_customer
        | 59s query paid -> awaiting_customer, asks in 1s
        | 1s query paid -> succeeded, utility +1000
    """)


def test_two_zeros_a_minute_apart_pay_without_a_receipt() -> None:
    tell("""
        push 1000
        | 95s query paid -> awaiting_customer, asks in 60s
        | 60s query paid -> succeeded, payment succeeded, receipt None, receipt_status pending,
            corroboration confirmed, utility +1000
    """)


def test_the_callback_later_brings_the_receipt_and_no_second_money() -> None:
    tell("""
        push 1000 | 95s query paid | 60s query paid -> succeeded, utility +1000
        | 5m callback paid NLJ7RT61SV -> succeeded, receipt NLJ7RT61SV,
            receipt_status verified, tells nothing
        | 1s callback paid NLJ7RT61SW -> conflicting receipt, unchanged
    """)


def test_a_zero_before_the_callback_is_the_second_witness() -> None:
    tell("""
        push 1000
        | 95s query paid -> awaiting_customer
        | 5s callback paid NLJ7RT61SV -> succeeded, corroboration confirmed, utility +1000
    """)


def test_two_failures_a_minute_apart_end_the_attempt() -> None:
    tell("""
        push 1000
        | 35s query failed wrong_pin -> awaiting_customer, asks in 60s
        | 30s query failed wrong_pin -> awaiting_customer, asks in 30s
        | 30s query failed wrong_pin -> failed, payment open, reason wrong_pin, asks no more
    """)


def test_answers_that_change_begin_to_count_again() -> None:
    tell("""
        push 1000
        | 95s query paid
        | 60s query failed -> awaiting_customer, asks in 60s
        | 60s query paid -> awaiting_customer
        | 60s query paid -> succeeded, utility +1000
    """)


def test_no_information_between_two_answers_changes_neither() -> None:
    tell("""
        push 1000
        | 35s query failed wrong_pin
        | 30s query nothing -> awaiting_customer
        | 30s query failed wrong_pin -> failed
    """)


def test_a_query_that_denies_the_callback_is_contested_and_overturns_nothing() -> None:
    tell("""
        push 1000
        | 20s callback paid NLJ7RT61SV -> confirming
        | 1s query failed wrong_pin -> contested, contest query, asks in 60s,
            payment requires_review, reason contested_query, tells payment.requires_review
        | 1m query failed wrong_pin -> contested
    """)


def test_a_query_that_comes_round_settles_what_it_contested() -> None:
    tell("""
        push 1000 | 20s callback paid NLJ7RT61SV | 1s query failed -> contested
        | 1m query paid -> succeeded, payment succeeded, utility +1000
    """)


def test_a_late_success_that_a_query_denies_is_contested() -> None:
    tell("""
        push 1000
        | 20s callback failed wrong_pin
        | 1m callback paid NLJ7RT61SV -> failed, payment open
        | 1s query failed -> contested, payment requires_review
    """)


@pytest.mark.parametrize("amount", [50_000, 250_000])
def test_from_fifty_thousand_a_query_is_not_enough(amount: int) -> None:
    tell(f"""
        push {amount}
        | 20s callback paid NLJ7RT61SV -> confirming
        | 1s query paid -> confirming, payment processing
        | 10m query paid -> contested, payment requires_review
        | 1h query paid -> contested
    """)


def test_just_below_fifty_thousand_a_query_is_enough() -> None:
    tell("""
        push 49999
        | 20s callback paid NLJ7RT61SV
        | 1s query paid -> succeeded, utility +49999
    """)


def test_from_fifty_thousand_a_query_before_the_callback_is_not_enough_either() -> None:
    tell("""
        push 50000
        | 95s query paid -> awaiting_customer
        | 60s query paid -> awaiting_customer
        | 1s callback paid NLJ7RT61SV -> confirming, payment processing
    """)


def test_one_witness_is_enough_when_safaricom_cannot_be_asked_for_twenty_seconds() -> None:
    tell("""
        push 20000
        | 20s callback paid NLJ7RT61SV -> confirming
        | 1s query unreachable -> confirming
        | 19s query unreachable -> confirming
        | 1s query unreachable -> succeeded, corroboration unavailable, payment succeeded,
            receipt_status verified, asks in 5s, utility +20000
        | 5s query paid -> succeeded, corroboration confirmed, asks no more, tells nothing
    """)


def test_still_processing_is_an_answer_and_no_outage() -> None:
    tell("""
        push 1000
        | 20s callback paid NLJ7RT61SV
        | 1s query unreachable
        | 10s query nothing -> confirming
        | 10s query unreachable -> confirming
        | 19s query unreachable -> confirming
        | 1s query unreachable -> succeeded, utility +1000
    """)


def test_silence_before_the_callback_does_not_count_as_the_outage() -> None:
    tell("""
        push 1000
        | 35s query unreachable
        | 25s query unreachable
        | 1s callback paid NLJ7RT61SV -> confirming
        | 1s query unreachable -> confirming
    """)


def test_above_twenty_thousand_one_witness_is_never_enough() -> None:
    tell("""
        push 20001
        | 20s callback paid NLJ7RT61SV
        | 1s query unreachable -> confirming, payment processing
        | 10m query unreachable -> contested, payment requires_review
        | 1h query paid -> succeeded, payment succeeded, utility +20001
    """)


def test_a_claim_that_nothing_confirms_for_ten_minutes_is_shown_to_a_person() -> None:
    tell("""
        push 1000 | 20s callback paid NLJ7RT61SV -> confirming
        | 9m query nothing -> confirming, payment processing
        | 1m query nothing -> contested, payment requires_review
        | 5h query paid -> succeeded, payment succeeded, utility +1000
    """)


def test_nobody_is_asked_about_a_claim_for_ever() -> None:
    tell("""
        push 1000 | 20s callback paid NLJ7RT61SV | 10m query nothing -> contested
        | 71h query nothing -> contested
        | 2h query nothing -> contested, asks no more
    """)


def test_an_answer_that_settles_nothing_still_ends_an_outage() -> None:
    rules = Rules(receipt_witness_above=Money.zero())

    tell(
        """
        push 1000
        | 20s callback paid NLJ7RT61SV
        | 1s query unreachable
        | 10s query paid -> confirming
        | 10s query unreachable -> confirming
        """,
        rules=rules,
    )


def test_a_late_success_settles_on_one_witness_while_safaricom_cannot_be_asked() -> None:
    tell("""
        push 1000
        | 15m query nothing -> expired
        | 1m callback paid NLJ7RT61SV -> expired
        | 1s query unreachable
        | 20s query unreachable -> succeeded, payment succeeded, utility +1000
    """)


def test_a_contested_attempt_is_not_settled_by_an_outage() -> None:
    tell("""
        push 1000 | 20s callback paid NLJ7RT61SV | 1s query failed -> contested
        | 1s query unreachable | 30s query unreachable -> contested
    """)


def test_the_second_question_follows_the_callback_soon_and_then_ever_more_slowly() -> None:
    tell("""
        push 1000
        | 20s callback paid NLJ7RT61SV -> asks now
        | query nothing -> asks in 1s
        | 10s query nothing -> asks in 5s
        | 10m query nothing -> asks in 305s
        | 10h query nothing -> asks in 3600s
    """)


def test_a_settled_attempt_is_not_asked_about_again() -> None:
    tell("""
        push 1000 | 20s callback paid NLJ7RT61SV
        | 1s query paid -> succeeded, asks no more, utility +1000
        | query nothing -> repeated, asks no more
        | query paid -> repeated, asks no more
        | query failed -> repeated, asks no more
    """)


def test_an_expired_attempt_is_still_asked_about_for_a_day() -> None:
    world = tell("""
        push 1000
        | 15m query nothing -> expired
        | 2h query nothing -> expired
        | 23h query nothing -> expired
        | 3h query nothing -> expired, asks no more
    """)

    assert world.now - world.attempts[0].created_at > timedelta(days=1)


@pytest.mark.parametrize("last", ["nothing", "unreachable"])
def test_who_was_told_paid_once_is_not_expired_but_shown_to_a_person(last: str) -> None:
    tell(f"""
        push 1000
        | 300s query paid -> awaiting_customer
        | 10m query {last} -> contested, contest receipt, payment requires_review,
            reason contested_receipt
        | 45m query paid -> succeeded, payment succeeded, receipt_status pending, utility +1000
    """)


def test_a_large_payment_that_only_a_query_saw_is_shown_to_a_person() -> None:
    tell("""
        push 50000
        | 95s query paid -> awaiting_customer, asks in 60s
        | 60s query paid -> awaiting_customer
        | 13m query paid -> contested, contest receipt, payment requires_review
        | 1h query paid -> contested
        | push again -> refused
    """)


def test_a_receipt_that_comes_after_all_is_the_second_witness() -> None:
    tell("""
        push 1000
        | 300s query paid | 10m query nothing -> contested
        | 1m callback paid NLJ7RT61SV -> succeeded, payment succeeded, receipt NLJ7RT61SV,
            corroboration confirmed, utility +1000
    """)


def test_a_receipt_for_a_large_payment_is_kept_for_the_person() -> None:
    world = tell("""
        push 50000
        | 300s query paid | 10m query paid -> contested
        | 1m callback paid NLJ7RT61SV -> contested, asks now, tells nothing
        | 1s query paid -> contested
        | 1s callback paid NLJ7RT61SV -> repeated
    """)

    assert world.attempts[0].claim is not None


def test_two_late_zeros_for_a_large_payment_that_ended_are_shown_to_a_person() -> None:
    tell("""
        push 50000 | 20s callback failed wrong_pin -> failed, payment open
        | 95s query paid -> failed
        | 30s query paid -> failed
        | 60s query paid -> contested, contest receipt, payment requires_review
    """)
