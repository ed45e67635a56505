"""Strict: one believed callback is one witness, and money needs two."""

import pytest

from domain.story import tell


def test_a_callback_and_a_query_that_agree_pay_the_payment() -> None:
    tell("""
        push 1000 -> awaiting_customer
        | 20s callback paid NLJ7RT61SV -> confirming, asks now, tells nothing
        | 1s query paid -> succeeded, asks no more, corroboration confirmed,
            payment succeeded, tells payment.succeeded, receipt NLJ7RT61SV,
            receipt_status verified, received 1000.00, in time,
            utility +1000, receivable -1000
    """)


def test_a_till_collects_into_the_merchant_account() -> None:
    story = "push 1000 | 20s callback paid NLJ7RT61SV | 1s query paid -> merchant +1000"

    tell(f"{story}, utility +0, receivable -1000", till=True)


@pytest.mark.parametrize("before", ["push 1000", "dispatch 1000 | 10s unanswered"])
def test_a_success_is_heard_from_every_waiting_state(before: str) -> None:
    tell(f"{before} | 20s callback paid NLJ7RT61SV -> confirming, asks now")


def test_a_success_of_an_attempt_that_waits_to_be_sent_again_is_heard() -> None:
    tell("dispatch 1000 | 1s deferred | 1s callback paid NLJ7RT61SV -> confirming")


def test_the_same_callback_again_changes_nothing() -> None:
    tell("""
        push 1000
        | 20s callback paid NLJ7RT61SV -> confirming
        | 1s callback paid NLJ7RT61SV -> repeated, unchanged
        | 1s query paid -> succeeded, utility +1000
        | 1s callback paid NLJ7RT61SV -> repeated, unchanged
    """)


def test_another_receipt_for_the_same_attempt_is_a_contradiction() -> None:
    tell("""
        push 1000
        | 20s callback paid NLJ7RT61SV
        | 1s callback paid NLJ7RT61SW -> conflicting receipt, confirming
        | 1s query paid -> succeeded, receipt NLJ7RT61SV, utility +1000
        | 1s callback paid NLJ7RT61SW -> conflicting receipt, succeeded
    """)


@pytest.mark.parametrize(
    "before", ["push 1000", "dispatch 1000 | 10s unanswered", "dispatch 1000 | 1s deferred"]
)
def test_one_believed_failure_ends_the_attempt_and_frees_the_payment(before: str) -> None:
    tell(f"""
        {before}
        | 20s callback failed customer_cancelled -> failed, asks no more, payment open,
            reason customer_cancelled, tells payment.attempt_failed
        | 1s callback failed customer_cancelled -> repeated, unchanged
        | 1s callback failed wrong_pin -> conflicting result, unchanged
        | 5s push again -> awaiting_customer, payment processing
    """)


def test_one_result_in_other_words_is_no_contradiction() -> None:
    tell("""
        push 1000
        | 95s query failed customer_unreachable
        | 60s query failed customer_unreachable -> failed
        | 1m callback failed customer_timeout -> repeated, unchanged
        | 1s callback failed wrong_pin -> conflicting result, unchanged
    """)


def test_a_failure_does_not_overturn_a_success() -> None:
    tell("""
        push 1000
        | 20s callback paid NLJ7RT61SV
        | 1s callback failed wrong_pin -> conflicting result, confirming
        | 1s query paid -> succeeded, utility +1000
        | 1s callback failed wrong_pin -> conflicting result, succeeded
    """)


def test_a_failure_of_an_expired_attempt_says_nothing_new() -> None:
    tell("push 1000 | 15m query nothing | 1m callback failed wrong_pin -> repeated, expired")


@pytest.mark.parametrize("about", ["amount", "payer"])
def test_another_amount_or_payer_is_for_a_person_to_decide(about: str) -> None:
    tell(f"""
        push 1000
        | 20s callback disagrees {about} -> contested, contest {about}, asks now,
            payment requires_review, reason contested_{about}, tells payment.requires_review
        | 1s callback disagrees {about} -> conflicting {about}, unchanged
    """)


def test_a_query_alone_never_settles_a_disagreement_about_the_amount() -> None:
    tell("""
        push 1000
        | 20s callback disagrees amount -> contested
        | 100s query paid -> contested
        | 100s query paid -> contested
        | 1m query failed -> contested
        | 1h query nothing -> contested, payment requires_review
    """)


def test_a_disagreement_after_a_believed_callback_stops_the_settlement() -> None:
    tell("""
        push 1000
        | 20s callback paid NLJ7RT61SV -> confirming
        | 1s callback disagrees amount -> contested, payment requires_review
        | 1s callback paid NLJ7RT61SV -> repeated
        | 1s query paid -> contested
    """)


def test_a_believed_callback_after_a_disagreement_is_parked_for_the_same_person() -> None:
    tell("""
        push 1000
        | 20s callback disagrees amount -> contested
        | 1s callback paid NLJ7RT61SV -> conflicting claim, contested
        | 1s callback failed wrong_pin -> conflicting result, contested
    """)


@pytest.mark.parametrize("end", ["callback failed wrong_pin", "15m query nothing"])
def test_a_disagreement_after_the_end_still_reaches_a_person(end: str) -> None:
    tell(f"""
        push 1000 | 20s {end}
        | 1m callback disagrees amount -> contested, payment requires_review
    """)


def test_a_disagreement_is_heard_before_the_push_is_answered_and_after_waiting() -> None:
    tell("dispatch 1000 | 1s callback disagrees amount -> contested, payment requires_review")
    tell("dispatch 1000 | unanswered | 1s callback disagrees payer -> contested")
    tell("dispatch 1000 | 1s deferred -> created | 1s callback disagrees amount -> contested")
    tell("push 1000 | 15m query nothing -> expired | 1s callback disagrees payer -> contested")


def test_a_failure_of_a_push_that_waits_to_be_sent_again_ends_it() -> None:
    tell("""
        dispatch 1000 | 1s deferred -> created
        | 1s callback failed wrong_pin -> failed, payment open, tells payment.attempt_failed
    """)


def test_a_disagreement_does_not_undo_what_is_settled() -> None:
    tell("""
        push 1000 | 20s callback paid NLJ7RT61SV | 1s query paid
        | 1s callback disagrees amount -> conflicting amount, succeeded, payment succeeded
    """)


def test_something_untrusted_only_makes_us_ask_at_once() -> None:
    tell("""
        push 1000
        | 5s doubt -> awaiting_customer, applied, asks now
        | doubt -> repeated, asks now
    """)


def test_something_untrusted_about_a_push_without_an_id_cannot_be_asked_about() -> None:
    tell("dispatch 1000 | 10s unanswered | 1s doubt -> repeated, unchanged")


def test_something_untrusted_about_a_settled_attempt_changes_nothing() -> None:
    tell("push 1000 | 20s callback paid NLJ7RT61SV | 1s query paid | 1s doubt -> repeated")
