"""What M-PESA says that our accounts hold, beside what the books say.

A busy shop's money is always on its way: M-PESA has it, and its callback is a second behind. So
an answer is compared a while later, with what the books hold by then of the money that M-PESA
had at its time. What still differs then, and at every look for an hour, is told.
Source: STATE_MACHINES sections 9, 10 and 12.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from pokea.daraja.values import Shortcode
from pokea.domain.ids import AccountId, BalanceId, InquiryId
from pokea.domain.ledger import LedgerAccount

LEDGER_ACCOUNTS: Final[Mapping[str, LedgerAccount]] = {
    "Utility Account": LedgerAccount.MPESA_UTILITY,
    "Merchant Account": LedgerAccount.MPESA_MERCHANT,
    "Working Account": LedgerAccount.MPESA_WORKING,
    "Charges Paid Account": LedgerAccount.MPESA_CHARGES_PAID,
    "Organization Settlement Account": LedgerAccount.MPESA_SETTLEMENT,
}
"""M-PESA's names for accounts, and ours; others are shown and not compared."""

COMPARED_AFTER: Final = timedelta(minutes=10)
"""Longer than a claim waits for its second witness, and than Pull takes to find lost money."""

TOLD_AFTER: Final = timedelta(hours=1)
"""A difference that was there at every look for so long will not go away by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One account of M-PESA's, in cents. ``ledger_cents`` is what the books hold there."""

    name: str
    currency: str
    current_cents: int
    available_cents: int
    reserved_cents: int = 0
    uncleared_cents: int = 0
    ledger_cents: int | None = None

    @property
    def difference_cents(self) -> int:
        """The books minus M-PESA; nothing for an account that the books do not know."""
        return 0 if self.ledger_cents is None else self.ledger_cents - self.current_cents


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceReading:
    """What M-PESA answered once. ``differs_since`` begins an unbroken row of differences."""

    id: BalanceId
    account_id: AccountId
    livemode: bool
    shortcode: Shortcode
    inquiry_id: InquiryId
    figures: tuple[Figure, ...]
    as_of: datetime
    heard_at: datetime
    version: int = 1
    compared_at: datetime | None = None
    differs_since: datetime | None = None
    told_at: datetime | None = None

    @property
    def difference_cents(self) -> int:
        """The books minus M-PESA, over all accounts."""
        return sum(figure.difference_cents for figure in self.figures)

    @property
    def agrees(self) -> bool:
        """Whether every account agrees; two that differ oppositely do not."""
        return all(figure.difference_cents == 0 for figure in self.figures)


def may_be_compared(reading: BalanceReading, at: datetime) -> bool:
    """Whether what was on its way has had the time to arrive."""
    return reading.compared_at is None and at - reading.as_of >= COMPARED_AFTER


def compared(
    reading: BalanceReading,
    books: Mapping[LedgerAccount, int],
    before: BalanceReading | None,
    at: datetime,
) -> BalanceReading:
    """The reading beside the books; ``before`` is the one that was compared last."""
    beside = replace(reading, figures=_beside(reading.figures, books), compared_at=at)
    if beside.agrees:
        return beside
    if before is None or before.differs_since is None:
        return replace(beside, differs_since=beside.as_of)
    return replace(beside, differs_since=before.differs_since, told_at=before.told_at)


def is_to_be_told(reading: BalanceReading) -> bool:
    """Whether an operator must hear of the difference now; once for each row of them."""
    if reading.differs_since is None or reading.told_at is not None:
        return False
    return reading.as_of - reading.differs_since >= TOLD_AFTER


def _beside(
    figures: Sequence[Figure], books: Mapping[LedgerAccount, int]
) -> tuple[Figure, ...]:
    """M-PESA's accounts beside the books', and those that only the books know."""
    named = [
        replace(figure, ledger_cents=books.get(LEDGER_ACCOUNTS[figure.name], 0))
        if figure.name in LEDGER_ACCOUNTS
        else figure
        for figure in figures
    ]
    heard = {figure.name for figure in figures}
    missing = [
        Figure(
            name=name,
            currency="KES",
            current_cents=0,
            available_cents=0,
            ledger_cents=books[account],
        )
        for name, account in LEDGER_ACCOUNTS.items()
        if name not in heard and books.get(account)
    ]
    return (*named, *missing)
