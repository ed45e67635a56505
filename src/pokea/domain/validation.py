"""May this money come? What Safaricom is told before a customer pays by hand.

Nothing here is money: a payment that is let through is counted when its confirmation comes. A
payment is refused only for a reason that its customer can mend; whatever is merely unknown is
let through and waits for its owner in suspense, unless the merchant wants known accounts only.
Source: STATE_MACHINES section 1.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, cast

from pokea.daraja.values import Money, Shortcode
from pokea.domain.ids import AccountId, CustomerId, ShortcodeId, ValidationId
from pokea.domain.matching import KEY_MAX, PAYABLE
from pokea.domain.payment import Payment
from pokea.domain.receipt import Collector

SHARED_FROM: Final = 20
"""So many payments with one account number share it: which of them is meant, nobody knows."""


class RefusedFor(StrEnum):
    """What is wrong; it chooses the customer's message. The words are the hook's."""

    PHONE = "phone"
    ACCOUNT = "account"
    AMOUNT = "amount"
    KYC = "kyc"
    SHORTCODE = "shortcode"
    OTHER = "other"


class DecidedBy(StrEnum):
    """Who said so."""

    RULES = "rules"  # the merchant's settings, payments and customers
    HOOK = "hook"  # the merchant's own program
    DEFAULT = "default"  # nobody could in time


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """An answer, and why: ``because`` is for whoever reads the log."""

    refused_for: RefusedFor | None
    by: DecidedBy
    because: str

    @property
    def accepted(self) -> bool:
        """Whether the money may come."""
        return self.refused_for is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Money that a customer is about to pay by hand; ``account`` is what they typed."""

    account: str
    amount: Money
    shortcode: Shortcode | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAccount:
    """What bears the account number that was typed."""

    payments: Sequence[Payment] = ()
    customer_id: CustomerId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationRules:
    """A merchant's settings. ``accounts`` is the form of numbers that only they know."""

    known_accounts_only: bool = False
    accounts: re.Pattern[str] | None = None
    amount_min: Money | None = None
    amount_max: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """One question of Safaricom's and its answer, for the log."""

    id: ValidationId
    shortcode_id: ShortcodeId
    account_id: AccountId | None
    body: bytes
    ruling: Ruling
    elapsed_ms: int
    at: datetime


def rule_here(
    asked: Asked, collector: Collector, known: KnownAccount, rules: ValidationRules
) -> Ruling | None:
    """What the gateway itself can say, or None when nobody here knows the account."""
    if asked.shortcode not in {None, collector.shortcode, collector.till}:
        # Its confirmation could not be credited either.
        return _refuse(RefusedFor.SHORTCODE, "another_shortcode")
    if rules.amount_min is not None and asked.amount < rules.amount_min:
        return _refuse(RefusedFor.AMOUNT, "below_minimum")
    if rules.amount_max is not None and asked.amount > rules.amount_max:
        return _refuse(RefusedFor.AMOUNT, "above_maximum")
    if collector.till is not None and not asked.account.strip():
        return _accept("till")  # where nobody is asked for an account
    return _rule_on_account(asked, known, rules)


def _rule_on_account(
    asked: Asked, known: KnownAccount, rules: ValidationRules
) -> Ruling | None:
    payable = [one for one in known.payments if one.state in PAYABLE]
    shared = len(known.payments) >= SHARED_FROM
    if any(one.allow_partial or one.owed == asked.amount for one in payable):
        return _accept("payment")
    if known.customer_id is not None:
        return _accept("customer")
    if payable and not shared:
        return _refuse(RefusedFor.AMOUNT, "amount_differs")
    if known.payments and not shared:
        # Paid, canceled or expired: its customer needs a new one, with its own number.
        return _refuse(RefusedFor.ACCOUNT, "payment_has_ended")
    if rules.accounts is not None and _has_form(asked.account, rules.accounts):
        return _accept("account_form")
    return None


def rule_on_unknown(rules: ValidationRules) -> Ruling:
    """The answer about an account that nobody knows."""
    if rules.known_accounts_only:
        return _refuse(RefusedFor.ACCOUNT, "unknown_account")
    return _accept("unknown_account")


def by_default(because: str, *, accept: bool) -> Ruling:
    """The merchant's stated answer for when nobody can say."""
    refused_for = None if accept else RefusedFor.OTHER
    return Ruling(refused_for=refused_for, by=DecidedBy.DEFAULT, because=because)


def read_answer(said: object) -> Ruling | None:
    """What a merchant's hook answered, or None when it makes no sense.

    ``true`` and ``false`` will do; ``{"accept": false, "reason": "amount"}`` says why.
    """
    if isinstance(said, bool):
        said = {"accept": said}
    if not isinstance(said, dict):
        return None
    members = cast("Mapping[object, object]", said)
    accept, reason = members.get("accept"), members.get("reason") or RefusedFor.OTHER.value
    if accept is True:
        return Ruling(refused_for=None, by=DecidedBy.HOOK, because="hook")
    if accept is not False or not isinstance(reason, str) or reason not in _REASONS:
        return None
    return Ruling(refused_for=RefusedFor(reason), by=DecidedBy.HOOK, because="hook")


_REASONS: Final = frozenset(one.value for one in RefusedFor)


def _has_form(account: str, form: re.Pattern[str]) -> bool:
    # What is longer was not typed at a phone, and a form is a program that runs on it.
    return len(account) <= KEY_MAX and form.fullmatch(account) is not None


def _accept(because: str) -> Ruling:
    return Ruling(refused_for=None, by=DecidedBy.RULES, because=because)


def _refuse(refused_for: RefusedFor, because: str) -> Ruling:
    return Ruling(refused_for=refused_for, by=DecidedBy.RULES, because=because)
