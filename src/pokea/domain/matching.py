"""Whose is money that was paid by hand? Rules that never guess.

What a payer typed is compared in capital letters and digits only, so that "inv 10042",
"INV-10042" and "Inv10042" are one. The rules, in order: a payment's account number or
reference, a customer's number, the payer's phone. A rule that finds more than one owner finds
none, and a person looks. Source: STATE_MACHINES section 4.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pokea.daraja.values import Money
from pokea.domain.account_key import account_key
from pokea.domain.ids import CustomerId
from pokea.domain.payment import Payment, PaymentState

KEY_MAX: Final = 20
"""M-PESA's own limit of an account number by hand (SPEC 4); longer text cannot be typed."""

PAYABLE: Final = frozenset(
    {PaymentState.OPEN, PaymentState.PROCESSING, PaymentState.PARTIALLY_PAID}
)


def spelled(text: str, pattern: re.Pattern[str] | None = None) -> str:
    r"""What is compared: capital letters and digits. ``pattern``'s first group is the number.

    A merchant whose payers write "Invoice 10042 Jane" gives the pattern ``invoice (\d+)``.
    """
    if pattern is not None and (found := pattern.search(text)) is not None:
        text = found[1] if found.re.groups else found[0]
    return account_key(text)


def reference_key(text: str | None) -> str | None:
    """A merchant's reference as a payer may type it, or None where it cannot be typed."""
    key = spelled(text or "")
    return key if 0 < len(key) <= KEY_MAX else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Who may own some money, by each rule."""

    by_account: Sequence[Payment] = ()
    customers_by_number: Sequence[CustomerId] = ()
    customers_by_phone: Sequence[CustomerId] = ()
    by_customer: Sequence[Payment] = ()
    by_phone: Sequence[Payment] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whose the money is, and by which rule."""

    rule: str
    payment: Payment | None = None
    customer_id: CustomerId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoOwner:
    """Nobody, for a reason that a person can act on."""

    reason: str


def find_owner(amount: Money, candidates: Candidates) -> Owner | NoOwner:
    """Whose an amount is, by the first rule that knows exactly one owner."""
    if candidates.by_account:
        return _by_account(amount, candidates.by_account)
    for rule, customers in (
        ("customer_number", candidates.customers_by_number),
        ("customer_phone", candidates.customers_by_phone),
    ):
        if len(customers) > 1:
            return NoOwner(reason="several_customers")
        if customers:
            return _of_customer(amount, rule, customers[0], candidates.by_customer)
    exact = [one for one in candidates.by_phone if one.state in PAYABLE and one.owed == amount]
    if len(exact) == 1:
        return Owner(rule="payer_phone", payment=exact[0])
    return NoOwner(reason="several_payments" if exact else "unknown_account")


def _by_account(amount: Money, found: Sequence[Payment]) -> Owner | NoOwner:
    """Who can still be paid goes before who expired, and both before who needs it no more."""
    for wanted in (PAYABLE, {PaymentState.EXPIRED}, set(PaymentState)):
        some = [one for one in found if one.state in wanted]
        if len(some) > 1:
            some = [one for one in some if one.owed == amount]
            if len(some) != 1:
                return NoOwner(reason="several_payments")
        if some:
            return Owner(rule="account_number", payment=some[0])
    return NoOwner(reason="unknown_account")


def _of_customer(
    amount: Money, rule: str, customer: CustomerId, payments: Sequence[Payment]
) -> Owner:
    exact = [
        one
        for one in payments
        if one.customer_id == customer and one.state in PAYABLE and one.owed == amount
    ]
    if len(exact) == 1:
        return Owner(rule=rule, payment=exact[0], customer_id=customer)
    return Owner(rule=rule, customer_id=customer)
