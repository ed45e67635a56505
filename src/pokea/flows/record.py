"""Writing down what was decided of attempts: states, receipts, books and events at once.

Every flow of a prompt ends here, so a push, a callback, a query and a sweep leave the same
traces. An attempt's claim on a receipt is a row from the first moment, which is how one money
is never counted twice; a claim that is let go is money by hand, to be matched like any other.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pokea.daraja.values import Receipt
from pokea.domain import posting_rules
from pokea.domain.attempt import Attempt, AttemptState
from pokea.domain.consequence import consequence
from pokea.domain.decision import Applied
from pokea.domain.errors import Bug
from pokea.domain.ids import ReceiptId
from pokea.domain.payment import AttemptPaid, PaymentChange, PaymentEvent
from pokea.domain.receipt import ReceiptRecord, ReceiptState
from pokea.domain.receipt_machine import BOOKED, claimed
from pokea.flows.deps import Deps
from pokea.flows.desk import Desk
from pokea.flows.match_receipts import match_receipts
from pokea.flows.ports import Tx, Work, WorkKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An attempt before and after."""

    before: Attempt
    after: Attempt


HeldReceipts = Mapping[Receipt, ReceiptRecord | None]
"""Receipts that this transaction asked for and holds; None where there is no such row."""


def hold_receipts(tx: Tx, named: Collection[Receipt]) -> HeldReceipts:
    """Lock the rows of receipts until the transaction ends."""
    return dict.fromkeys(named) | tx.receipts.lock(named)


def record_attempts(
    tx: Tx,
    deps: Deps,
    changes: Sequence[Change],
    at: datetime,
    held: HeldReceipts | None = None,
) -> None:
    """Write changed attempts and everything that follows from them.

    ``held`` are receipts that the caller has locked and not changed since.
    """
    changed = [change for change in changes if change.before != change.after]
    if not changed:
        return
    tx.attempts.save([change.after for change in changed])
    desk = Desk(tx, deps, at)
    rows = _receipts(tx, changed, held or {})
    freed = _claim(tx, deps, changed, rows, at)
    _tell_payments(desk, changed, rows)
    match_receipts(tx, deps, desk, freed)
    _settle_receipts(tx, desk, changed, rows)
    desk.write()
    _hand_over_attempts(tx, [change.after for change in changed])


def _receipts(
    tx: Tx, changed: Sequence[Change], held: HeldReceipts
) -> dict[Receipt, ReceiptRecord]:
    """The rows of all receipts that are claimed, let go, or settled."""
    named = {
        claim.receipt
        for change in changed
        if change.before.claim != change.after.claim or _settles(change)
        for claim in (change.before.claim, change.after.claim)
        if claim is not None
    }
    rows = {**held, **hold_receipts(tx, named - held.keys())}
    return {receipt: row for receipt, row in rows.items() if row is not None}


def _settles(change: Change) -> bool:
    settled = AttemptState.SUCCEEDED
    return change.after.state is settled and change.before.state is not settled


def _claim(
    tx: Tx,
    deps: Deps,
    changed: Sequence[Change],
    rows: dict[Receipt, ReceiptRecord],
    at: datetime,
) -> list[ReceiptRecord]:
    """Write new claims, and return the receipts that were let go."""
    new: list[ReceiptRecord] = []
    saved: list[ReceiptRecord] = []
    freed: list[ReceiptRecord] = []
    for change in changed:
        before, after = change.before.claim, change.after.claim
        if before is not None and (after is None or after.receipt != before.receipt):
            row = rows.get(before.receipt)
            if row is not None and row.attempt_id == change.after.id:
                freed.append(replace(row, attempt_id=None))
        if after is None or (before is not None and before.receipt == after.receipt):
            continue
        row = rows.get(after.receipt)
        if row is None:
            rows[after.receipt] = _new_row(deps, change.after, at)
            new.append(rows[after.receipt])
        elif row.attempt_id != change.after.id:
            rows[after.receipt] = claimed(row, change.after.id)
            saved.append(rows[after.receipt])
    # An attempt has one receipt at a time: the old one goes before the new one comes.
    tx.receipts.save(freed)
    tx.receipts.add(new)
    tx.receipts.save(saved)
    for row in saved:
        rows[row.receipt] = replace(row, version=row.version + 1)
    given_back = ReceiptState.REVERSED
    return [
        replace(row, version=row.version + 1) for row in freed if row.state is not given_back
    ]


