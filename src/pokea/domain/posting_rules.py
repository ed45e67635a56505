"""Which account a business fact touches: one table, fact to journal entry.

Source: STATE_MACHINES section 11; the numbers J1 and J2 are its rows.
"""

from datetime import datetime
from enum import StrEnum
from typing import assert_never

from pokea.domain.attempt import Attempt
from pokea.domain.ledger import JournalEntry, JournalKind, LedgerAccount, Posting


class Collected(StrEnum):
    """What collected money means for its payment."""

    IN_TIME = "in_time"  # J1, also when late after expiry: the customer's debt is paid
    AFTER_CANCEL = "after_cancel"  # J2: nobody was waiting for it any more
    A_SECOND_TIME = "a_second_time"  # J2: the payment was already paid


def collection(attempt: Attempt, collected: Collected, at: datetime) -> JournalEntry:
    """The entry for an attempt's money."""
    arrived_in = (
        LedgerAccount.MPESA_UTILITY if attempt.till is None else LedgerAccount.MPESA_MERCHANT
    )
    return JournalEntry(
        kind=JournalKind.COLLECT,
        source_id=attempt.id,
        account_id=attempt.account_id,
        livemode=attempt.livemode,
        shortcode=attempt.shortcode,
        at=at,
        postings=(Posting(debit=arrived_in, credit=_owner(collected), amount=attempt.amount),),
    )


def _owner(collected: Collected) -> LedgerAccount:
    match collected:
        case Collected.IN_TIME:
            return LedgerAccount.CUSTOMER_RECEIVABLE
        case Collected.AFTER_CANCEL:
            return LedgerAccount.SUSPENSE_UNMATCHED
        case Collected.A_SECOND_TIME:
            return LedgerAccount.SUSPENSE_DUPLICATE
        case _:
            assert_never(collected)
