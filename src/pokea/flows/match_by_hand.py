"""A person says whose money is, in one part or several, or takes it back.

What a person decides is booked like any other match and names who decided. Money that pays a
payment in full stays there: goods may be on their way.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from pokea.daraja.values import Money
from pokea.domain import posting_rules
from pokea.domain.attempt import Attempt, AttemptState
from pokea.domain.attempt_machine import decide
from pokea.domain.booking import Booking, Collected
from pokea.domain.customer import Customer
from pokea.domain.decision import Applied
from pokea.domain.ids import CustomerId, PaymentId, ReceiptId
from pokea.domain.payment import Payment, PaymentState, ReceiptMatched, ReceiptUnmatched
from pokea.domain.receipt import Part, ReceiptRecord, ReceiptState
from pokea.domain.receipt_machine import ReceiptChange, matched, unmatched
from pokea.domain.twins import looks_like, receipt_heard
from pokea.flows.ask_status import ask_status
from pokea.flows.deps import Deps
from pokea.flows.desk import Desk
from pokea.flows.errors import Clashes, NotFound, Unacceptable
from pokea.flows.match_receipts import enter_books
from pokea.flows.open_payment import Merchant
from pokea.flows.ports import Tx
from pokea.flows.record import Change, record_attempts

TAKEN_BACK = "taken_back"
"""The reason of money that a person took from its owner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedPart:
    """A part of a receipt, and the payment or customer it is meant for."""

    amount: Money
    payment_id: PaymentId | None = None
    customer_id: CustomerId | None = None


async def match_by_hand(
    deps: Deps, merchant: Merchant, receipt_id: ReceiptId, parts: Sequence[WantedPart], by: str
) -> ReceiptRecord:
    """Give a receipt's money to its owners. Empty amounts are not allowed; they add up.

    Raises:
        Refusal: no such receipt or owner, it has an owner, or the parts do not add up.
    """

    def write(tx: Tx) -> ReceiptRecord:
        record = own_receipt(tx, merchant, receipt_id)
        _check_free(record)
        _check_parts(tx, merchant, record, parts)
        owner = _prompt_without_receipt(tx, record, parts)
        if owner is not None:
            return _name_its_receipt(tx, deps, record, owner)
        desk = Desk(tx, deps, deps.clock.now())
        desk.hold({part.payment_id for part in parts if part.payment_id is not None})
        record = enter_books(tx, desk, record)
        given = tuple(
            _give(desk, record, number, part, by) for number, part in enumerate(parts, start=1)
        )
        return _write_down(tx, desk, matched(record, given))

    return await deps.db.write(write)


async def unmatch_by_hand(
    deps: Deps, merchant: Merchant, receipt_id: ReceiptId
) -> ReceiptRecord:
    """Take a receipt's money from its owners; it waits in suspense again.

    Raises:
        Refusal: no such receipt, it has no owner, or its payment is paid or being decided.
    """

    def write(tx: Tx) -> ReceiptRecord:
        record = own_receipt(tx, merchant, receipt_id)
        if record.state is not ReceiptState.MATCHED:
            raise Clashes(
                "receipt_not_matched", f"A receipt that is {record.state.value} has no owner."
            )
        desk = Desk(tx, deps, deps.clock.now())
        desk.hold({part.payment_id for part in record.parts if part.payment_id is not None})
        for number, part in enumerate(record.parts, start=1):
            _take_back(desk, record, number, part)
        return _write_down(tx, desk, unmatched(record, TAKEN_BACK))

    return await deps.db.write(write)


def _write_down(tx: Tx, desk: Desk, change: ReceiptChange) -> ReceiptRecord:
    desk.tell_receipt(change)
    tx.receipts.save([change.record])
    tx.receipts.divide([change.record])
    desk.write()
    return change.record


async def verify_receipt(
    deps: Deps, merchant: Merchant, receipt_id: ReceiptId
) -> ReceiptRecord:
    """Have Safaricom asked about a receipt; the answer comes later, by callback.

    Raises:
        Refusal: no such receipt, or there is no API operator to ask as.
    """

    def write(tx: Tx) -> ReceiptRecord:
        record = own_receipt(tx, merchant, receipt_id)
        asked = ask_status(tx, deps, record.receipt, record, by_hand=True)
        if record.verified_at is None and asked is None:
            raise Clashes(
                "operator_missing",
                "Set MPESA_INITIATOR_NAME and MPESA_INITIATOR_PASSWORD: questions about"
                " receipts are asked as an API operator.",
            )
        return record

    return await deps.db.write(write)


def own_receipt(tx: Tx, merchant: Merchant, receipt_id: ReceiptId) -> ReceiptRecord:
    """A receipt of this merchant, in this mode, locked; anybody else's does not exist.

    Raises:
        NotFound: there is none.
    """
    found = tx.receipts.get(receipt_id)
    if found is None or not _is_theirs(merchant, found) or not _is_by_hand(found):
        raise NotFound("receipt_not_found", "There is no such receipt of money by hand.")
    return tx.receipts.lock([found.receipt])[found.receipt]


def _is_by_hand(record: ReceiptRecord) -> bool:
    """A prompt's own money is told by its payment, also when it was given back."""
    untold = record.state is ReceiptState.REVERSED and not record.sequence
    return record.state is not ReceiptState.CLAIMED and not untold


