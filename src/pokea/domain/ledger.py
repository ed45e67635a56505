"""The books: double entry, append-only.

A posting moves an amount from a credited account to a debited one, so an entry cannot be built
or stored unbalanced: there is no row in which the two sides could differ. Corrections are new
entries that name the one they correct. Source: STATE_MACHINES sections 10 and 11; the choice is
decision 0002.

Two layers. *Posted* is what happened. *Pending* is what is reserved: a **hold** posts there,
and ends when its postings are undone there, either together with the same postings for good
(it is **posted**) or alone (it is **void**). Both layers always sum to zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, StrEnum
from typing import Self

from pokea.daraja.values import Money, Shortcode
from pokea.domain.errors import Bug
from pokea.domain.ids import AccountId, JournalId


class AccountType(StrEnum):
    """What an account's balance means."""

    ASSET = "asset"
    CONTRA_ASSET = "contra_asset"  # runs negative: it is taken off the assets
    LIABILITY = "liability"
    EQUITY = "equity"
    EXPENSE = "expense"


class LedgerAccount(Enum):
    """The chart of accounts. The number is what is stored and shown; the name is the API's."""

    type: AccountType
    meaning: str
    _value_: int

    MPESA_UTILITY = (1010, AccountType.ASSET, "paybill receipts in, payouts out")
    MPESA_MERCHANT = (1020, AccountType.ASSET, "till receipts")
    MPESA_WORKING = (1030, AccountType.ASSET, "payments to businesses, withdrawals to the bank")
    MPESA_CHARGES_PAID = (1040, AccountType.CONTRA_ASSET, "negative until a settlement pays it")
    MPESA_SETTLEMENT = (1050, AccountType.ASSET, "between two M-PESA accounts of ours")
    BANK = (1060, AccountType.ASSET, "withdrawn")
    CUSTOMER_RECEIVABLE = (1100, AccountType.ASSET, "owed by customers; collections credit it")
    PAYOUTS_IN_FLIGHT = (1200, AccountType.ASSET, "payouts reserved or sent, not final")
    REVERSALS_IN_FLIGHT = (1210, AccountType.ASSET, "reversals asked for, not final")
    SUSPENSE_DEBITS = (1900, AccountType.ASSET, "money that left, reason unknown")
    PAYOUT_OBLIGATION = (2010, AccountType.LIABILITY, "approved, owed to recipients")
    SUSPENSE_UNMATCHED = (2100, AccountType.LIABILITY, "money in, owner unknown")
    SUSPENSE_OVERPAID = (2110, AccountType.LIABILITY, "more than was asked for")
    SUSPENSE_DUPLICATE = (2120, AccountType.LIABILITY, "a second payment of a paid payment")
    SUSPENSE_CONTESTED = (2130, AccountType.LIABILITY, "amount or evidence in dispute")
    OPENING_BALANCE = (3010, AccountType.EQUITY, "what was held when the books began")
    ADJUSTMENTS = (3020, AccountType.EQUITY, "corrections by a person")
    MPESA_FEES = (5010, AccountType.EXPENSE, "Safaricom's tariff")
    PAYOUT_COST = (5100, AccountType.EXPENSE, "salaries, refunds, suppliers")

    def __new__(cls, number: int, kind: AccountType, meaning: str) -> Self:
        """A row of the chart: the number is the value."""
        account = object.__new__(cls)
        account._value_ = number
        account.type = kind
        account.meaning = meaning
        return account


class JournalKind(StrEnum):
    """Why an entry was made; unique together with its source."""

    COLLECT = "collect"  # an attempt's money
    C2B = "c2b"  # money paid by hand
    MATCH = "match"  # a part of that has an owner
    UNMATCH = "unmatch"  # and has none after all
    ACCEPT = "accept"  # contested money is the merchant's after all
    FEE = "fee"
    APPROVE = "approve"  # a payout is owed
    CANCEL = "cancel"  # and is owed no more
    HOLD = "hold"  # money is reserved
    VOID = "void"  # and is free again
    PAID = "paid"  # a payout arrived
    RETURN = "return"  # and came back
    REVERSED = "reversed"  # a receipt's money was given back
    SETTLE = "settle"
    BANK = "bank"
    STATEMENT = "stmt"  # only the statement knows of it
    OPENING = "opening"
    CORRECT = "correct"


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """``amount`` into ``debit``, out of ``credit``."""

    debit: LedgerAccount
    credit: LedgerAccount
    amount: Money
    pending: bool = False

    @property
    def undone(self) -> "Posting":
        """The same amount the other way, in the same layer."""
        return replace(self, debit=self.credit, credit=self.debit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """Whose books: every entry belongs to one shortcode of one merchant."""

    account_id: AccountId
    livemode: bool
    shortcode: Shortcode


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
    corrects_id: JournalId | None = None

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
        if (self.kind is JournalKind.CORRECT) is (self.corrects_id is None):
            raise Bug("a correction names what it corrects, and nothing else does")


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What an account of a shortcode holds, in cents: debits count up, credits down."""

    shortcode: Shortcode
    account: LedgerAccount
    posted: int = 0
    pending: int = 0


def correction(
    wrong: JournalEntry, wrong_id: JournalId, instead: Sequence[Posting], at: datetime
) -> JournalEntry:
    """Undo an entry and post what it should have been; an entry is corrected once."""
    undone = tuple(posting.undone for posting in wrong.postings)
    return replace(
        wrong,
        kind=JournalKind.CORRECT,
        source_id=wrong_id,
        at=at,
        postings=(*undone, *instead),
        corrects_id=wrong_id,
    )
