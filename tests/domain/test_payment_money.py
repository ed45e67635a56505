"""Money for a payment: in part, too much, twice, late, after a cancellation, under review."""

import pytest

from domain.story import fast, tell

PAID = "20s callback paid NLJ7RT61SV | 1s query paid"
CANCELED = "open 1000 | cancel -> payment canceled"
REVIEWED = "push 1000 | 20s callback disagrees amount -> contested, payment requires_review"


# ── by hand, in full, too much, in part ──────────────────────────────────────────────────


def test_money_by_hand_of_the_amount_pays_the_payment() -> None:
    tell("""
        open 1000
        | by hand 1000 UAH1Z2HAND -> payment succeeded, tells payment.succeeded, in time,
            receipt UAH1Z2HAND, receipt_status verified, received 1000.00,
            utility +1000, receivable -1000
        | 1h expire -> repeated, payment succeeded
        | push again -> refused
    """)


def test_money_by_hand_at_a_till_arrives_in_the_merchant_account() -> None:
    tell("open 1000 | by hand 1000 UAH1Z2HAND -> merchant +1000, receivable -1000", till=True)


def test_what_was_paid_too_much_is_kept_apart() -> None:
    tell("""
        open 1000
        | by hand 1300 UAH1Z2HAND -> payment succeeded, received 1000.00,
            utility +1300, receivable -1000, overpaid -300
    """)


def test_less_by_hand_than_is_owed_waits_for_a_person() -> None:
    tell("""
        open 1000
        | by hand 400 UAH1Z2HAND -> conflicting amount, payment open, tells nothing,
            received 0.00, utility +400, unmatched -400
        | by person 400 UAH1Z2HAND -> payment partially_paid, received 400.00,
            tells payment.partially_paid, unmatched +400, receivable -400
    """)


def test_parts_add_up_to_the_amount() -> None:
    tell("""
        open 1000
        | by person 400 UAH1Z2PART -> payment partially_paid, received 400.00,
            utility +400, receivable -400
        | by person 500 UAH2Z2PART -> payment partially_paid, received 900.00,
            tells payment.partially_paid, utility +500
        | by hand 100 UAH3Z2PART -> payment succeeded, received 1000.00,
            tells payment.succeeded, receipt UAH3Z2PART, utility +100, receivable -100
    """)


def test_the_last_part_may_be_too_much() -> None:
    tell("""
        open 1000 | by person 400 UAH1Z2PART
        | by hand 1000 UAH2Z2PART -> payment succeeded, received 1000.00,
            utility +1000, receivable -600, overpaid -400
    """)


def test_a_part_that_comes_while_a_prompt_is_open_counts_beside_it() -> None:
    tell("""
        push 1000
        | by person 400 UAH1Z2PART -> payment partially_paid, awaiting_customer, utility +400
        | push again -> refused
        | 20s callback paid NLJ7RT61SV
        | 1s query paid -> succeeded, payment succeeded, received 1000.00,
            utility +1000, receivable -600, overpaid -400
    """)


# ── the rest is prompted for ─────────────────────────────────────────────────────────────


def test_the_rest_is_prompted_for_and_pays() -> None:
    world = tell("""
        open 1000 | by person 400 UAH1Z2PART -> payment partially_paid, utility +400
        | push again -> awaiting_customer, payment processing, received 400.00
        | 20s callback paid NLJ7RT61SV
        | 1s query paid -> succeeded, payment succeeded, received 1000.00, receipt NLJ7RT61SV,
            utility +600, receivable -600
    """)

    assert str(world.attempts[0].amount) == "600.00"


def test_a_failed_prompt_for_the_rest_leaves_what_is_paid() -> None:
    tell("""
        open 1000 | by person 400 UAH1Z2PART | push again
        | 20s callback failed wrong_pin -> failed, payment partially_paid, reason wrong_pin,
            received 400.00, tells payment.attempt_failed
        | 1m push again -> awaiting_customer, payment processing
    """)


def test_a_part_that_comes_while_the_rest_is_prompted_for_is_one_more_part() -> None:
    tell("""
        open 1000 | by person 400 UAH1Z2PART | push again -> payment processing
        | by person 100 UAH2Z2PART -> payment partially_paid, received 500.00, utility +100
        | by hand 500 UAH3Z2PART -> payment succeeded, awaiting_customer, utility +500
        | 20s callback paid NLJ7RT61SV
        | 1s query paid -> succeeded, tells payment.duplicate_funds, received 1000.00,
            utility +600, duplicate -600
    """)


