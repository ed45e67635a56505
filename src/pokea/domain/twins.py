"""One money, told twice: a prompt's payment is also announced as if it were paid by hand.

Safaricom sends a C2B confirmation for a paid prompt where addresses are registered, before or
after the callback, and nothing in it names the prompt. Such a twin is recognised by shortcode,
amount, time, and the account number or the payer. Source: STATE_MACHINES section 4.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from pokea.daraja.values import HashedMsisdn, MaskedMsisdn, Msisdn, Payer
from pokea.domain.attempt import (
    IN_FLIGHT,
    Attempt,
    AttemptState,
    PaidClaim,
    ReceiptHeard,
)
from pokea.domain.attempt_steps import sent_at
from pokea.domain.corroboration import Policy
from pokea.domain.matching import spelled
from pokea.domain.receipt import MoneyHeard

TWIN_WITHIN: Final = timedelta(minutes=10)
"""Between a prompt and its money: a prompt lives a minute, and clocks differ."""


def who_may_own(
    money: MoneyHeard, attempts: Iterable[Attempt], policy: Policy
) -> list[Attempt]:
    """The prompts that still look for their receipt and may have brought some money."""
    return [
        attempt
        for attempt in attempts
        if may_be_its_own(attempt, policy) and looks_like(attempt, money)
    ]


def the_owner(likely: Sequence[Attempt]) -> Attempt | None:
    """The prompt whose some money is: the only one, or one of a payment's own.

    Where all of them are booked without their receipts and pay one payment, nothing depends on
    which of them a receipt is written beside: they are named in the order of their sending.
    """
    if len(likely) == 1:
        return likely[0]
    booked = all(one.state is AttemptState.SUCCEEDED for one in likely)
    if booked and len({one.payment_id for one in likely}) == 1:
        return min(likely, key=lambda one: (sent_at(one), one.id))
    return None


def receipt_heard(money: MoneyHeard, at: datetime) -> ReceiptHeard:
    """What some money tells its prompt."""
    claim = PaidClaim(
        receipt=money.receipt,
        amount=money.amount,
        paid_at=money.paid_at,
        heard_at=at,
        witness=money.witness,
    )
    return ReceiptHeard(at=at, claim=claim)


def may_be_its_own(attempt: Attempt, policy: Policy) -> bool:
    """Whether an attempt still looks for its receipt.

    Under ``fast`` one word settles, so a prompt that is still open must not take money by
    hand for its own; that pays the payment by its account number anyway.
    """
    if attempt.claim is not None:
        return False
    if attempt.state is AttemptState.SUCCEEDED:
        return True
    sent = attempt.dispatched_at is not None
    return sent and attempt.state in IN_FLIGHT and policy is Policy.STRICT


def looks_like(attempt: Attempt, money: MoneyHeard) -> bool:
    """Whether some money may be a prompt's own."""
    if money.shortcode not in {attempt.shortcode, attempt.till}:
        return False
    if money.amount != attempt.amount or abs(money.paid_at - sent_at(attempt)) > TWIN_WITHIN:
        return False
    known = spelled(attempt.account_reference.text)
    return _agrees(money.payer, attempt.phone, same_account=spelled(money.account) == known)


def _agrees(payer: Payer | None, phone: Msisdn, *, same_account: bool) -> bool:
    match payer:
        case None:
            return same_account
        case Msisdn():
            return payer == phone
        case HashedMsisdn():
            return payer.agrees_with(phone)
        case MaskedMsisdn():
            # A mask is a weak hint: it can exclude, and not identify.
            return same_account and payer.agrees_with(phone)