def _new_row(deps: Deps, attempt: Attempt, at: datetime) -> ReceiptRecord:
    claim = attempt.claim
    if claim is None:
        raise Bug(f"{attempt.id} claims nothing")
    return ReceiptRecord(
        id=ReceiptId(deps.ids.new("receipt")),
        account_id=attempt.account_id,
        livemode=attempt.livemode,
        receipt=claim.receipt,
        shortcode=attempt.shortcode,
        amount=claim.amount,
        heard_from=claim.witness,
        paid_at=claim.paid_at,
        received_at=at,
        state=ReceiptState.CLAIMED,
        attempt_id=attempt.id,
    )


def _tell_payments(
    desk: Desk, changed: Sequence[Change], rows: dict[Receipt, ReceiptRecord]
) -> None:
    told = [
        (change.after, event)
        for change in changed
        if (event := consequence(change.before, change.after)) is not None
        and not _counted_by_hand(event, rows)
    ]
    desk.hold({attempt.payment_id for attempt, _ in told})
    for attempt, event in told:
        decision = desk.tell(attempt.payment_id, event, attempt)
        if isinstance(decision, Applied):
            _book(desk, attempt, decision.now, rows)


def _counted_by_hand(event: PaymentEvent, rows: dict[Receipt, ReceiptRecord]) -> bool:
    """Whether this very money was matched before the prompt was heard of, or given back."""
    if not isinstance(event, AttemptPaid) or event.receipt is None:
        return False
    row = rows.get(event.receipt)
    alone = {ReceiptState.MATCHED, ReceiptState.REVERSED}
    return row is not None and row.state in alone


def _book(
    desk: Desk,
    attempt: Attempt,
    change: PaymentChange,
    rows: dict[Receipt, ReceiptRecord],
) -> None:
    if change.booked is None:
        return
    row = None if attempt.receipt is None else rows.get(attempt.receipt)
    if row is not None and row.state in BOOKED:
        # It came by hand first and waited in suspense: now it is known whose it is.
        desk.book(posting_rules.matched(row, 1, change.booked, desk.at))
        return
    desk.book(posting_rules.collection(attempt, change.booked, desk.at))


def _settle_receipts(
    tx: Tx, desk: Desk, changed: Sequence[Change], rows: dict[Receipt, ReceiptRecord]
) -> None:
    """What waited in suspense for its owner is from here on its attempt's."""
    settled: list[ReceiptRecord] = []
    for change in changed:
        if change.before.receipt is not None or change.after.receipt is None:
            continue
        row = rows.get(change.after.receipt)
        if row is None or row.state not in {ReceiptState.RECEIVED, ReceiptState.UNMATCHED}:
            continue
        if not _settles(change):
            # The attempt had been booked without its receipt: this is the same money.
            till = change.after.till is not None
            desk.book(posting_rules.counted_twice(row, till=till, at=desk.at))
        settled.append(replace(row, state=ReceiptState.CLAIMED, reason=None, due_at=None))
    tx.receipts.save(settled)


def _hand_over_attempts(tx: Tx, attempts: Sequence[Attempt]) -> None:
    by_time: dict[datetime, list[str]] = {}
    for attempt in attempts:
        if attempt.due_at is not None:
            by_time.setdefault(attempt.due_at, []).append(attempt.id)
    for due_at, named in by_time.items():
        tx.hand_over(Work(kind=WorkKind.ATTEMPT, ids=tuple(named), due_at=due_at))
