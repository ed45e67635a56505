"""What a statement alone brings into the books: charges, own transfers, and what nobody knows.

Each statement books its own side of a movement between two accounts of the organisation, with
the settlement account between them, so the two statements may come in any order and any time
apart. Everything else that has no owner goes to suspense; it is seen there and never guessed.
Entries are dated when they are made, like all others: what is added up stays so. In which day
a line counts is the line's own affair.
Source: STATE_MACHINES section 11, J7, J17, J18 and J20.
"""

from datetime import datetime
from typing import Final, assert_never

from pokea.domain.errors import Bug
from pokea.domain.ledger import JournalEntry, JournalKind, LedgerAccount, Posting
from pokea.domain.reconciliation import Break, Scope
from pokea.domain.statement import LineKind, Side, StatementLine

LINE_KINDS: Final = (
    JournalKind.STATEMENT,
    JournalKind.FEE,
    JournalKind.SETTLE,
    JournalKind.BANK,
)
"""What lines make; an entry's source names receipt, account, side and amount."""


def line_entry(scope: Scope, line: StatementLine, at: datetime) -> JournalEntry:
    """The entry of a line that is neither a receipt's nor a payout's of ours."""
    kind, other = _behind(line)
    source = f"{line.receipt.code}:{scope.account.value}:{line.side}:{line.amount.in_cents}"
    return _entry(scope, kind, source, at, _posting(scope, line.side, other, line))


def adjustment(scope: Scope, one: Break, at: datetime) -> JournalEntry | None:
    """J20: the books follow the statement, by the difference; None when there is none.

    Raises:
        Bug: the break is not of a kind that can still be adjusted.
    """
    if not one.may_adjust:
        raise Bug(f"{one.id} is in the books already")
    if one.theirs == one.ours:
        return None
    if one.theirs > one.ours:
        posting = Posting(
            debit=scope.account,
            credit=LedgerAccount.SUSPENSE_UNMATCHED,
            amount=one.theirs - one.ours,
        )
    else:
        posting = Posting(
            debit=LedgerAccount.SUSPENSE_DEBITS,
            credit=scope.account,
            amount=one.ours - one.theirs,
        )
    return _entry(scope, JournalKind.STATEMENT, one.id, at, posting)


def _behind(line: StatementLine) -> tuple[JournalKind, LedgerAccount]:
    """What kind of entry a line makes, and the account on its other side."""
    match line.kind:
        case LineKind.CHARGE:
            return JournalKind.FEE, LedgerAccount.MPESA_FEES
        case LineKind.SETTLEMENT:
            return JournalKind.SETTLE, LedgerAccount.MPESA_SETTLEMENT
        case LineKind.BANK:
            return JournalKind.BANK, LedgerAccount.BANK
        case LineKind.COLLECTION | LineKind.PAYOUT | LineKind.REVERSAL | LineKind.OTHER:
            unknown = (
                LedgerAccount.SUSPENSE_UNMATCHED
                if line.side is Side.IN
                else LedgerAccount.SUSPENSE_DEBITS
            )
            return JournalKind.STATEMENT, unknown
        case _:
            assert_never(line.kind)


def _posting(scope: Scope, side: Side, other: LedgerAccount, line: StatementLine) -> Posting:
    if side is Side.IN:
        return Posting(debit=scope.account, credit=other, amount=line.amount)
    return Posting(debit=other, credit=scope.account, amount=line.amount)


def _entry(
    scope: Scope, kind: JournalKind, source: str, at: datetime, posting: Posting
) -> JournalEntry:
    books = scope.books
    return JournalEntry(
        kind=kind,
        source_id=source,
        account_id=books.account_id,
        livemode=books.livemode,
        shortcode=books.shortcode,
        at=at,
        postings=(posting,),
    )
