"""Every row of the posting table, told as what happened and what it moved."""

import pytest

from domain.bookkeeping import AT, BOOKS, a_record, books
from domain.world import new_attempt
from pokea.daraja.values import Money
from pokea.domain.booking import Booking, Collected
from pokea.domain.errors import Bug
from pokea.domain.ids import JournalId
from pokea.domain.ledger import JournalKind, LedgerAccount, Posting, correction
from pokea.domain.posting_rules import (
    collection,
    payout_hold,
    payout_reserved,
    reversal_hold,
    reversal_succeeded,
)

HUNDRED = Money.shillings(100)
ATTEMPT = "att_01JZ8X4R2W8Z6V4H1G5F3D7S91"


def test_j1_collected_money_pays_what_the_customer_owed() -> None:
    books(f"collected 100 in time -> utility +100, receivable -100, as collect {ATTEMPT}")
    books(f"till collected 100 in time -> merchant +100, receivable -100, as collect {ATTEMPT}")


def test_j2_money_that_nobody_waits_for_is_kept_apart() -> None:
    books(f"collected 100 after cancel -> utility +100, unmatched -100, as collect {ATTEMPT}")
    books(f"collected 100 a second time -> utility +100, duplicate -100, as collect {ATTEMPT}")


def test_j3_money_paid_by_hand_waits_for_its_owner() -> None:
    books("received 100 -> utility +100, unmatched -100, as c2b rct_1")
    books("till received 100 -> merchant +100, unmatched -100, as c2b rct_1")


def test_j4_a_matched_receipt_pays_what_its_owner_owed() -> None:
    books("matched 100 of 100 due 100 -> unmatched +100, receivable -100, as match rct_1:0:1")
    books("matched 40 of 100 due 100 -> unmatched +40, receivable -40, as match rct_1:0:1")
    books(
        "matched 60 of 100 due 60 part 2 -> unmatched +60, receivable -60, as match rct_1:0:2"
    )


def test_j4_receipts_that_are_received_and_matched_leave_no_suspense() -> None:
    books(
        "received 100 then matched 100 of 100 due 100"
        " -> utility +100, receivable -100, as match rct_1:0:1"
    )


def test_j5_what_was_paid_too_much_is_kept_apart() -> None:
    books(
        "matched 130 of 130 due 100"
        " -> unmatched +130, receivable -100, overpaid -30, as match rct_1:0:1"
    )


def test_j5_of_a_payment_that_is_paid_already_nothing_is_due() -> None:
    books("matched 100 of 100 due 0 -> unmatched +100, duplicate -100, as match rct_1:0:1")


def test_j6_another_amount_than_was_asked_for_is_contested() -> None:
    books(f"contested 100 proven 70 -> utility +70, contested -70, as collect {ATTEMPT}")
    books(f"till contested 100 proven 70 -> merchant +70, contested -70, as collect {ATTEMPT}")


def test_j6b_an_accepted_amount_is_the_customers_payment() -> None:
    books(f"accepted 70 -> contested +70, receivable -70, as accept {ATTEMPT}")
    books(
        "contested 100 proven 70 then accepted 70"
        f" -> utility +70, receivable -70, as accept {ATTEMPT}"
    )


def test_j8_an_approved_payout_is_owed_to_its_recipient() -> None:
    books("payout approved 500 -> cost +500, obligation -500, as approve pout_1")


def test_j9_a_payouts_money_is_reserved_and_nothing_has_moved() -> None:
    books("payout reserved 500 -> pending payouts +500, pending utility -500, as hold pout_1:1")
    books(
        "payout reserved 500 for business"
        " -> pending payouts +500, pending working -500, as hold pout_1:1"
    )


def test_j10_a_payout_that_arrived_is_owed_no_more_and_reserves_nothing() -> None:
    books(
        "payout approved 500 then payout reserved 500 then payout succeeded 500 fee 13"
        " -> utility -500, cost +500, fees +13, charges -13, as paid pout_1"
    )
    books(
        "payout reserved 500 then payout succeeded 500 fee 0"
        " -> utility -500, obligation +500, as paid pout_1"
    )


def test_j11_a_payout_that_failed_is_still_owed_and_reserves_nothing() -> None:
    books(
        "payout approved 500 then payout reserved 500 then payout failed 500"
        " -> cost +500, obligation -500, as void pout_1:1"
    )


def test_j11_a_payout_that_was_given_up_is_owed_no_more() -> None:
    books("payout approved 500 then payout canceled 500 -> as cancel pout_1")


def test_j12_money_found_gone_after_a_failure_was_the_payout() -> None:
    books(
        "payout reserved 500 then payout failed 500 then payout left 500"
        " -> utility -500, obligation +500, as paid pout_1"
    )


def test_j13_a_payout_that_came_back_is_owed_again() -> None:
    books("payout returned 500 -> utility +500, obligation -500, as return UAF7X2K9QP")


def test_j14_a_reversals_money_is_reserved() -> None:
    books(
        "reversal reserved 100 -> pending reversals +100, pending utility -100, as hold rfd_1"
    )


def test_j15_money_given_back_is_taken_from_where_it_was_booked() -> None:
    books(
        "reversal reserved 100 then reversal succeeded 100 from receivable fee 0"
        " -> utility -100, receivable +100, as reversed UAF7X2K9QP"
    )
    books(
        "reversal reserved 100 then reversal succeeded 100 from duplicate fee 27"
        " -> utility -100, duplicate +100, fees +27, charges -27, as reversed UAF7X2K9QP"
    )


def test_j15_money_is_not_given_back_out_of_an_expense() -> None:
    with pytest.raises(Bug):
        reversal_succeeded(
            a_record(Money.shillings(100)),
            reversal_hold(Money.shillings(100)),
            LedgerAccount.MPESA_FEES,
            Money.zero(),
            AT,
        )


def test_j16_a_reversal_that_failed_reserves_nothing() -> None:
    books("reversal reserved 100 then reversal failed 100 -> as void rfd_1")


def test_j21_an_account_begins_with_what_it_held() -> None:
    books("opened utility 1000 -> utility +1000, opening -1000, as opening 600997:test:1010")
    books("opened charges 40 -> charges -40, opening +40, as opening 600997:test:1040")


def test_a_correction_undoes_the_entry_that_it_names_and_says_what_was_meant() -> None:
    wrong = collection(
        new_attempt(HUNDRED), Booking(owner=Collected.A_SECOND_TIME, amount=HUNDRED), AT
    )
    meant = collection(
        new_attempt(HUNDRED), Booking(owner=Collected.IN_TIME, amount=HUNDRED), AT
    )

    corrected = correction(wrong, JournalId("jrn_1"), meant.postings, AT)

    assert (corrected.kind, corrected.source_id) == (JournalKind.CORRECT, "jrn_1")
    assert corrected.corrects_id == "jrn_1"
    assert corrected.postings == (
        Posting(
            debit=LedgerAccount.SUSPENSE_DUPLICATE,
            credit=LedgerAccount.MPESA_UTILITY,
            amount=Money.shillings(100),
        ),
        *meant.postings,
    )


def test_a_corrected_hold_is_undone_where_it_was_reserved() -> None:
    hold = payout_hold(Money.shillings(100))
    wrong = payout_reserved(BOOKS, "pout_1", 1, hold, AT)

    corrected = correction(wrong, JournalId("jrn_1"), (), AT)

    assert corrected.postings == (hold.undone,)
    assert corrected.postings[0].pending
