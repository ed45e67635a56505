"""The books: double entry, append-only.

A posting moves an amount from a credited account to a debited one, so an entry cannot be built
or stored unbalanced: there is no row in which the two sides could differ. Corrections are new
entries. Source: STATE_MACHINES sections 10 and 11; the choice is decision 0002.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum

from pokea.daraja.values import Money, Shortcode
from pokea.domain.errors import Bug
from pokea.domain.ids import AccountId


class LedgerAccount(Enum):
    """The chart of accounts; the number is what is stored and shown."""

    MPESA_UTILITY = 1010  # paybill receipts arrive here
    MPESA_MERCHANT = 1020  # till receipts arrive here
    CUSTOMER_RECEIVABLE = 1100  # what customers owe; collections credit it
    SUSPENSE_UNMATCHED = 2100  # money in, owner unknown
    SUSPENSE_DUPLICATE = 2120  # second payment of a paid payment


class JournalKind(StrEnum):
    """Why an entry was made; unique together with its source."""

    COLLECT = "collect"


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """``amount`` into ``debit``, out of ``credit``."""

    debit: LedgerAccount
    credit: LedgerAccount
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """One business fact in the books. ``(kind, source_id)`` is unique: nothing counts twice."""

    kind: JournalKind
    source_id: str
    account_id: AccountId
    livemode: bool
    shortcode: Shortcode
    at: datetime
    postings: tuple[Posting, ...]

    def __post_init__(self) -> None:
        """Refuse entries that say nothing.

        Raises:
            Bug: no postings, an amount of zero, or an account posted against itself.
        """
        if not self.postings:
            raise Bug("a journal entry without postings")
        for posting in self.postings:
            if posting.amount == Money.zero() or posting.debit is posting.credit:
                raise Bug("a posting that moves nothing")
