"""Every other witness than the callback: who may name a receipt, and what that settles.

C2B confirmations and status results are class B as the callback is; Pull and statement rows are
class A.
"""

import pytest

from domain.story import fast, tell

WAITING = ["push 1000", "dispatch 1000", "dispatch 1000 | 10s unanswered"]
CLASS_B = ["c2b_confirmation", "status_result"]
CLASS_A = ["pull_row", "statement_row"]


# ── one class B ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("before", [*WAITING, "dispatch 1000 | 1s deferred"])
@pytest.mark.parametrize("witness", CLASS_B)
def test_one_class_b_is_one_witness_and_safaricom_is_asked(before: str, witness: str) -> None:
    tell(f"""
        {before}
        | 20s heard {witness} NLJ7RT61SV -> confirming, asks now, witnesses {witness},
            payment processing, tells nothing
        | 1s heard {witness} NLJ7RT61SV -> repeated, unchanged
    """)


def test_a_receipt_is_heard_while_the_prompt_still_waits_to_be_sent_again() -> None:
    tell("""
        dispatch 1000 | 1s deferred -> created
        | 1s heard c2b_confirmation NLJ7RT61SV -> confirming, asks now
    """)


@pytest.mark.parametrize("witness", CLASS_B)
def test_another_class_b_after_the_callback_settles_without_a_question(witness: str) -> None:
    tell(f"""
        push 1000 | 20s callback paid NLJ7RT61SV
        | 1s heard {witness} NLJ7RT61SV -> succeeded, corroboration confirmed, asks no more,
            witnesses stk_callback {witness}, payment succeeded, receipt NLJ7RT61SV,
            utility +1000, receivable -1000
        | 1s heard {witness} NLJ7RT61SV -> repeated, unchanged
        | 1s query failed -> repeated, succeeded
    """)


@pytest.mark.parametrize("witness", CLASS_B)
def test_the_callback_after_another_class_b_settles_too(witness: str) -> None:
    tell(f"""
        push 1000 | 20s heard {witness} NLJ7RT61SV
        | 1s callback paid NLJ7RT61SV -> succeeded, corroboration confirmed,
            payment succeeded, utility +1000
        | 1s callback paid NLJ7RT61SV -> repeated, unchanged
    """)


def test_two_different_class_b_settle_without_any_callback() -> None:
    tell("""
        push 1000 | 20s heard c2b_confirmation NLJ7RT61SV
        | 1s heard status_result NLJ7RT61SV -> succeeded, payment succeeded, utility +1000
    """)


@pytest.mark.parametrize("amount", [50_000, 250_000])
@pytest.mark.parametrize("witness", CLASS_B)
def test_from_fifty_thousand_the_second_witness_must_name_the_receipt(
    amount: int, witness: str
) -> None:
    tell(f"""
        push {amount} | 20s callback paid NLJ7RT61SV
        | 1s query paid -> confirming
        | 1s heard {witness} NLJ7RT61SV -> succeeded, payment succeeded, utility +{amount}
    """)


def test_two_sources_that_name_different_receipts_do_not_agree() -> None:
    tell("""
        push 1000 | 20s callback paid NLJ7RT61SV
        | 1s heard c2b_confirmation NLJ7RT61SW -> conflicting receipt, confirming, unchanged
        | 1s heard pull_row NLJ7RT61SW -> conflicting receipt, confirming, unchanged
        | 1s query paid -> succeeded, receipt NLJ7RT61SV, utility +1000
        | 1s heard pull_row NLJ7RT61SW -> conflicting receipt, succeeded, unchanged
    """)


def test_a_word_of_the_query_before_a_receipt_is_the_second_witness() -> None:
    tell("""
        push 1000 | 95s query paid -> awaiting_customer
        | 1s heard c2b_confirmation NLJ7RT61SV -> succeeded, payment succeeded, utility +1000
    """)
    tell("""
        push 50000 | 95s query paid -> awaiting_customer
        | 1s heard c2b_confirmation NLJ7RT61SV -> confirming
        | 1s heard status_result NLJ7RT61SV -> succeeded, utility +50000
    """)


