"""M-PESA's last balances beside the books, a quarter of an hour later.

Adding up the whole ledger each time would grow for ever, so what was written long ago is added
up once and carried from run to run.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from pokea.domain.balance import (
    BalanceReading,
    compared,
    is_to_be_told,
    may_be_compared,
)
from pokea.domain.event import Event, EventType, event_body
from pokea.domain.ids import EventId
from pokea.domain.ledger import LedgerAccount
from pokea.flows.deps import Deps
from pokea.flows.open_inquiry import Owner
from pokea.flows.ports import Tx
from pokea.flows.publish import publish
from pokea.flows.represent_balance import represent_balance, signed

SETTLED_BEFORE: Final = timedelta(minutes=10)
"""Entries of a time are added up for good when no transaction of then can be under way."""

_COUNTED_TO: Final = "counted_to"
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What the books held up to a time, as one run leaves it to the next."""

    until: datetime | None
    sums: Mapping[LedgerAccount, int]

    @classmethod
    def read(cls, state: Mapping[str, str]) -> "Counted":
        """From a routine's state."""
        if _COUNTED_TO not in state:
            return cls(until=None, sums={})
        return cls(
            until=datetime.fromisoformat(state[_COUNTED_TO]),
            sums={
                LedgerAccount(int(name)): int(cents)
                for name, cents in state.items()
                if name.isdigit()
            },
        )

    def written(self) -> dict[str, str]:
        """Into a routine's state."""
        if self.until is None:
            return {}
        sums = {str(account.value): str(cents) for account, cents in self.sums.items()}
        return {_COUNTED_TO: self.until.isoformat(), **sums}


async def compare_balance(deps: Deps, owner: Owner, counted: Counted) -> Counted:
    """Compare the last answer, if it is old enough and was not compared before."""
    now = deps.clock.now()
    found = await deps.db.read(lambda tx: _read(tx, owner, counted, now))
    if found is None:
        return counted
    reading, counted = found
    await deps.db.write(lambda tx: _keep(tx, deps, reading, now))
    return counted


def books_at(tx: Tx, reading: BalanceReading) -> dict[LedgerAccount, int]:
    """What the books hold by now of the money that M-PESA had at an answer's time."""
    until, one = reading.as_of - SETTLED_BEFORE, reading
    old = tx.balances.in_books(one.shortcode, livemode=one.livemode, since=None, until=until)
    recent = tx.balances.in_books_by(
        one.shortcode, livemode=one.livemode, since=until, moment=one.as_of
    )
    return _added(old, recent)


def _read(
    tx: Tx, owner: Owner, counted: Counted, now: datetime
) -> tuple[BalanceReading, Counted] | None:
    reading = tx.balances.latest(owner.shortcode, livemode=owner.livemode)
    if reading is None or not may_be_compared(reading, now):
        return None
    until = reading.as_of - SETTLED_BEFORE
    shortcode, livemode = owner.shortcode, owner.livemode
    if counted.until is None or counted.until < until:
        newer = tx.balances.in_books(
            shortcode, livemode=livemode, since=counted.until, until=until
        )
        counted = Counted(until=until, sums=_added(counted.sums, newer))
    recent = tx.balances.in_books_by(
        shortcode, livemode=livemode, since=counted.until or until, moment=reading.as_of
    )
    before = tx.balances.latest_compared(shortcode, livemode=livemode)
    return compared(reading, _added(counted.sums, recent), before, now), counted


def _added(
    some: Mapping[LedgerAccount, int], more: Mapping[LedgerAccount, int]
) -> dict[LedgerAccount, int]:
    return {one: some.get(one, 0) + more.get(one, 0) for one in {*some, *more}}


def _keep(tx: Tx, deps: Deps, reading: BalanceReading, now: datetime) -> None:
    if not reading.agrees:
        _log.warning(
            "balance.differs",
            shortcode=reading.shortcode.digits,
            difference=signed(reading.difference_cents),
            since=str(reading.differs_since),
        )
    if is_to_be_told(reading):
        reading = replace(reading, told_at=now)
        publish(tx, deps.ids, [_event(deps, reading, now)])
    tx.balances.save([reading])


def _event(deps: Deps, reading: BalanceReading, now: datetime) -> Event:
    event_id, kind = EventId(deps.ids.new("event")), EventType.RECONCILIATION_DIFFERENCE
    return Event(
        id=event_id,
        account_id=reading.account_id,
        livemode=reading.livemode,
        type=kind,
        object_id=reading.id,
        sequence=1,
        at=now,
        body=event_body(
            event_id=event_id, kind=kind, at=now, sequence=1, obj=represent_balance(reading)
        ),
    )