def _prompt_without_receipt(
    tx: Tx, record: ReceiptRecord, parts: Sequence[WantedPart]
) -> Attempt | None:
    """The prompt that was booked without a receipt, when a person says that this is its."""
    if record.state is not ReceiptState.PARKED or len(parts) != 1:
        return None
    payment_id = parts[0].payment_id
    attempts = [] if payment_id is None else tx.attempts.lock_of_payment(payment_id)
    settled = (one for one in attempts if one.state is AttemptState.SUCCEEDED)
    unnamed = (one for one in settled if one.claim is None)
    return next((one for one in unnamed if looks_like(one, record.told)), None)


def _name_its_receipt(
    tx: Tx, deps: Deps, record: ReceiptRecord, owner: Attempt
) -> ReceiptRecord:
    """The money is in the books already: only its receipt is learned."""
    at = deps.clock.now()
    decision = decide(owner, receipt_heard(record.told, at), deps.rules)
    if not isinstance(decision, Applied):
        raise Clashes("receipt_not_open", "The payment's prompt has another receipt.")
    record_attempts(tx, deps, [Change(before=owner, after=decision.now)], at)
    return tx.receipts.lock([record.receipt])[record.receipt]


def _check_free(record: ReceiptRecord) -> None:
    if record.attempt_id is not None:
        raise Clashes(
            "receipt_not_open", "A prompt may have brought this money; M-PESA is being asked."
        )
    if record.state not in {
        ReceiptState.RECEIVED,
        ReceiptState.UNMATCHED,
        ReceiptState.PARKED,
    }:
        raise Clashes(
            "receipt_not_open", f"A receipt that is {record.state.value} is matched by nobody."
        )


def _check_parts(
    tx: Tx, merchant: Merchant, record: ReceiptRecord, parts: Sequence[WantedPart]
) -> None:
    total = sum((part.amount for part in parts), Money.zero())
    if total != record.amount:
        raise Unacceptable(
            "parts_do_not_add_up",
            f"The parts add up to KES {total}; the receipt is of KES {record.amount}.",
            param="parts",
        )
    for part in parts:
        if part.payment_id is not None:
            _check_payment(tx, merchant, part.payment_id)
        else:
            _check_customer(tx, merchant, part.customer_id)
    owners = [part.payment_id or part.customer_id for part in parts]
    if len(set(owners)) != len(owners):
        raise Unacceptable("invalid_field", "An owner stands twice.", param="parts")


def _is_theirs(merchant: Merchant, thing: Payment | Customer | ReceiptRecord) -> bool:
    return thing.account_id == merchant.account_id and thing.livemode is merchant.livemode


def _check_payment(tx: Tx, merchant: Merchant, payment_id: PaymentId) -> None:
    payment = tx.payments.get(payment_id)
    if payment is None or not _is_theirs(merchant, payment):
        raise NotFound("payment_not_found", "There is no such payment.", param="payment")


def _check_customer(tx: Tx, merchant: Merchant, customer_id: CustomerId | None) -> None:
    customer = None if customer_id is None else tx.customers.get(customer_id)
    if customer is None or not _is_theirs(merchant, customer):
        raise NotFound("customer_not_found", "There is no such customer.", param="customer")


def _give(desk: Desk, record: ReceiptRecord, number: int, part: WantedPart, by: str) -> Part:
    booking = Booking(owner=Collected.IN_TIME, amount=part.amount)
    if part.payment_id is not None:
        event = ReceiptMatched(receipt=record.receipt, amount=part.amount, by_person=True)
        decision = desk.tell(part.payment_id, event, None)
        if not isinstance(decision, Applied) or decision.now.booked is None:
            raise Clashes(
                "payment_not_open",
                "This payment does not take that money; a person must look at it first.",
                related={"payment": part.payment_id},
            )
        booking = decision.now.booked
    desk.book(posting_rules.matched(record, number, booking, desk.at))
    return Part(
        amount=part.amount,
        matched_by=by,
        matched_at=desk.at,
        payment_id=part.payment_id,
        customer_id=part.customer_id,
    )


def _why_in_use(payment: Payment) -> str:
    match payment.state:
        case PaymentState.PROCESSING:
            return "The customer is being asked for the rest; try again when that has ended."
        case PaymentState.REQUIRES_REVIEW:
            return "Its payment is under review; decide that first."
        case (
            PaymentState.SUCCEEDED
            | PaymentState.OPEN
            | PaymentState.PARTIALLY_PAID
            | PaymentState.EXPIRED
            | PaymentState.CANCELED
        ):
            return (
                "This money pays a payment in full, and that is never taken back. Refund it"
                " instead."
            )
        case _:
            assert_never(payment.state)


def _take_back(desk: Desk, record: ReceiptRecord, number: int, part: Part) -> None:
    if part.payment_id is not None:
        decision = desk.tell(part.payment_id, ReceiptUnmatched(amount=part.amount), None)
        if not isinstance(decision, Applied):
            raise Clashes(
                "receipt_in_use",
                _why_in_use(desk.payment(part.payment_id)),
                related={"payment": part.payment_id},
            )
    booking = Booking(owner=Collected.IN_TIME, amount=part.amount)
    desk.book(posting_rules.unmatched(record, number, booking, desk.at))