# ── a part is taken back ─────────────────────────────────────────────────────────────────


def test_a_person_takes_the_only_part_back_and_the_payment_is_open() -> None:
    tell("""
        open 1000 | by person 400 UAH1Z2PART -> payment partially_paid, utility +400
        | take back 400 -> payment open, received 0.00, tells nothing,
            receivable +400, unmatched -400
        | take back 400 -> conflicting state
        | 1h expire -> payment expired
    """)


def test_a_person_takes_one_of_two_parts_back() -> None:
    tell("""
        open 1000 | by person 400 UAH1Z2PART | by person 500 UAH2Z2PART
        | take back 500 -> payment partially_paid, received 400.00,
            tells payment.partially_paid, receivable +500, unmatched -500
    """)


@pytest.mark.parametrize(
    ("more", "received"), [("by hand 600 UAH2Z2PART", "1000.00"), ("push again", "400.00")]
)
def test_nothing_is_taken_back_from_what_is_paid_or_asked_for(more: str, received: str) -> None:
    tell(f"""
        open 1000 | by person 400 UAH1Z2PART | {more}
        | take back 400 -> conflicting state, tells nothing, received {received}
    """)


# ── a second time ────────────────────────────────────────────────────────────────────────


def test_money_by_hand_for_a_paid_payment_is_kept_apart() -> None:
    tell(f"""
        push 1000 | {PAID} -> payment succeeded, utility +1000
        | by hand 1000 UAH1Z2HAND -> payment succeeded, tells payment.duplicate_funds,
            received 1000.00, receipt NLJ7RT61SV, utility +1000, duplicate -1000
        | by hand 10 UAH2Z2HAND -> tells payment.duplicate_funds, utility +10, duplicate -10
    """)


def test_a_prompt_after_money_by_hand_is_a_second_payment() -> None:
    fast("""
        push 1000
        | 5s by hand 1000 UAH1Z2HAND -> payment succeeded, utility +1000
        | 5s callback paid NLJ7RT61SV -> succeeded, payment succeeded, receipt UAH1Z2HAND,
            tells payment.duplicate_funds, utility +1000, duplicate -1000
    """)


def test_money_that_was_told_by_hand_first_is_not_a_second_payment() -> None:
    fast("""
        push 1000
        | 5s by hand 1000 UAH1Z2HAND -> payment succeeded, utility +1000
        | 5s callback paid UAH1Z2HAND -> succeeded, payment succeeded, tells nothing
    """)


# ── late ─────────────────────────────────────────────────────────────────────────────────


def test_money_by_hand_after_the_expiry_pays_and_is_marked_late() -> None:
    tell("""
        open 1000 | 1h expire -> payment expired
        | 1d by hand 1000 UAH1Z2HAND -> payment succeeded, late, tells payment.succeeded,
            utility +1000, receivable -1000
    """)


def test_a_part_after_the_expiry_is_late_and_so_is_the_rest() -> None:
    tell("""
        open 1000 | 1h expire -> payment expired
        | 1m by person 400 UAH1Z2PART -> payment partially_paid, late, utility +400
        | 1m by hand 600 UAH2Z2PART -> payment succeeded, late, utility +600
    """)


def test_who_has_paid_a_part_is_not_expired() -> None:
    tell("""
        open 1000 | by person 400 UAH1Z2PART
        | 1h expire -> repeated, payment partially_paid, tells nothing
    """)
    tell("""
        open 1000 | by person 400 UAH1Z2PART | push again -> payment processing
        | 1h expire -> repeated, payment processing, tells nothing
    """)


def test_an_expired_payment_whose_prompt_is_disputed_is_late_and_under_review() -> None:
    tell("""
        push 1000 | 20s callback failed wrong_pin | 1h expire -> payment expired
        | 1s callback disagrees amount -> contested, payment requires_review, late,
            tells payment.requires_review
    """)


# ── after a cancellation ─────────────────────────────────────────────────────────────────


