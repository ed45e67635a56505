"""Money by hand that looks like a prompt's own: claimed by it for a while, and never lost.

The claim ends in one of two ways: the prompt's own word takes the money, or lets it go; then it
is money by hand like any other and pays what it was typed for.
"""

import pytest

from domain.story import tell

CLAIMED = "push 1000 | 20s heard c2b_confirmation UAH1Z2HAND -> confirming, by hand"


def test_a_claim_by_hand_is_the_prompts_when_the_callback_names_its_receipt() -> None:
    tell(f"""
        {CLAIMED}, tells nothing
        | 1s callback paid UAH1Z2HAND -> succeeded, payment succeeded, utility +1000
    """)


def test_a_claim_by_hand_is_the_prompts_when_the_query_says_paid() -> None:
    tell(f"""
        {CLAIMED}
        | 1s query paid -> succeeded, payment succeeded, receipt UAH1Z2HAND, utility +1000
    """)


def test_a_callback_of_another_receipt_makes_it_two_moneys() -> None:
    tell(f"""
        {CLAIMED}
        | 1s callback paid NLJ7RT61SV -> confirming, by prompt, asks now,
            witnesses stk_callback, payment succeeded, receipt UAH1Z2HAND,
            utility +1000, receivable -1000
        | 1s query paid -> succeeded, payment succeeded, tells payment.duplicate_funds,
            utility +1000, duplicate -1000
    """)


def test_a_failed_prompt_lets_money_by_hand_go_and_that_pays() -> None:
    tell(f"""
        {CLAIMED}
        | 1s callback failed customer_cancelled -> failed, unclaimed, payment succeeded,
            tells payment.attempt_failed payment.succeeded, utility +1000, receivable -1000
        | 1s callback failed customer_cancelled -> repeated, unchanged
    """)


def test_one_denial_by_the_query_lets_money_by_hand_go() -> None:
    tell(f"""
        {CLAIMED}
        | 1s query failed wrong_pin -> failed, unclaimed, payment succeeded, utility +1000
    """)


@pytest.mark.parametrize(
    ("before", "waiting"),
    [("push 1000", "awaiting_customer"), ("dispatch 1000 | unanswered", "unknown")],
)
def test_after_two_minutes_without_a_word_money_by_hand_stands_for_itself(
    before: str, waiting: str
) -> None:
    tell(f"""
        {before} | 20s heard c2b_confirmation UAH1Z2HAND -> confirming
        | 119s query nothing -> confirming, by hand, payment processing
        | 1s query nothing -> {waiting}, unclaimed, payment succeeded,
            utility +1000, receivable -1000
    """)


def test_a_claim_by_hand_is_let_go_into_whatever_the_prompt_was() -> None:
    tell("""
        push 1000 | 20s heard c2b_confirmation UAH1Z2HAND -> confirming
        | 2m query nothing -> awaiting_customer, utility +1000
        | 15m query nothing -> expired, payment succeeded
    """)
    tell("""
        dispatch 1000 | unanswered | 20s heard c2b_confirmation UAH1Z2HAND -> confirming
        | 2m query nothing -> unknown, utility +1000
    """)
    tell("""
        push 1000 | 20s heard c2b_confirmation UAH1Z2HAND -> confirming
        | 15m query nothing -> expired, payment succeeded, utility +1000
    """)


def test_money_that_was_let_go_is_counted_once_when_it_was_the_prompts_after_all() -> None:
    tell(f"""
        {CLAIMED} | 2m query nothing -> awaiting_customer, payment succeeded, utility +1000
        | 1m callback paid UAH1Z2HAND -> confirming
        | 1s query paid -> succeeded, payment succeeded, tells nothing
    """)
    tell(f"""
        {CLAIMED} | 2m query nothing -> awaiting_customer, payment succeeded, utility +1000
        | 1m query paid -> awaiting_customer
        | 1m query paid -> succeeded, payment succeeded, tells nothing
    """)


def test_money_by_hand_settles_while_safaricom_cannot_be_asked_for_twenty_seconds() -> None:
    tell("""
        push 20000 | 20s heard c2b_confirmation UAH1Z2HAND
        | 1s query unreachable | 19s query unreachable -> confirming
        | 1s query unreachable -> succeeded, corroboration unavailable, asks in 5s,
            payment succeeded, utility +20000
    """)


def test_larger_money_by_hand_is_not_the_prompts_without_a_word() -> None:
    tell("""
        push 20001 | 20s heard c2b_confirmation UAH1Z2HAND
        | 1s query unreachable | 20s query unreachable -> confirming
        | 99s query unreachable -> awaiting_customer, unclaimed, payment succeeded,
            utility +20001
    """)
