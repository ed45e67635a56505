from dataclasses import replace
from datetime import timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from domain.statements import PAID, PORTAL, the_line
from pokea.daraja.values import Money
from pokea.domain.statement import Side, StatementLine
from pokea.domain.statement_chain import Balances, balances_of

PATTERN = the_line(f"{PORTAL}{PAID}\n")


def lines(opening: int, *movements: int) -> list[StatementLine]:
    made: list[StatementLine] = []
    balance = opening
    for number, cents in enumerate(movements):
        balance += cents
        made.append(
            replace(
                PATTERN,
                at=PATTERN.at + timedelta(seconds=number),
                side=Side.IN if cents > 0 else Side.OUT,
                amount=Money.cents(abs(cents)),
                balance=balance,
            )
        )
    return made


def test_a_whole_statement_tells_its_opening_and_closing_balance() -> None:
    whole = lines(10_000, 150, -20, 300)

    assert balances_of(whole) == Balances(opening=10_000, closing=10_430, whole=True)


@given(
    st.lists(st.integers(-500, 500).filter(bool), min_size=1, max_size=40),
    st.integers(-1000, 10_000),
    st.randoms(use_true_random=False),
)
def test_the_order_of_lines_does_not_matter(
    movements: list[int], opening: int, chance: Random
) -> None:
    ordered = lines(opening, *movements)
    shuffled = chance.sample(ordered, len(ordered))

    assert balances_of(shuffled) == balances_of(ordered)
    assert balances_of(ordered).whole is True
    assert balances_of(ordered).closing == opening + sum(movements)


def test_a_line_that_was_left_out_breaks_the_chain() -> None:
    whole = lines(10_000, 150, -20, 300)

    assert balances_of([whole[0], whole[2]]).whole is False


def test_a_changed_amount_breaks_the_chain() -> None:
    first, second, third = lines(10_000, 150, -20, 300)

    assert balances_of([first, replace(second, amount=Money.cents(21)), third]).whole is False


def test_as_much_in_as_out_is_a_circle_that_begins_with_its_first_line() -> None:
    circle = lines(700, 150, -50, -100)

    assert balances_of(circle[::-1]) == Balances(opening=700, closing=700, whole=True)


def test_without_balances_nothing_can_be_said() -> None:
    whole = lines(10_000, 150, -20)

    assert balances_of([whole[0], replace(whole[1], balance=None)]) == Balances()
    assert balances_of([]) == Balances()
