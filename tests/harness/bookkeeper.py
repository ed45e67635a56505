"""Entries to begin a test of the books with, and what is booked written down."""

from dataclasses import replace
from typing import Final

from harness.examples import ACCOUNT, NOW, SHORTCODE, named
from pokea.daraja.values import Money
from pokea.domain.ledger import JournalEntry, JournalKind, LedgerAccount, Posting

UTILITY: Final = LedgerAccount.MPESA_UTILITY


def an_entry(number: int, *, unmatched: bool = False) -> JournalEntry:
    """The money of an attempt: as many shillings as its number."""
    owner = LedgerAccount.CUSTOMER_RECEIVABLE
    if unmatched:
        owner = LedgerAccount.SUSPENSE_UNMATCHED
    return JournalEntry(
        kind=JournalKind.COLLECT,
        source_id=named("att", number),
        account_id=ACCOUNT,
        livemode=False,
        shortcode=SHORTCODE,
        at=NOW,
        postings=(Posting(debit=UTILITY, credit=owner, amount=Money.shillings(number)),),
    )


def held(number: int) -> JournalEntry:
    """A payout's money is reserved."""
    hold = Posting(
        debit=LedgerAccount.PAYOUTS_IN_FLIGHT,
        credit=UTILITY,
        amount=Money.shillings(number),
        pending=True,
    )
    return replace(an_entry(number), kind=JournalKind.HOLD, postings=(hold,))
