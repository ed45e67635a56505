"""M-PESA's balances beside the books: what differs, since when, and when it is told."""

from dataclasses import replace
from datetime import timedelta

from harness.examples import NOW, a_balance
from pokea.domain.balance import (
    COMPARED_AFTER,
    TOLD_AFTER,
    BalanceReading,
    Figure,
    compared,
    is_to_be_told,
    may_be_compared,
)
from pokea.domain.ledger import LedgerAccount

UTILITY, CHARGES = LedgerAccount.MPESA_UTILITY, LedgerAccount.MPESA_CHARGES_PAID
AGREES = {UTILITY: 150_00, CHARGES: -5_00}


def looks(row: str) -> list[BalanceReading]:
    """A look every quarter of an hour, each compared with the one before; x differs."""
    seen: list[BalanceReading] = []
    for number, look in enumerate(row):
        at = NOW + number * timedelta(minutes=15)
        books = AGREES | ({UTILITY: 100_00} if look == "x" else {})
        reading = replace(a_balance(), as_of=at, heard_at=at)
        reading = compared(reading, books, seen[-1] if seen else None, at)
        if is_to_be_told(reading):
            reading = replace(reading, told_at=at)
        seen.append(reading)
    return seen


def test_what_was_on_its_way_has_time_to_arrive_before_anything_is_compared() -> None:
    reading = a_balance()

    assert not may_be_compared(reading, NOW + COMPARED_AFTER - timedelta(seconds=1))
    assert may_be_compared(reading, NOW + COMPARED_AFTER)
    done = compared(reading, AGREES, None, NOW + COMPARED_AFTER)
    assert not may_be_compared(done, NOW + timedelta(days=1))


def test_accounts_are_compared_one_by_one_and_negative_charges_are_ordinary() -> None:
    reading = compared(a_balance(), AGREES, None, NOW)

    assert reading.agrees
    assert reading.difference_cents == 0
    assert {one.name: one.ledger_cents for one in reading.figures} == {
        "Utility Account": 150_00,
        "Charges Paid Account": -5_00,
    }


def test_the_difference_is_the_books_minus_m_pesa() -> None:
    reading = compared(a_balance(), AGREES | {UTILITY: 100_00}, None, NOW)

    assert reading.difference_cents == -50_00
    assert reading.differs_since == reading.as_of


def test_two_accounts_that_differ_oppositely_do_not_agree() -> None:
    reading = compared(a_balance(), {UTILITY: 151_00, CHARGES: -6_00}, None, NOW)

    assert reading.difference_cents == 0
    assert not reading.agrees


def test_an_account_that_m_pesa_does_not_name_must_be_empty_in_the_books() -> None:
    books = AGREES | {LedgerAccount.MPESA_MERCHANT: 7_00, LedgerAccount.MPESA_WORKING: 0}

    reading = compared(a_balance(), books, None, NOW)

    assert reading.difference_cents == 7_00
    assert [one.name for one in reading.figures][2:] == ["Merchant Account"]


def test_an_account_that_the_books_do_not_know_is_shown_and_not_compared() -> None:
    loan = Figure(name="Loan Account", currency="KES", current_cents=9_00, available_cents=9_00)
    before = a_balance()

    reading = compared(replace(before, figures=(*before.figures, loan)), AGREES, None, NOW)

    assert reading.agrees
    assert reading.figures[-1] == loan


def test_a_difference_at_every_look_of_an_hour_is_told_once() -> None:
    told = [one.told_at is not None for one in looks("xxxxxxxx")]

    assert told == [False] * 4 + [True] * 4
    assert len({one.told_at for one in looks("xxxxxxxx")[4:]}) == 1


def test_one_look_that_agrees_begins_the_hour_anew() -> None:
    seen = looks("xxxx.xxxxxx")

    assert [number for number, one in enumerate(seen) if one.told_at is not None] == [9, 10]
    assert seen[4].differs_since is None


def test_a_new_row_of_differences_is_told_anew() -> None:
    seen = looks("xxxxx.xxxxx")

    assert seen[4].told_at is not None
    assert seen[6].told_at is None
    assert seen[10].told_at == seen[10].as_of
    assert timedelta(hours=1) == TOLD_AFTER
