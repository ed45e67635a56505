"""M-PESA reverses money that had come: where it sat, and what its payment counts then."""

import pytest

from domain.statements import PORTAL, the_line
from domain.story import tell
from pokea.daraja.values import Receipt
from pokea.domain.statement import LineKind, Side
from pokea.domain.statement_rows import reversed_receipt

ORIGINAL = "UKN7RT61SV"


# ── what a payment counts ────────────────────────────────────────────────────────────────


def test_a_paid_payment_stays_paid_and_shows_what_was_given_back() -> None:
    tell("""
        push 1000 | 20s callback paid NLJ7RT61SV | 1s query paid -> payment succeeded,
            utility +1000, receivable -1000
        | 1h reversed NLJ7RT61SV -> payment succeeded, tells payment.reversed,
            received 1000.00, refunded 1000.00, receivable +1000, left -1000
        | reversed NLJ7RT61SV -> conflicting amount, tells nothing
    """)


def test_money_by_hand_that_was_too_much_is_given_back_from_both_accounts() -> None:
    tell("""
        open 1000 | by hand 1300 UAH1Z2HAND -> payment succeeded, utility +1300,
            receivable -1000, overpaid -300
        | reversed UAH1Z2HAND -> payment succeeded, received 1000.00, refunded 1000.00,
            receivable +1000, overpaid +300, left -1300
    """)


def test_a_second_payment_that_was_given_back_leaves_the_first_ones_figures() -> None:
    tell("""
        open 1000 | by hand 1000 UAH1Z2HAND | by hand 1000 UAH2Z2HAND -> utility +1000,
            duplicate -1000
        | reversed UAH2Z2HAND -> payment succeeded, tells payment.reversed, refunded 0.00,
            duplicate +1000, left -1000
        | reversed UAH1Z2HAND -> refunded 1000.00, receivable +1000, left -1000
    """)


def test_a_part_that_was_given_back_is_owed_again() -> None:
    tell("""
        open 1000 | by person 400 UAH1Z2PART | by person 500 UAH2Z2PART
        | reversed UAH1Z2PART -> payment partially_paid, received 500.00, refunded 0.00,
            tells payment.reversed, receivable +400, left -400
        | reversed UAH2Z2PART -> payment open, received 0.00, tells payment.reversed,
            receivable +500, left -500
        | 1h expire -> payment expired
    """)


def test_a_part_that_was_given_back_while_the_rest_is_prompted() -> None:
    tell("""
        open 1000 | by person 400 UAH1Z2PART | push again -> payment processing
        | reversed UAH1Z2PART -> payment processing, received 0.00, tells payment.reversed,
            receivable +400, left -400
        | 20s callback paid NLJ7RT61SV | 1s query paid -> payment partially_paid,
            received 600.00, utility +600, receivable -600
    """)


def test_late_money_that_was_given_back_leaves_the_payment_canceled() -> None:
    tell("""
        open 1000 | cancel
        | by hand 400 UAH1Z2HAND | by hand 500 UAH2Z2HAND -> payment requires_review,
            received 900.00, utility +500, unmatched -500
        | reversed UAH1Z2HAND -> payment requires_review, received 500.00, unmatched +400,
            left -400
        | reversed UAH2Z2HAND -> payment canceled, received 0.00, tells payment.reversed,
            unmatched +500, left -500
        | accept -> conflicting state
    """)


def test_late_money_that_was_accepted_is_given_back_from_what_was_paid() -> None:
    tell("""
        open 1000 | cancel | by hand 1000 UAH1Z2HAND | accept -> payment succeeded,
            unmatched +1000, receivable -1000
        | reversed UAH1Z2HAND -> payment succeeded, refunded 1000.00, receivable +1000,
            left -1000
    """)


def test_contested_money_is_given_back_from_where_it_was() -> None:
    tell("""
        push 1000 | 20s callback disagrees amount | 1s proven 900 NLJ7RT61SV
            -> utility +900, disputed -900
        | reversed NLJ7RT61SV -> payment requires_review, received 0.00,
            tells payment.reversed, disputed +900, left -900
        | accept -> conflicting amount, payment requires_review
        | by hand 1000 UAH1Z2HAND -> payment succeeded, utility +1000, receivable -1000
    """)


def test_contested_money_that_was_accepted_is_refunded() -> None:
    tell("""
        push 1000 | 20s callback disagrees amount | 1s proven 900 NLJ7RT61SV
        | accept -> payment succeeded, disputed +900, receivable -900
        | reversed NLJ7RT61SV -> payment succeeded, received 900.00, refunded 900.00,
            receivable +900, left -900
    """)


def test_a_callback_for_money_that_came_by_hand_and_went_pays_nothing() -> None:
    tell("""
        push 1000 | 1h by hand 1000 UAH1Z2HAND -> payment succeeded, utility +1000,
            receivable -1000
        | reversed UAH1Z2HAND -> refunded 1000.00, receivable +1000, left -1000
        | 1s heard pull_row UAH1Z2HAND -> succeeded, tells nothing, refunded 1000.00
    """)


# ── which receipt a line gave back ───────────────────────────────────────────────────────


def _line(details: str, *, linked: str = "", out: str = "150.00", paid_in: str = "") -> str:
    heading = PORTAL.rstrip() + ",Linked Transaction ID\n"
    return (
        f"{heading}UKN9RV61SV,23-11-2026 15:05:09,{details},Completed,{out},{paid_in},"
        f"1000.00,TRUE,Transaction Reversal,2547*****678 - WANJIKU,INV-1,{linked}\n"
    )


@pytest.mark.parametrize(
    ("details", "linked"),
    [
        ("Transaction Reversal 2547*****678 - WANJIKU Acc. INV-1", ORIGINAL),
        ("Transaction Reversal", ORIGINAL.lower()),
        (f"Reversal of {ORIGINAL}", ""),
        (f"Reversal of transaction {ORIGINAL} to 2547*****678", ""),
        (f"Pay Bill Reversal {ORIGINAL}", "-"),
        ("Reversal of UKN1RT61SV", ORIGINAL),
    ],
)
def test_the_portal_names_what_was_reversed(details: str, linked: str) -> None:
    line = the_line(_line(details, linked=linked))

    assert (line.kind, line.side) == (LineKind.REVERSAL, Side.OUT)
    assert reversed_receipt(line) == Receipt(ORIGINAL)


@pytest.mark.parametrize(
    "details",
    [
        "Transaction Reversal",
        f"Transaction Reversal 2547*****678 - EVE Acc. {ORIGINAL}",
        "Transaction Reversal 0712345678",
        "Transaction Reversal Settlement",
        "Reversal of UKN9RV61SV",
    ],
)
def test_what_a_payer_typed_names_nothing(details: str) -> None:
    assert reversed_receipt(the_line(_line(details))) is None


def test_a_reversal_that_brings_money_in_is_no_customers_payment_given_back() -> None:
    line = the_line(_line("Transaction Reversal", linked=ORIGINAL, out="", paid_in="150.00"))

    assert reversed_receipt(line) is None