def test_money_by_hand_after_a_cancellation_waits_for_a_person() -> None:
    tell(f"""
        {CANCELED}
        | by hand 1000 UAH1Z2HAND -> payment requires_review, reason paid_after_cancel, late,
            received 1000.00, tells payment.late_funds, utility +1000, unmatched -1000
        | push again -> refused
        | accept -> payment succeeded, reason accepted, received 1000.00,
            tells payment.succeeded, unmatched +1000, receivable -1000
        | accept -> conflicting state
    """)


def test_too_little_after_a_cancellation_may_be_accepted_for_the_whole() -> None:
    tell(f"""
        {CANCELED}
        | by hand 400 UAH1Z2HAND -> payment requires_review, utility +400, unmatched -400
        | by hand 500 UAH2Z2HAND -> payment requires_review, received 900.00,
            tells payment.late_funds, utility +500, unmatched -500
        | accept -> payment succeeded, received 900.00, unmatched +900, receivable -900
    """)


def test_a_second_time_after_a_cancellation_is_a_second_time() -> None:
    tell(f"""
        {CANCELED}
        | by hand 1000 UAH1Z2HAND -> payment requires_review, utility +1000, unmatched -1000
        | by hand 1000 UAH2Z2HAND -> payment requires_review, received 1000.00,
            tells payment.duplicate_funds, utility +1000, duplicate -1000
        | accept -> payment succeeded, received 1000.00, unmatched +1000, receivable -1000
    """)


def test_all_that_waits_is_accepted_the_late_and_the_proven() -> None:
    tell("""
        push 1000 | 20s callback failed wrong_pin | cancel -> payment canceled
        | by hand 400 UAH1Z2HAND -> payment requires_review, utility +400, unmatched -400
        | 1s callback disagrees amount -> contested, payment requires_review, tells nothing
        | 1s proven 500 NLJ7RT61SV -> utility +500, disputed -500
        | accept -> payment succeeded, received 900.00,
            unmatched +400, disputed +500, receivable -900
    """)


# ── under review ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("amount", [900, 1100])
def test_the_merchant_accepts_another_amount_once_it_is_proven(amount: int) -> None:
    tell(f"""
        {REVIEWED}
        | accept -> conflicting amount, payment requires_review, tells nothing
        | 1s proven {amount} NLJ7RT61SV -> payment requires_review, receipt NLJ7RT61SV,
            utility +{amount}, disputed -{amount}
        | accept -> payment succeeded, received {amount}.00, reason accepted,
            receipt_status verified, tells payment.succeeded,
            disputed +{amount}, receivable -{amount}
        | accept -> conflicting state, tells nothing
    """)


def test_a_part_that_was_counted_already_is_not_accepted_for_the_whole() -> None:
    tell("""
        open 1000 | by person 400 UAH1Z2PART | push again
        | 20s callback disagrees amount -> payment requires_review, received 400.00
        | accept -> conflicting amount, payment requires_review
        | 1s proven 500 NLJ7RT61SV -> utility +500, disputed -500
        | accept -> payment succeeded, received 900.00, disputed +500, receivable -500
    """)


@pytest.mark.parametrize("before", ["open 1000", "push 1000", CANCELED])
def test_only_what_is_under_review_is_accepted(before: str) -> None:
    tell(f"{before} | accept -> conflicting state, tells nothing")


def test_the_whole_amount_by_hand_pays_a_payment_under_review() -> None:
    tell(f"""
        {REVIEWED}
        | by hand 999 UAH1Z2HAND -> conflicting amount, utility +999, unmatched -999
        | by person 999 UAH1Z2HAND -> conflicting amount, payment requires_review
        | by hand 1000 UAH2Z2HAND -> payment succeeded, utility +1000, receivable -1000
        | 1s proven 900 NLJ7RT61SV -> contested, payment succeeded, received 1000.00,
            tells payment.duplicate_funds, utility +900, duplicate -900
    """)


def test_a_payment_that_is_paid_in_part_may_come_under_review() -> None:
    tell("""
        push 1000 | by person 400 UAH1Z2PART -> payment partially_paid, utility +400
        | 1s callback disagrees payer -> contested, payment requires_review, received 400.00,
            reason contested_payer, tells payment.requires_review
        | by hand 600 UAH2Z2PART -> payment succeeded, utility +600, receivable -600
    """)