# ── class A ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "before",
    [
        *WAITING,
        "dispatch 1000 | 1s deferred",
        "push 1000 | 20s callback paid NLJ7RT61SV",
        "push 1000 | 20s callback failed wrong_pin",
        "push 1000 | 15m query nothing",
        "push 1000 | 20s callback paid NLJ7RT61SV | 1s query failed",
        "push 1000 | 300s query paid | 10m query nothing",
        "push 1000 | 20s callback paid NLJ7RT61SV | 1s callback disagrees amount",
        "push 250000",
    ],
)
@pytest.mark.parametrize("witness", CLASS_A)
def test_class_a_settles_alone_from_every_state(before: str, witness: str) -> None:
    world = tell(f"""
        {before}
        | 1m heard {witness} NLJ7RT61SV -> succeeded, corroboration confirmed, asks no more,
            payment succeeded, receipt NLJ7RT61SV, receipt_status verified, by prompt,
            utility +{250_000 if "250000" in before else 1000}
        | 1m heard {witness} NLJ7RT61SV -> repeated, unchanged
    """)

    assert [kind.value for kind, _ in world.events].count("payment.succeeded") == 1


def test_class_a_settles_before_and_without_an_answer_to_the_push() -> None:
    tell("""
        dispatch 1000 | 1s deferred -> created
        | 1s heard pull_row NLJ7RT61SV -> succeeded, utility +1000
    """)
    tell("dispatch 1000 | 1s heard pull_row NLJ7RT61SV -> succeeded, utility +1000")
    tell("dispatch 1000 | unanswered | 1s heard pull_row NLJ7RT61SV -> utility +1000")


def test_a_failed_or_expired_prompt_that_pull_names_was_paid() -> None:
    tell("""
        push 1000 | 20s callback failed wrong_pin -> failed, payment open
        | 5m heard pull_row NLJ7RT61SV -> succeeded, payment succeeded, utility +1000
    """)
    tell("""
        push 1000 | 15m query nothing -> expired | 1h expire -> payment expired
        | 5m heard statement_row NLJ7RT61SV -> succeeded, payment succeeded, late,
            utility +1000
    """)


@pytest.mark.parametrize("witness", [*CLASS_A, *CLASS_B])
def test_another_receipt_cannot_settle_what_a_person_is_deciding(witness: str) -> None:
    tell(f"""
        push 1000 | 20s callback disagrees amount -> contested
        | 1s heard {witness} NLJ7RT61SV -> conflicting claim, contested, unchanged
    """)


# ── after the settlement ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("witness", [*CLASS_A, *CLASS_B])
def test_a_receipt_is_learned_after_a_success_without_one(witness: str) -> None:
    tell(f"""
        push 1000 | 95s query paid | 60s query paid -> succeeded, receipt_status pending,
            utility +1000
        | 5m heard {witness} NLJ7RT61SV -> succeeded, receipt NLJ7RT61SV,
            receipt_status verified, tells nothing, asks no more
        | 1m callback paid NLJ7RT61SW -> conflicting receipt, unchanged
    """)


def test_what_settled_on_one_witness_is_confirmed_by_another() -> None:
    tell("""
        push 1000 | 20s callback paid NLJ7RT61SV
        | query unreachable | 20s query unreachable -> succeeded,
            corroboration unavailable, utility +1000
        | 1m heard c2b_confirmation NLJ7RT61SV -> corroboration confirmed, asks no more,
            tells nothing
    """)


def test_a_denied_success_is_confirmed_by_a_receipt_that_comes_later() -> None:
    fast("""
        push 1000 | 20s callback paid NLJ7RT61SV -> utility +1000
        | 5s query failed | 60s query failed -> corroboration disagrees
        | 1m heard pull_row NLJ7RT61SV -> corroboration confirmed, succeeded, tells nothing
    """)


# ── fast ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("witness", CLASS_B)
def test_fast_settles_on_one_class_b_and_asks_afterwards(witness: str) -> None:
    fast(f"""
        push 1000
        | 20s heard {witness} NLJ7RT61SV -> succeeded, corroboration pending, asks in 5s,
            payment succeeded, utility +1000
        | 1s heard {witness} NLJ7RT61SV -> repeated, unchanged
        | 1s heard pull_row NLJ7RT61SV -> corroboration confirmed, asks no more
    """)


