"""M-PESA gave a receipt's money back, and not by Pokea: a line of a statement says so.

The line's debit is in suspense from the moment of its import. When its receipt is in the books
with that amount, the two are joined: the money leaves whoever it had been given to (J15), once.
When the receipt is heard of only later, it enters the books and leaves them in one step and
pays nothing, for whoever would release goods on it would lose them.
Source: STATE_MACHINES section 4; the choice is decision 0019.
"""

from collections.abc import Sequence
from datetime import datetime

import structlog

from pokea.domain import posting_rules
from pokea.domain.attempt import Attempt
from pokea.domain.holdings import UNMATCHED, Holding, holdings, sources_of
from pokea.domain.ids import AttemptId
from pokea.domain.payment import GivenBack
from pokea.domain.receipt import ReceiptRecord
from pokea.domain.receipt_machine import reversed_by
from pokea.domain.reconciliation import Scope
from pokea.flows.deps import Deps
from pokea.flows.desk import Desk
from pokea.flows.match_receipts import enter_books
from pokea.flows.ports import Reversal, Tx

_log = structlog.get_logger()


def give_back(tx: Tx, deps: Deps, scope: Scope, at: datetime) -> None:
    """Let go of all money that lines reversed and that counts in the books."""
    known = {one.receipt: one for one in reversed(tx.statements.reversals(scope))}
    if not known:
        return
    standing = tx.receipts.standing(known)
    owners = {one.attempt_id for one in standing.values() if one.attempt_id is not None}
    attempts = tx.attempts.lock(owners) if owners else {}
    rows = list(tx.receipts.lock(known).values())
    desk = Desk(tx, deps, at)
    changed: list[ReceiptRecord] = []
    for row, where in _look_up(tx, desk, rows, attempts):
        attempt = None if row.attempt_id is None else attempts.get(row.attempt_id)
        reversal = known[row.receipt]
        if row.amount == reversal.amount and _fits(desk, row, where):
            changed.append(_let_go(desk, row, where, attempt, reversal))
    tx.receipts.save(changed)
    desk.write()


def pass_through(
    tx: Tx, desk: Desk, record: ReceiptRecord, reversal: Reversal
) -> ReceiptRecord:
    """Money that is nobody's and was given back before it was somebody's pays nothing."""
    booked = enter_books(tx, desk, record)
    sits = {UNMATCHED: record.amount}
    desk.book(posting_rules.given_back(booked, 1, sits, desk.at))
    change = reversed_by(booked, reversal.by)
    desk.tell_receipt(change)
    return change.record


def _look_up(
    tx: Tx, desk: Desk, rows: Sequence[ReceiptRecord], attempts: dict[AttemptId, Attempt]
) -> list[tuple[ReceiptRecord, tuple[Holding, ...]]]:
    """Where the money of each receipt sits, as far as it is in the books."""
    payments = {attempt.payment_id for attempt in attempts.values()}
    payments |= {
        part.payment_id for row in rows for part in row.parts if part.payment_id is not None
    }
    desk.hold(payments)
    sources = {source for row in rows for source in sources_of(row)} | payments
    journals = tx.journals.of_sources(sources)
    found = [
        (
            row,
            holdings(
                row, None if row.attempt_id is None else attempts.get(row.attempt_id), journals
            ),
        )
        for row in rows
    ]
    return [(row, where) for row, where in found if where]


def _fits(desk: Desk, row: ReceiptRecord, where: Sequence[Holding]) -> bool:
    """Whether payments count what the books say; if not, a person has the break."""
    fits = all(
        one.counted <= desk.payment(one.payment_id).kept
        for one in where
        if one.payment_id is not None
    )
    if not fits:
        _log.error("receipt.reversal_does_not_fit", receipt=row.receipt.code)
    return fits


def _let_go(
    desk: Desk,
    row: ReceiptRecord,
    where: Sequence[Holding],
    attempt: Attempt | None,
    reversal: Reversal,
) -> ReceiptRecord:
    for one in where:
        desk.book(posting_rules.given_back(row, one.part, one.sits, desk.at))
        if one.payment_id is not None:
            event = GivenBack(receipt=row.receipt, counted=one.counted)
            desk.tell(one.payment_id, event, attempt)
    change = reversed_by(row, reversal.by)
    desk.tell_receipt(change)
    return change.record
