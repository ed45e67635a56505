"""What must be true of the books and of everything around them, always.

Source: STATE_MACHINES section 12, whose numbers these are. How each is looked up is
:mod:`pokea.store.invariants`; it is done after every test, every hour, and by ``pokea doctor``.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from pokea.domain.chain import Head

OFFENDING_MAX: Final = 20
"""So many are named; a broken rule usually has one cause, and a thousand names hide it."""


class Invariant(StrEnum):
    """The ten, in the order of their numbers."""

    JOURNALS_BALANCE = "journals_balance"
    TRANSIT_IS_EXPLAINED = "transit_is_explained"
    RECEIPTS_ARE_BOOKED_ONCE = "receipts_are_booked_once"
    SUCCESS_COMES_ONCE = "success_comes_once"
    ALLOCATIONS_AGREE = "allocations_agree"
    CHAIN_HOLDS = "chain_holds"
    EVENTS_ARE_COMPLETE = "events_are_complete"
    NOTHING_IS_HALF_DONE = "nothing_is_half_done"
    MPESA_AGREES = "mpesa_agrees"
    WORK_IS_SCHEDULED = "work_is_scheduled"

    @property
    def number(self) -> int:
        """Its number in section 12."""
        return list(Invariant).index(self) + 1


DAMAGE: Final = frozenset(
    {
        Invariant.JOURNALS_BALANCE,
        Invariant.SUCCESS_COMES_ONCE,
        Invariant.CHAIN_HOLDS,
    }
)
"""What the database's own constraints guarantee: broken, somebody has changed the books, or a
disk has. No new payment is opened until that is mended. The others can be broken by a mistake
of ours, which is an alarm, and no reason to close the shop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Whether one invariant holds; ``offending`` names the first things that break it."""

    invariant: Invariant
    detail: str
    offending: tuple[str, ...] = ()
    count: int = 0

    @property
    def holds(self) -> bool:
        """Nothing breaks it."""
        return self.count == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All invariants at one time, and where the chain ended then."""

    at: datetime
    findings: tuple[Finding, ...]
    head: Head

    @property
    def broken(self) -> tuple[Finding, ...]:
        """Those that do not hold."""
        return tuple(finding for finding in self.findings if not finding.holds)

    @property
    def intact(self) -> bool:
        """Nobody has damaged the books: new payments may be opened."""
        return not any(finding.invariant in DAMAGE for finding in self.broken)