@pytest.mark.parametrize("witness", CLASS_A)
def test_fast_is_sure_at_once_of_class_a(witness: str) -> None:
    fast(f"""
        push 1000
        | 20s heard {witness} NLJ7RT61SV -> succeeded, corroboration confirmed, utility +1000
    """)


def test_fast_settles_after_the_end_and_before_the_answer_too() -> None:
    fast("""
        push 1000 | 20s callback failed wrong_pin -> failed
        | 1m heard c2b_confirmation NLJ7RT61SV -> succeeded, payment succeeded, utility +1000
    """)
    fast("""
        dispatch 1000 | 1s deferred -> created
        | 1s heard c2b_confirmation NLJ7RT61SV -> succeeded, utility +1000
    """)


# ── what really arrived, for an attempt under dispute ────────────────────────────────────


def test_a_callback_about_a_wrong_amount_is_settled_when_the_asked_amount_is_proven() -> None:
    tell("""
        push 1000 | 20s callback disagrees amount -> contested
        | 1s proven 1000 NLJ7RT61SV -> succeeded, corroboration confirmed, payment succeeded,
            receipt NLJ7RT61SV, utility +1000
        | 1s proven 1000 NLJ7RT61SV -> conflicting contest, unchanged
    """)


def test_the_callbacks_own_receipt_may_be_the_one_that_is_proven_and_no_other() -> None:
    tell("""
        push 1000 | 20s callback paid NLJ7RT61SV | 1s callback disagrees amount -> contested
        | 1s proven 1000 NLJ7RT61SW -> conflicting receipt, unchanged
        | 1s proven 900 NLJ7RT61SV -> contested, utility +900, disputed -900
    """)


def test_proven_money_replaces_a_claim_by_hand_and_that_stands_for_itself() -> None:
    tell("""
        push 1000 | 20s heard c2b_confirmation UAH1Z2HAND
        | 1s callback disagrees amount -> contested
        | 1s proven 900 NLJ7RT61SV -> contested, payment succeeded, receipt UAH1Z2HAND,
            utility +1900, disputed -900, receivable -1000
    """)


@pytest.mark.parametrize("amount", [1, 900, 1100])
def test_another_amount_that_is_proven_is_booked_apart_for_a_person(amount: int) -> None:
    tell(f"""
        push 1000 | 20s callback disagrees amount -> contested, asks now
        | 1s proven {amount} NLJ7RT61SV -> contested, asks no more, witnesses status_result,
            payment requires_review, tells payment.requires_review, received 0.00,
            utility +{amount}, disputed -{amount}
        | 1s proven {amount} NLJ7RT61SV -> repeated, unchanged
        | 1s proven 1000 NLJ7RT61SV -> conflicting amount, unchanged
    """)


def test_the_asked_amount_from_another_payer_stays_with_the_person() -> None:
    tell("""
        push 1000 | 20s callback disagrees payer -> contested
        | 1s proven 1000 NLJ7RT61SV -> contested, payment requires_review,
            utility +1000, disputed -1000
    """)


@pytest.mark.parametrize("witness", [*CLASS_A, *CLASS_B])
def test_proven_money_is_not_counted_again_whoever_names_it(witness: str) -> None:
    tell(f"""
        push 1000 | 20s callback disagrees amount
        | 1s proven 900 NLJ7RT61SV -> utility +900, disputed -900
        | 1s heard {witness} NLJ7RT61SV -> repeated, contested, unchanged
        | 1s callback paid NLJ7RT61SV -> repeated, contested
        | 1s query paid -> contested
    """)


@pytest.mark.parametrize(
    "before",
    [
        "push 1000",
        "push 1000 | 20s callback paid NLJ7RT61SV | 1s query failed",
        "push 1000 | 300s query paid | 10m query nothing",
        "push 1000 | 20s callback failed wrong_pin",
    ],
)
def test_an_amount_is_proven_only_where_one_is_disputed(before: str) -> None:
    tell(f"{before} | 1s proven 900 NLJ7RT61SV -> conflicting contest, unchanged")
