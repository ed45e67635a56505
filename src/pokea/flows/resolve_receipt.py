"""Money by hand that waits: for one of several prompts to say so, or to be verified."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from pokea.domain.attempt import AttemptState
from pokea.domain.attempt_machine import decide
from pokea.domain.decision import Applied
from pokea.domain.ids import ReceiptId
from pokea.domain.receipt import ReceiptRecord, ReceiptState
from pokea.domain.receipt_machine import claimed, kept_parked
from pokea.domain.twins import receipt_heard, the_owner, who_may_own
from pokea.flows.ask_status import ask_status
from pokea.flows.deps import Deps
from pokea.flows.desk import Desk
from pokea.flows.match_receipts import match_receipts
from pokea.flows.ports import Tx
from pokea.flows.record import Change, record_attempts

ASK_AGAIN: Final = timedelta(minutes=15)
"""How often money that waits for verification is looked at; Pull comes round more often."""


async def resolve_receipt(deps: Deps, receipt_id: ReceiptId) -> None:
    """Do what a receipt is due for; nothing when it is not due (any more)."""
    now = deps.clock.now()

    def write(tx: Tx) -> None:
        row = tx.receipts.get(receipt_id)
        if row is None or row.due_at is None or row.due_at > now:
            return
        if row.state is ReceiptState.PARKED:
            _unpark(tx, deps, row, now)
            return
        waits = row.state is ReceiptState.RECEIVED
        if waits:
            ask_status(tx, deps, row.receipt, row)
        due_at = now + ASK_AGAIN if waits else None
        tx.receipts.save([replace(row, checks_done=row.checks_done + 1, due_at=due_at)])

    await deps.db.write(write)


def _unpark(tx: Tx, deps: Deps, row: ReceiptRecord, at: datetime) -> None:
    """By now at most one of the prompts may still be looking for its receipt."""
    found = tx.attempts.like([row.told])
    held = tx.attempts.lock([attempt.id for attempt in found]) if found else {}
    likely = who_may_own(row.told, held.values(), deps.rules.policy)
    settled = [one for one in likely if one.state is AttemptState.SUCCEEDED]
    owner = the_owner(likely)
    if owner is None and settled:
        # Booked already, without its receipt: booking it here too would count it twice.
        tx.receipts.save([kept_parked(row)])
        return
    if owner is not None:
        decision = decide(owner, receipt_heard(row.told, at), deps.rules)
        if isinstance(decision, Applied):
            tx.receipts.save([claimed(row, owner.id)])
            change = Change(before=owner, after=decision.now)
            record_attempts(tx, deps, [change], at)
            return
    desk = Desk(tx, deps, at)
    match_receipts(tx, deps, desk, [replace(row, due_at=None)])
    desk.write()
