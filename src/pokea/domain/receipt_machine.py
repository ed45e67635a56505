"""A receipt's state machine: heard, claimed, parked, booked, matched, verified.

Each function is one row of STATE_MACHINES section 4. ``c2b.*`` events tell of money by hand
only; an attempt's own money is told by its payment.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from pokea.daraja.values import Money, Receipt
from pokea.domain.corroboration import Rules
from pokea.domain.errors import Bug
from pokea.domain.event import EventType
from pokea.domain.ids import AttemptId, ReceiptId
from pokea.domain.receipt import Collector, MoneyHeard, Part, ReceiptRecord, ReceiptState

PARKED_FOR: Final = timedelta(seconds=120)
"""How long money that several prompts may have brought waits for one of them to say so."""

BOOKED: Final = frozenset({ReceiptState.RECEIVED, ReceiptState.MATCHED, ReceiptState.UNMATCHED})
"""States in which the money stands in the books by itself, without an attempt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptChange:
    """A receipt after an event, and what there is to tell."""

    record: ReceiptRecord
    event: EventType | None


def heard(
    receipt_id: ReceiptId, collector: Collector, money: MoneyHeard, at: datetime
) -> ReceiptRecord:
    """A receipt that we hear of for the first time; where it belongs is decided next."""
    by_us = money.witness.is_authoritative
    return ReceiptRecord(
        id=receipt_id,
        account_id=collector.account_id,
        livemode=collector.livemode,
        receipt=money.receipt,
        shortcode=collector.shortcode,
        amount=money.amount,
        heard_from=money.witness,
        paid_at=money.paid_at,
        received_at=at,
        state=ReceiptState.PARKED,
        account=money.account,
        payer=money.payer,
        payer_name=money.payer_name,
        verified_at=at if by_us else None,
        recovered=by_us,
    )


def claimed(record: ReceiptRecord, attempt_id: AttemptId) -> ReceiptRecord:
    """It is this attempt's: a prompt's own money, or money by hand that looks like it."""
    if record.state in BOOKED or record.state is ReceiptState.REVERSED:
        return replace(record, attempt_id=attempt_id, due_at=None)
    return replace(
        record, state=ReceiptState.CLAIMED, attempt_id=attempt_id, reason=None, due_at=None
    )


def parked(record: ReceiptRecord, reason: str, at: datetime) -> ReceiptRecord:
    """Several prompts may have brought it: nothing is booked, so nothing counts twice."""
    return replace(record, state=ReceiptState.PARKED, reason=reason, due_at=at + PARKED_FOR)


def kept_parked(record: ReceiptRecord) -> ReceiptRecord:
    """One of those prompts settled without a receipt: only Safaricom or a person can say."""
    return replace(record, reason="several_attempts", due_at=None)


def received(record: ReceiptRecord) -> ReceiptChange:
    """It stands for itself, in the books, and waits for its owner."""
    if record.state in BOOKED or record.state is ReceiptState.REVERSED:
        raise Bug(f"{record.id} is in the books already")
    event = EventType.C2B_RECOVERED if record.recovered else EventType.C2B_RECEIVED
    return _tell(
        record, event, state=ReceiptState.RECEIVED, attempt_id=None, reason=None, due_at=None
    )


def reversed_by(record: ReceiptRecord, reversal: Receipt) -> ReceiptChange:
    """M-PESA gave it back by another transaction; who owned it stays written beside it.

    Raises:
        Bug: it is not in the books, or it was given back already.
    """
    given = {
        "state": ReceiptState.REVERSED,
        "reversal": reversal,
        "reason": None,
        "due_at": None,
    }
    if record.state is ReceiptState.CLAIMED:
        return ReceiptChange(record=replace(record, **given), event=None)
    if record.state not in BOOKED:
        raise Bug(f"{record.id} is not in the books")
    return _tell(record, EventType.C2B_REVERSED, **given)


def may_count(record: ReceiptRecord, rules: Rules) -> bool:
    """Whether the money may pay something yet, or must be verified first (``c2b.release``)."""
    if record.verified_at is not None:
        return True
    return not rules.c2b_only_verified and record.amount < rules.receipt_witness_above


def waits(record: ReceiptRecord, at: datetime) -> ReceiptRecord:
    """Booked, but too much to count on one word: Safaricom is asked."""
    return replace(record, reason="awaiting_verification", due_at=at)


def matched(record: ReceiptRecord, parts: tuple[Part, ...]) -> ReceiptChange:
    """Its money has owners.

    Raises:
        Bug: the parts do not add up to the receipt.
    """
    total = sum((part.amount for part in parts), Money.zero())
    if total != record.amount:
        raise Bug(f"the parts of {record.id} add up to {total}")
    return _tell(
        record,
        EventType.C2B_MATCHED,
        state=ReceiptState.MATCHED,
        reason=None,
        due_at=None,
        parts=parts,
    )


def unmatched(record: ReceiptRecord, reason: str) -> ReceiptChange:
    """Nobody's yet; ``reason`` says what a person should look at."""
    return _tell(
        record,
        EventType.C2B_UNMATCHED,
        state=ReceiptState.UNMATCHED,
        reason=reason,
        due_at=None,
        parts=(),
    )


def verified(record: ReceiptRecord, at: datetime) -> ReceiptChange:
    """Safaricom, asked by us, names it too."""
    if record.state in BOOKED:
        return _tell(record, EventType.C2B_VERIFIED, verified_at=at)
    return ReceiptChange(record=replace(record, verified_at=at), event=None)


def conflicted(record: ReceiptRecord) -> ReceiptChange:
    """Somebody names it with another amount or shortcode: nothing changes but the alarm."""
    return _tell(record, EventType.C2B_CONFLICT)


def _tell(record: ReceiptRecord, event: EventType, **changes: object) -> ReceiptChange:
    told = replace(record, sequence=record.sequence + 1, **changes)
    return ReceiptChange(record=told, event=event)
