"""Money by hand finds its owner: into the books first, then to whom it belongs.

The money is booked to suspense as soon as it is believed (J3), and moved from there when its
owner is known (J4, J5). What nobody owns stays there and is shown; see
:mod:`pokea.domain.matching` for the rules.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from pokea.daraja.values import Shortcode
from pokea.domain import posting_rules
from pokea.domain.booking import Booking, Collected
from pokea.domain.customer import Customer
from pokea.domain.decision import Applied
from pokea.domain.ids import PaymentId
from pokea.domain.matching import (
    Candidates,
    NoOwner,
    Owner,
    find_owner,
    spelled,
)
from pokea.domain.payment import Payment, ReceiptMatched
from pokea.domain.receipt import Part, ReceiptRecord
from pokea.domain.receipt_machine import (
    BOOKED,
    matched,
    may_count,
    received,
    unmatched,
    waits,
)
from pokea.flows.deps import Deps
from pokea.flows.desk import Desk
from pokea.flows.ports import Tx, Work, WorkKind

PROMPTED_WITHIN: Final = timedelta(days=1)
"""How old a prompt may be whose phone says whose money it is."""


def match_receipts(
    tx: Tx, deps: Deps, desk: Desk, records: Sequence[ReceiptRecord]
) -> list[ReceiptRecord]:
    """Book stored receipts that are nobody's yet, find their owners, and write them down."""
    decided = place(tx, deps, desk, records)
    tx.receipts.save(decided)
    tx.receipts.divide([one for one in decided if one.parts])
    return decided


def place(
    tx: Tx, deps: Deps, desk: Desk, records: Sequence[ReceiptRecord]
) -> list[ReceiptRecord]:
    """What becomes of receipts that are nobody's yet; the caller writes them down."""
    if not records:
        return []
    tills = _tills(tx, records)
    booked = [_enter_books(desk, one, till=tills[one.shortcode]) for one in records]
    ready = [one for one in booked if may_count(one, deps.rules)]
    known = _look_up(tx, deps, ready)
    desk.hold(known.payment_ids())
    decided = {one.id: _match(desk, one, known.candidates(desk, deps, one)) for one in ready}
    waiting = {one.id: waits(one, desk.at) for one in booked if one.id not in decided}
    for name, one in waiting.items():
        tx.hand_over(Work(kind=WorkKind.RECEIPT, ids=(name,), due_at=one.due_at or desk.at))
    return [decided.get(one.id) or waiting[one.id] for one in booked]


def enter_books(tx: Tx, desk: Desk, record: ReceiptRecord) -> ReceiptRecord:
    """A receipt that is in the books, from now on at the latest."""
    return _enter_books(desk, record, till=_tills(tx, [record])[record.shortcode])


def _tills(tx: Tx, records: Sequence[ReceiptRecord]) -> dict[Shortcode, bool]:
    """Whether money arrives in the merchant account (a till's) or in utility."""
    found: dict[Shortcode, bool] = {}
    for one in records:
        if one.shortcode not in found and one.state not in BOOKED:
            collector = tx.shortcodes.of(one.shortcode, livemode=one.livemode)
            found[one.shortcode] = collector is not None and collector.till is not None
        found.setdefault(one.shortcode, False)
    return found


def _enter_books(desk: Desk, record: ReceiptRecord, *, till: bool) -> ReceiptRecord:
    if record.state in BOOKED:
        return record
    change = received(record)
    desk.book(posting_rules.received(record, till=till, at=desk.at))
    desk.tell_receipt(change)
    return change.record


def _match(desk: Desk, record: ReceiptRecord, candidates: Candidates) -> ReceiptRecord:
    owner = find_owner(record.amount, candidates)
    reason = owner.reason if isinstance(owner, NoOwner) else give(desk, record, owner)
    if isinstance(reason, ReceiptRecord):
        return reason
    change = unmatched(record, reason)
    desk.tell_receipt(change)
    return change.record


def give(desk: Desk, record: ReceiptRecord, owner: Owner) -> ReceiptRecord | str:
    """Give a receipt's whole money to its owner, or say why that does not want it."""
    booking = Booking(owner=Collected.IN_TIME, amount=record.amount)
    if owner.payment is not None:
        event = ReceiptMatched(receipt=record.receipt, amount=record.amount)
        decision = desk.tell(owner.payment.id, event, None)
        if not isinstance(decision, Applied) or decision.now.booked is None:
            return "amount_differs"
        booking = decision.now.booked
    part = Part(
        amount=record.amount,
        matched_by=owner.rule,
        matched_at=desk.at,
        payment_id=None if owner.payment is None else owner.payment.id,
        customer_id=owner.customer_id,
    )
    desk.book(posting_rules.matched(record, 1, booking, desk.at))
    change = matched(record, (part,))
    desk.tell_receipt(change)
    return change.record


# ── who may own it ───────────────────────────────────────────────────────────────────────


@dataclass(slots=True, kw_only=True)
class _Known:
    """Everybody whom some money may belong to, looked up for all of it at once."""

    called: dict[str, list[Payment]] = field(default_factory=dict[str, list[Payment]])
    prompted: dict[bytes, list[Payment]] = field(default_factory=dict[bytes, list[Payment]])
    numbered: dict[str, Customer] = field(default_factory=dict[str, Customer])
    phoned: dict[bytes, list[Customer]] = field(default_factory=dict[bytes, list[Customer]])
    theirs: list[Payment] = field(default_factory=list[Payment])

    def payment_ids(self) -> set[PaymentId]:
        found = [*self.called.values(), *self.prompted.values(), self.theirs]
        return {payment.id for some in found for payment in some}

    def candidates(self, desk: Desk, deps: Deps, record: ReceiptRecord) -> Candidates:
        """Who may own this money, as they are by now."""
        index = deps.phones.payer_index(record.payer)
        key = spelled(record.account, deps.account_pattern)
        numbered = self.numbered.get(key)
        prompted = () if index is None else self.prompted.get(index, ())
        phoned = () if index is None else self.phoned.get(index, ())
        return Candidates(
            by_account=[desk.payment(one.id) for one in self.called.get(key, ())],
            customers_by_number=[] if numbered is None else [numbered.id],
            customers_by_phone=[one.id for one in phoned],
            by_customer=[desk.payment(one.id) for one in self.theirs],
            by_phone=[desk.payment(one.id) for one in prompted],
        )


def _look_up(tx: Tx, deps: Deps, records: Sequence[ReceiptRecord]) -> _Known:
    known = _Known()
    for account_id, livemode in sorted({(one.account_id, one.livemode) for one in records}):
        theirs = [one for one in records if one.account_id == account_id]
        keys = {spelled(one.account, deps.account_pattern) for one in theirs} - {""}
        found = (deps.phones.payer_index(one.payer) for one in theirs)
        indexes = {index for index in found if index is not None}
        since = min(one.paid_at for one in theirs) - PROMPTED_WITHIN
        customers = tx.customers
        known.called |= tx.payments.called(account_id, keys, livemode=livemode)
        known.prompted |= tx.payments.prompted(account_id, indexes, since)
        known.numbered |= customers.numbered(account_id, livemode=livemode, keys=keys)
        known.phoned |= customers.with_phone_indexes(
            account_id, livemode=livemode, indexes=indexes
        )
    named = {one.id for one in known.numbered.values()}
    named |= {one.id for some in known.phoned.values() for one in some}
    known.theirs = tx.payments.of_customers(named)
    return known
