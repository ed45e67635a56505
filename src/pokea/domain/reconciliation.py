"""Where a statement and the books disagree: breaks, each with an owner, a reason and an action.

A break is opened once for what it is about, whatever number of statements show it, and ends in
one of two ways: a person resolves it with a note, or its cause is gone and the machine does.
Money that only a statement knows of is in the books before anybody is asked: in suspense, where
it is seen. Source: STATE_MACHINES sections 9 and 11.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from pokea.daraja.values import EAT, Money, Receipt
from pokea.domain.errors import Bug
from pokea.domain.ids import AccountId, BreakId, ShortcodeId, StatementId
from pokea.domain.ledger import Books, LedgerAccount
from pokea.domain.receipt import Collector
from pokea.domain.statement import Side, StatementAccount

MACHINE: Final = "pokea"
"""Who resolves a break whose cause is gone."""

LEDGER_ACCOUNTS: Final = {
    StatementAccount.UTILITY: LedgerAccount.MPESA_UTILITY,
    StatementAccount.MERCHANT: LedgerAccount.MPESA_MERCHANT,
    StatementAccount.WORKING: LedgerAccount.MPESA_WORKING,
    StatementAccount.CHARGES: LedgerAccount.MPESA_CHARGES_PAID,
}
STATEMENT_ACCOUNTS: Final = {ours: theirs for theirs, ours in LEDGER_ACCOUNTS.items()}


def business_day(at: datetime) -> date:
    """The day in Nairobi."""
    return at.astimezone(EAT).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """One account of one shortcode: what one statement shows and one ledger account mirrors."""

    collector: Collector
    account: LedgerAccount

    @property
    def shortcode_id(self) -> ShortcodeId:
        """The shortcode's row."""
        return self.collector.id

    @property
    def books(self) -> Books:
        """Whose books."""
        return Books(
            account_id=self.collector.account_id,
            livemode=self.collector.livemode,
            shortcode=self.collector.shortcode,
        )

    @property
    def collects(self) -> bool:
        """Whether customers' money arrives in this account."""
        return self.account is collecting_account(self.collector)


def collecting_account(collector: Collector) -> LedgerAccount:
    """Where a shortcode's customers' money arrives."""
    if collector.till is None:
        return LedgerAccount.MPESA_UTILITY
    return LedgerAccount.MPESA_MERCHANT


class Verdict(StrEnum):
    """How a line of a statement compares with the books."""

    AGREED = "agreed"
    MISSING_HERE = "missing_here"
    AMOUNT_DIFFERS = "amount_differs"


class BreakKind(StrEnum):
    """Which way the two disagree; the words are the API's."""

    MISSING_HERE = "missing_here"
    MISSING_THERE = "missing_there"
    AMOUNT_DIFFERS = "amount_differs"


class BreakState(StrEnum):
    """Whether somebody still has to look."""

    OPEN = "open"
    RESOLVED = "resolved"


class Cause(StrEnum):
    """What lies behind a break, as far as the machine can tell."""

    RECOVERED = "recovered"
    SEVERAL_PROMPTS = "several_prompts"
    DAY_CLOSED = "day_closed"
    UNKNOWN_CREDIT = "unknown_credit"
    UNKNOWN_DEBIT = "unknown_debit"
    REVERSAL = "reversal"
    AMOUNT = "amount"
    OTHER_SHORTCODE = "other_shortcode"
    NOT_SHOWN = "not_shown"
    NO_RECEIPT = "no_receipt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Whose a break is, why it is one, and what that person can do."""

    owner: str
    reason: str
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """One disagreement. ``subject`` is the line, receipt or attempt that it is about."""

    id: BreakId
    account_id: AccountId
    livemode: bool
    shortcode_id: ShortcodeId
    account: LedgerAccount
    statement_id: StatementId
    kind: BreakKind
    cause: Cause
    subject: str
    receipt: Receipt | None
    ours: Money
    theirs: Money
    side: Side
    at: datetime
    day: date
    opened_at: datetime
    state: BreakState = BreakState.OPEN
    version: int = 1
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    note: str | None = None
    adjusted: bool = False

    @property
    def may_adjust(self) -> bool:
        """Whether the books can still be made to follow the statement.

        Money that was missing here is in suspense already.
        """
        return self.kind is not BreakKind.MISSING_HERE


