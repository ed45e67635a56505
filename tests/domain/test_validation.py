"""What is refused before money moves, and for what: each rule, and that doubt lets it come."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from harness.examples import ACCOUNT, NOW, SHORTCODE, TILL, a_payment, named
from pokea.daraja.values import Money, Shortcode
from pokea.domain.ids import CustomerId, ShortcodeId
from pokea.domain.payment import Payment, PaymentState
from pokea.domain.receipt import Collector
from pokea.domain.validation import (
    SHARED_FROM,
    Asked,
    DecidedBy,
    KnownAccount,
    RefusedFor,
    Ruling,
    ValidationRules,
    by_default,
    read_answer,
    rule_here,
    rule_on_unknown,
)

PAYBILL = Collector(
    id=ShortcodeId(named("sc", 1)),
    account_id=ACCOUNT,
    livemode=False,
    shortcode=SHORTCODE,
    till=None,
)
SHOP = replace(PAYBILL, till=TILL)
CUSTOMER = CustomerId(named("cus", 1))
OPEN = a_payment(1)
IN_PARTS = replace(OPEN, allow_partial=True)
PAID = replace(OPEN, state=PaymentState.SUCCEEDED, amount_received=Money.shillings(100))
LIMITS = ValidationRules(amount_min=Money.shillings(50), amount_max=Money.shillings(500))
SCHOOL = ValidationRules(accounts=re.compile(r"ADM/[0-9]{4}", re.IGNORECASE))


def told(ruling: Ruling | None) -> str:
    """A ruling in two words."""
    if ruling is None:
        return "nothing known"
    return f"{ruling.refused_for or 'ok'}: {ruling.because}"


def ask(
    shillings: int = 100, account: str = "INV-1", shortcode: Shortcode | None = SHORTCODE
) -> Asked:
    return Asked(account=account, amount=Money.shillings(shillings), shortcode=shortcode)


def rule(
    asked: Asked,
    *payments: Payment,
    customer: CustomerId | None = None,
    rules: ValidationRules | None = None,
    at: Collector = PAYBILL,
) -> str:
    known = KnownAccount(payments=payments, customer_id=customer)
    return told(rule_here(asked, at, known, rules or ValidationRules()))


@pytest.mark.parametrize(
    ("shillings", "payments", "answer"),
    [
        (100, [], "nothing known"),
        (100, [OPEN], "ok: payment"),
        (99, [OPEN], "amount: amount_differs"),
        (101, [OPEN], "amount: amount_differs"),
        (99, [IN_PARTS], "ok: payment"),
        (250, [IN_PARTS], "ok: payment"),
        (100, [PAID], "account: payment_has_ended"),
        (100, [replace(OPEN, state=PaymentState.CANCELED)], "account: payment_has_ended"),
        (100, [replace(OPEN, state=PaymentState.EXPIRED)], "account: payment_has_ended"),
        (100, [PAID, OPEN], "ok: payment"),
        (70, [PAID, OPEN], "amount: amount_differs"),
        (100, [replace(OPEN, amount=Money.shillings(7)), OPEN], "ok: payment"),
        (100, [replace(OPEN, state=PaymentState.PROCESSING)], "ok: payment"),
    ],
)
def test_a_payment_takes_what_it_still_owes(
    shillings: int, payments: list[Payment], answer: str
) -> None:
    assert rule(ask(shillings), *payments) == answer


def test_a_number_that_many_payments_share_refuses_nobody() -> None:
    shared = [replace(PAID, expires_at=NOW + timedelta(days=day)) for day in range(SHARED_FROM)]

    assert rule(ask(100), *shared) == "nothing known"
    assert rule(ask(70), *shared[1:], OPEN) == "nothing known"
    assert rule(ask(100), *shared[1:], OPEN) == "ok: payment"


def test_a_customer_may_pay_any_amount_also_when_a_payment_has_their_number() -> None:
    assert rule(ask(77), customer=CUSTOMER) == "ok: customer"
    assert rule(ask(77), PAID, customer=CUSTOMER) == "ok: customer"
    assert rule(ask(77), OPEN, customer=CUSTOMER) == "ok: customer"


@pytest.mark.parametrize(
    ("shillings", "answer"),
    [
        (49, "amount: below_minimum"),
        (50, "nothing known"),
        (500, "nothing known"),
        (501, "amount: above_maximum"),
    ],
)
def test_the_merchants_limits_include_their_ends(shillings: int, answer: str) -> None:
    assert rule(ask(shillings), rules=LIMITS) == answer


@pytest.mark.parametrize(
    ("account", "answer"),
    [
        ("ADM/1042", "ok: account_form"),
        ("adm/1042", "ok: account_form"),
        ("ADM/10421", "nothing known"),
        ("x ADM/1042", "nothing known"),
        ("ADM/1042" + " " * 13, "nothing known"),
    ],
)
def test_numbers_of_a_form_that_only_the_merchant_knows(account: str, answer: str) -> None:
    assert rule(ask(account=account), rules=SCHOOL) == answer


@pytest.mark.parametrize(
    ("shortcode", "answer"),
    [
        (Shortcode("600000"), "shortcode: another_shortcode"),
        (SHORTCODE, "ok: till"),
        (TILL, "ok: till"),
        (None, "ok: till"),
    ],
)
def test_money_for_another_shortcode_is_refused(
    shortcode: Shortcode | None, answer: str
) -> None:
    assert rule(ask(account="", shortcode=shortcode), at=SHOP) == answer


def test_an_unknown_account_is_let_through_unless_only_known_ones_are_wanted() -> None:
    known_only = ValidationRules(known_accounts_only=True)

    assert told(rule_on_unknown(ValidationRules())) == "ok: unknown_account"
    assert told(rule_on_unknown(known_only)) == "account: unknown_account"


def test_the_default_is_the_merchants_own() -> None:
    yes, no = by_default("database", accept=True), by_default("database", accept=False)

    assert (yes.accepted, no.accepted) == (True, False)
    assert (no.refused_for, no.by) == (RefusedFor.OTHER, DecidedBy.DEFAULT)


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (True, "ok: hook"),
        (False, "other: hook"),
        ({"accept": True}, "ok: hook"),
        ({"accept": True, "reason": "amount"}, "ok: hook"),
        ({"accept": False}, "other: hook"),
        ({"accept": False, "reason": None}, "other: hook"),
        *[({"accept": False, "reason": one.value}, f"{one}: hook") for one in RefusedFor],
        ({"accept": False, "reason": "weather"}, "nothing known"),
        ({"accept": False, "reason": ["amount"]}, "nothing known"),
        ({"accept": "true"}, "nothing known"),
        ({"accept": 1}, "nothing known"),
        ({}, "nothing known"),
        (1, "nothing known"),
        (None, "nothing known"),
        ("accept", "nothing known"),
        ([True], "nothing known"),
    ],
    ids=str,
)
def test_only_a_plain_yes_or_no_of_the_hooks_counts(said: object, answer: str) -> None:
    assert told(read_answer(said)) == answer
