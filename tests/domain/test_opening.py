"""What accounts held before the books began: J21 by account, and what is no opening."""

import pytest

from domain.bookkeeping import AT, BOOKS
from pokea.domain.balance import Figure
from pokea.domain.errors import Bug
from pokea.domain.ledger import LedgerAccount
from pokea.domain.opening import is_an_opening, opening_entries, unexplained

UTILITY, WORKING = LedgerAccount.MPESA_UTILITY, LedgerAccount.MPESA_WORKING
CHARGES = LedgerAccount.MPESA_CHARGES_PAID


def figure(name: str, cents: int) -> Figure:
    return Figure(name=name, currency="KES", current_cents=cents, available_cents=cents)


def test_what_the_books_do_not_explain_was_there_before() -> None:
    figures = [
        figure("Utility Account", 150_00),
        figure("Working Account", 20_00),
        figure("Charges Paid Account", -7_00),
        figure("Airtime Account", 99_00),
        figure("Merchant Account", 0),
    ]

    left = unexplained(figures, {UTILITY: 100_00, WORKING: 20_00})

    assert left == {UTILITY: 50_00, CHARGES: -7_00}


@pytest.mark.parametrize(
    ("account", "cents", "is_one"),
    [(UTILITY, 1, True), (UTILITY, -1, False), (CHARGES, -1, True), (CHARGES, 1, False)],
)
def test_only_what_is_more_was_there_before(
    account: LedgerAccount, cents: int, *, is_one: bool
) -> None:
    assert is_an_opening(account, cents) is is_one


def test_each_account_is_opened_by_an_entry_of_its_own() -> None:
    entries = opening_entries(BOOKS, {UTILITY: 50_00, CHARGES: -7_00}, AT)

    moved = [
        (one.debit.value, one.credit.value, one.amount.in_cents)
        for entry in entries
        for one in entry.postings
    ]
    assert moved == [(1010, 3010, 50_00), (3010, 1040, 7_00)]
    assert len({entry.source_id for entry in entries}) == 2


def test_an_account_that_holds_less_is_not_opened() -> None:
    with pytest.raises(Bug):
        opening_entries(BOOKS, {UTILITY: -1}, AT)
