"""Whose money by hand is: the rules in their order, and the spellings that are one."""

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest

from domain.world import new_payment
from pokea.daraja.values import Money
from pokea.domain.ids import CustomerId, PaymentId
from pokea.domain.matching import Candidates, NoOwner, find_owner, reference_key, spelled
from pokea.domain.payment import Payment, PaymentState

JANE, JOHN = CustomerId("cus_jane"), CustomerId("cus_john")


def payments(text: str) -> list[Payment]:
    """``open 1000, jane expired 500``: payments of a state and a debt, some of a customer."""
    return [
        _payment(number, *words.split())
        for number, words in enumerate(text.split(", "), start=1)
        if words
    ]


def _payment(number: int, *words: str) -> Payment:
    *customer, state, shillings = words
    return replace(
        new_payment(Money.shillings(int(shillings))),
        id=PaymentId(f"pay_{number}"),
        state=PaymentState(state),
        customer_id=CustomerId(f"cus_{customer[0]}") if customer else None,
    )


def owner(
    amount: int,
    *,
    account: str = "",
    numbered: Sequence[CustomerId] = (),
    phoned: Sequence[CustomerId] = (),
    customers: str = "",
    phone: str = "",
) -> str:
    """``rule: owner``, or why nobody owns it."""
    found = find_owner(
        Money.shillings(amount),
        Candidates(
            by_account=payments(account),
            customers_by_number=numbered,
            customers_by_phone=phoned,
            by_customer=payments(customers),
            by_phone=payments(phone),
        ),
    )
    if isinstance(found, NoOwner):
        return found.reason
    owners = [found.customer_id, found.payment.id if found.payment else None]
    return f"{found.rule}: {' '.join(one for one in owners if one)}"


@pytest.mark.parametrize(
    "typed",
    [
        "INV-10042",
        "inv 10042",
        "Inv10042",
        " inv/10042. ",
        "I.N.V 1-0-0-4-2",
        "INV\N{EN DASH}10042",
    ],
)
def test_all_spellings_of_an_account_number_are_one(typed: str) -> None:
    assert spelled(typed) == "INV10042"


@pytest.mark.parametrize("typed", ["INV-10043", "INV-1004", "NV-10042", "INV-100420"])
def test_another_number_is_another_number(typed: str) -> None:
    assert spelled(typed) != "INV10042"


@pytest.mark.parametrize("typed", ["", " ", "--", "\N{EM DASH}", "\N{SPARKLES}"])
def test_nothing_that_can_be_compared_is_nothing(typed: str) -> None:
    assert spelled(typed) == ""


@pytest.mark.parametrize(
    ("pattern", "typed", "key"),
    [
        (r"invoice (\d+)", "Invoice 10042 Jane", "10042"),
        (r"(?i)invoice (\d+)", "Invoice 10042 Jane", "10042"),
        (r"\d{5}", "Jane 10042", "10042"),
        (r"(\d+)", "no number", "NONUMBER"),
    ],
)
def test_a_merchants_pattern_finds_the_number_in_what_payers_write(
    pattern: str, typed: str, key: str
) -> None:
    found = spelled(typed, re.compile(pattern, re.IGNORECASE))

    assert found == key


@pytest.mark.parametrize(
    ("reference", "key"),
    [
        ("order 7", "ORDER7"),
        ("A" * 20, "A" * 20),
        ("A" * 21, None),
        ("a-" * 20, "A" * 20),
        ("--", None),
        ("", None),
        (None, None),
    ],
)
def test_a_reference_is_typed_only_when_it_fits(reference: str | None, key: str | None) -> None:
    assert reference_key(reference) == key


@pytest.mark.parametrize(
    ("account", "who"),
    [
        ("open 1000", "account_number: pay_1"),
        ("open 400", "account_number: pay_1"),
        ("processing 1000", "account_number: pay_1"),
        ("partially_paid 1000", "account_number: pay_1"),
        ("expired 1000", "account_number: pay_1"),
        ("succeeded 1000", "account_number: pay_1"),
        ("canceled 1000", "account_number: pay_1"),
        ("requires_review 1000", "account_number: pay_1"),
        ("expired 1000, open 400", "account_number: pay_2"),
        ("succeeded 1000, expired 400", "account_number: pay_2"),
        ("open 400, processing 1000", "account_number: pay_2"),
        ("open 1000, open 1000", "several_payments"),
        ("open 400, open 500", "several_payments"),
        ("expired 400, expired 1000", "account_number: pay_2"),
        ("succeeded 1000, canceled 1000", "several_payments"),
    ],
)
def test_by_the_account_number_whoever_can_still_be_paid_comes_first(
    account: str, who: str
) -> None:
    assert owner(1000, account=account) == who


def test_an_account_number_goes_before_every_other_rule_even_when_it_is_not_clear() -> None:
    def who(account: str) -> str:
        return owner(1000, account=account, numbered=[JANE], phoned=[JOHN], phone="open 1000")

    assert who("open 400") == "account_number: pay_1"
    assert who("open 400, open 500") == "several_payments"


def test_a_customers_number_goes_before_a_phone() -> None:
    assert owner(1000, numbered=[JANE], phoned=[JOHN]) == "customer_number: cus_jane"
    assert owner(1000, phoned=[JOHN], phone="open 1000") == "customer_phone: cus_john"
    assert owner(1000, phone="open 1000") == "payer_phone: pay_1"


@pytest.mark.parametrize(
    ("customers", "who"),
    [
        ("", "cus_jane"),
        ("jane open 1000", "cus_jane pay_1"),
        ("jane open 400", "cus_jane"),
        ("jane expired 1000", "cus_jane"),
        ("john open 1000", "cus_jane"),
        ("jane open 1000, jane open 1000", "cus_jane"),
        ("jane open 400, jane processing 1000", "cus_jane pay_2"),
    ],
)
def test_a_customers_money_pays_the_one_payment_of_exactly_that_amount(
    customers: str, who: str
) -> None:
    assert owner(1000, numbered=[JANE], customers=customers) == f"customer_number: {who}"


@pytest.mark.parametrize(
    ("phone", "who"),
    [
        ("open 1000", "payer_phone: pay_1"),
        ("open 1000, open 400", "payer_phone: pay_1"),
        ("open 999", "unknown_account"),
        ("expired 1000", "unknown_account"),
        ("open 1000, processing 1000", "several_payments"),
        ("", "unknown_account"),
    ],
)
def test_a_payers_phone_alone_pays_only_the_one_exact_amount(phone: str, who: str) -> None:
    assert owner(1000, phone=phone) == who


def test_several_customers_are_nobody() -> None:
    assert owner(1000, numbered=[JANE, JOHN]) == "several_customers"
    assert owner(1000, phoned=[JANE, JOHN], phone="open 1000") == "several_customers"
