"""What M-PESA's accounts held when the books began: the difference that nobody else explains.

Opening is for money that was there before the first payment, so it only ever adds to an
account. One where the books hold *more* than M-PESA lacks a statement, not an opening.
Source: STATE_MACHINES section 11, J21.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from pokea.daraja.values import Money
from pokea.domain.balance import LEDGER_ACCOUNTS, Figure
from pokea.domain.errors import Bug
from pokea.domain.ledger import AccountType, Books, JournalEntry, LedgerAccount
from pokea.domain.posting_rules import opened

Amounts = Mapping[LedgerAccount, int]
"""Cents by account; charges paid run negative."""


def unexplained(figures: Iterable[Figure], books: Amounts) -> dict[LedgerAccount, int]:
    """What M-PESA holds and the books do not, on each account that both know."""
    theirs = {
        LEDGER_ACCOUNTS[figure.name]: figure.current_cents
        for figure in figures
        if figure.name in LEDGER_ACCOUNTS
    }
    left = {account: cents - books.get(account, 0) for account, cents in theirs.items()}
    return {account: cents for account, cents in left.items() if cents}


def is_an_opening(account: LedgerAccount, cents: int) -> bool:
    """Whether so much can have been there before the first payment."""
    charges = account.type is AccountType.CONTRA_ASSET
    return cents < 0 if charges else cents > 0


def opening_entries(books: Books, amounts: Amounts, at: datetime) -> list[JournalEntry]:
    """J21 for each account.

    Raises:
        Bug: an amount that is no opening.
    """
    if not all(is_an_opening(account, cents) for account, cents in amounts.items()):
        raise Bug("an opening of the wrong sign")
    return [
        opened(books, account, Money.cents(abs(cents)), at)
        for account, cents in amounts.items()
    ]
