"""What a status result means, and what it must never be taken for."""

from dataclasses import replace

import pytest

from harness.examples import NOW, PHONE, RECEIPT, SHORTCODE, TILL, an_inquiry
from pokea.daraja.results import CREDENTIAL_CODES
from pokea.daraja.values import Money, Receipt
from pokea.domain.status_word import (
    Arrived,
    Ended,
    Open,
    Refused,
    StatusTold,
    StatusWord,
    Strange,
    read_status,
)

OURS = frozenset({SHORTCODE.digits, TILL.digits})
COMPLETED = StatusTold(
    code="0",
    status="Completed",
    receipt=RECEIPT,
    amount=Money.shillings(100),
    paid_at=NOW,
    credited=SHORTCODE.digits,
    payer=PHONE,
    payer_name="WANJIKU KAMAU",
)


def read(**bent: object) -> StatusWord:
    return read_status(an_inquiry(), replace(COMPLETED, **bent), OURS)


def test_completed_for_us_with_receipt_and_amount_is_money_that_arrived() -> None:
    assert read() == Arrived(
        receipt=RECEIPT,
        amount=Money.shillings(100),
        paid_at=NOW,
        payer=PHONE,
        payer_name="WANJIKU KAMAU",
        outcome="completed 100.00",
    )
    assert isinstance(read(credited=TILL.digits), Arrived)


@pytest.mark.parametrize("credited", ["600000", "254712345678", ""])
def test_a_completed_payment_to_somebody_else_is_no_money_of_ours(credited: str) -> None:
    # A payout's receipt is completed as well: whoever names it as a payment is wrong.
    word = read(credited=credited)

    assert isinstance(word, Ended)
    assert not word.denies


@pytest.mark.parametrize("status", ["Cancelled", "Declined", "Expired", "DECLINED"])
def test_a_final_status_without_money_is_an_end(status: str) -> None:
    assert read(status=status) == Ended(status.lower(), denies=True)


@pytest.mark.parametrize("status", ["Initiated", "Authorized", "Pending Authorized", "New", ""])
def test_a_status_that_is_not_final_or_not_known_says_nothing_yet(status: str) -> None:
    assert isinstance(read(status=status), Open)


def test_code_zero_alone_is_never_success() -> None:
    nothing = read(status="", receipt=None, amount=None, paid_at=None, credited="")

    assert nothing == Open("nothing")


def test_another_receipt_than_we_asked_about_is_strange() -> None:
    assert read(receipt=Receipt("UAF7X2K9QQ")) == Strange("receipt")


@pytest.mark.parametrize("missing", ["amount", "paid_at"])
def test_completed_without_what_counts_is_strange(missing: str) -> None:
    assert read(**{missing: None}) == Strange("incomplete")


def test_completed_without_a_receipt_says_nothing_yet() -> None:
    assert read(receipt=None) == Open("completed")


def test_an_unknown_receipt_may_be_known_later() -> None:
    assert read(code="2032") == Open("not_found")


@pytest.mark.parametrize("code", sorted(CREDENTIAL_CODES))
def test_a_refused_initiator_is_not_asked_again(code: str) -> None:
    assert read(code=code) == Refused(code)


@pytest.mark.parametrize("code", ["26", "17", "99999", "00", "-1", "abc"])
def test_a_busy_or_unlisted_code_is_neither_yes_nor_no(code: str) -> None:
    assert read(code=code) == Open(code)
