"""A business day: its figures, and what stands against closing it.

Money counts in the day in which M-PESA says that it moved, on both sides, so a callback after
midnight does not make two days differ. Once closed, a day's figures do not change: a line that
turns up later counts in the day on which it was found, and opens a break there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from pokea.daraja.values import Money
from pokea.domain.ids import AttemptId
from pokea.domain.ledger import LedgerAccount
from pokea.domain.statement_import import day_period

_NAMED: Final = 3  # attempts that a sentence names


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDay:
    """One M-PESA account on one day: the books' figures beside the statement's.

    ``opening`` and ``closing`` are M-PESA's own balances in cents, where its lines have them.
    """

    account: LedgerAccount
    ledger_in: Money
    ledger_out: Money
    lines: int
    paid_in: Money
    withdrawn: Money
    opening: int | None = None
    closing: int | None = None
    whole: bool | None = None
    covered: bool = False

    @property
    def difference(self) -> int:
        """Cents by which the books moved more than the account."""
        ours = self.ledger_in.in_cents - self.ledger_out.in_cents
        return ours - (self.paid_in.in_cents - self.withdrawn.in_cents)

    @property
    def has_moved(self) -> bool:
        """Whether anything happened, by either side's word."""
        return bool(self.ledger_in or self.ledger_out or self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class InDoubt:
    """An attempt of the day of which nobody knows yet how it ended."""

    attempt_id: AttemptId
    state: str
    amount: Money
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmatched:
    """Money in the books that has no owner yet: allowed, and shown."""

    receipts: int
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedDay:
    """A day that was closed, by whom, and what it looked like then."""

    day: date
    closed_at: datetime
    closed_by: str
    accounts: tuple[AccountDay, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFigures:
    """Everything that there is to know of a day."""

    day: date
    accounts: tuple[AccountDay, ...]
    collecting: LedgerAccount
    open_breaks: int
    in_doubt: tuple[InDoubt, ...]
    unmatched: Unmatched
    closed: ClosedDay | None = None
    before: ClosedDay | None = None
    """The day before, where that is closed: this day begins with its closing balances."""


def obstacles(figures: DayFigures, now: datetime) -> list[str]:
    """Why a day cannot be closed, in sentences; empty when it can."""
    reasons = [
        None if now >= day_period(figures.day).end else "The day is not over in Nairobi.",
        *(
            reason
            for one in figures.accounts
            for reason in (
                _uncovered(one, needed=one.account is figures.collecting),
                _does_not_follow(one, figures.before),
            )
        ),
        _open_breaks(figures.open_breaks),
        _in_doubt(figures.in_doubt),
    ]
    return [reason for reason in reasons if reason is not None]


def _uncovered(one: AccountDay, *, needed: bool) -> str | None:
    name = account_name(one.account)
    if not one.covered:
        if not needed and not one.has_moved:
            return None
        return (
            f"No statement of the {name} covers the whole day. Export it from the portal and"
            " import it: pokea statement import FILE"
        )
    if one.whole is False:
        return (
            f"The balances of the {name} do not lead from one line to the next: lines are"
            " missing between them. Export the whole day again."
        )
    if one.difference:
        return (
            f"The books moved KES {shillings(one.difference)} more than the {name}. The breaks"
            " say which lines; where there are none, run pokea doctor."
        )
    return None


def _does_not_follow(one: AccountDay, before: ClosedDay | None) -> str | None:
    """Whether the day begins where the day before ended."""
    ended = {other.account: other.closing for other in before.accounts} if before else {}
    closing = ended.get(one.account)
    if one.opening is None or closing is None or closing == one.opening:
        return None
    return (
        f"The {account_name(one.account)} ended the day before with KES {shillings(closing)}"
        f" and began this one with KES {shillings(one.opening)}: lines between are missing."
    )


def _open_breaks(count: int) -> str | None:
    if not count:
        return None
    return f"{_many(count, 'break is', 'breaks are')} open; each says what to do about it."


def _in_doubt(attempts: Sequence[InDoubt]) -> str | None:
    if not attempts:
        return None
    ids = ", ".join(one.attempt_id for one in attempts[:_NAMED])
    more = ", …" if len(attempts) > _NAMED else ""
    return (
        f"{_many(len(attempts), 'attempt is', 'attempts are')} still in doubt ({ids}{more})."
        " M-PESA is being asked; a statement that names the money settles them too."
    )


def account_name(account: LedgerAccount) -> str:
    """An account as a person says it."""
    return account.name.removeprefix("MPESA_").replace("_", " ").lower() + " account"


def shillings(cents: int) -> str:
    """Cents with their sign, as shillings."""
    return f"{'-' if cents < 0 else ''}{Money(abs(cents))}"


def accounts_of(days: Sequence[AccountDay]) -> list[AccountDay]:
    """The accounts of a day that there is something to say of."""
    return [one for one in days if one.has_moved or one.covered]


def _many(count: int, one: str, more: str) -> str:
    return f"{count} {one if count == 1 else more}"