def resolve(one: Break, *, by: str, note: str, at: datetime, adjusted: bool = False) -> Break:
    """A person has an answer, or the cause is gone."""
    if one.state is BreakState.RESOLVED:
        raise Bug(f"{one.id} is resolved already")
    return replace(
        one,
        state=BreakState.RESOLVED,
        resolved_at=at,
        resolved_by=by,
        note=note,
        adjusted=adjusted,
    )


def explain(one: Break) -> Explanation:
    """The owner, the reason and the action of a break, in words."""
    return _EXPLANATIONS[one.cause]


_FINANCE: Final = "finance"
_OPERATIONS: Final = "operations"

_EXPLANATIONS: Final = {
    Cause.RECOVERED: Explanation(
        owner=_OPERATIONS,
        reason="A customer's payment that Pokea had not heard of; it is a receipt now.",
        action="None for this line. Many of them mean that confirmations do not arrive: run"
        " pokea doctor.",
    ),
    Cause.SEVERAL_PROMPTS: Explanation(
        owner=_OPERATIONS,
        reason="A customer's payment that may belong to one of several prompts; it is in no"
        " payment and not in the books yet.",
        action="Wait two minutes and import again; if it stays, match the receipt by hand.",
    ),
    Cause.DAY_CLOSED: Explanation(
        owner=_FINANCE,
        reason="The line belongs to a day that was closed without it; it counts in the day on"
        " which it was found.",
        action="See why the statement of that day lacked it, then resolve with a note.",
    ),
    Cause.UNKNOWN_CREDIT: Explanation(
        owner=_FINANCE,
        reason="Money came in that is no customer's payment; it stands in suspense (2100).",
        action="Find out who sent it, then resolve with a note.",
    ),
    Cause.UNKNOWN_DEBIT: Explanation(
        owner=_FINANCE,
        reason="Money left that Pokea did not send; it stands in suspense (1900).",
        action="Find who sent it (the portal shows the operator), then resolve with a note.",
    ),
    Cause.REVERSAL: Explanation(
        owner=_FINANCE,
        reason="A transaction was reversed, and not by Pokea, and its receipt is not here, or"
        " not in the books with that amount; the money stands in suspense.",
        action="Look up the receipt that it undoes (the portal shows it): import the statement"
        " that shows it, or match it if it is parked; else resolve with a note.",
    ),
    Cause.AMOUNT: Explanation(
        owner=_FINANCE,
        reason="M-PESA shows another amount for this receipt than the books.",
        action="M-PESA's figure is what moved: resolve with adjust_books, and settle the"
        " difference with the customer.",
    ),
    Cause.OTHER_SHORTCODE: Explanation(
        owner=_FINANCE,
        reason="The books have this receipt under another shortcode.",
        action="Compare the two statements; resolve with adjust_books where this one is right.",
    ),
    Cause.NOT_SHOWN: Explanation(
        owner=_OPERATIONS,
        reason="The books have this receipt, and the statement that covers its time does not.",
        action="Deliver nothing for it. Ask M-PESA for the receipt on the portal; if it is not"
        " there either, resolve with adjust_books and look for who reported it.",
    ),
    Cause.NO_RECEIPT: Explanation(
        owner=_OPERATIONS,
        reason="A payment counts as paid on M-PESA's word alone, and no line of the statement"
        " can be its money.",
        action="Ask M-PESA with the payment's CheckoutRequestID; without a receipt, resolve"
        " with adjust_books and settle it with the customer.",
    ),
}
