"""Which account a business fact touches: one table, fact to journal entry.

Each function is one row of STATE_MACHINES section 11, whose number stands in its first line.
The money side is the M-PESA account that the money arrived in or left: a paybill's receipts
arrive in ``mpesa_utility``, a till's in ``mpesa_merchant``. What only a statement tells (J7 and
J17 to J20: charges, movements between our own accounts, what nobody knows) is in
:mod:`~pokea.domain.statement_books`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final, assert_never

from pokea.daraja.values import Money, Receipt
from pokea.domain.attempt import Attempt
from pokea.domain.booking import Booking, Collected
from pokea.domain.errors import Bug
from pokea.domain.ledger import (
    AccountType,
    Books,
    JournalEntry,
    JournalKind,
    LedgerAccount,
    Posting,
)
from pokea.domain.payment import Payment
from pokea.domain.payment_money import PAID_AFTER_CANCEL
from pokea.domain.receipt import ReceiptRecord

UTILITY: Final = LedgerAccount.MPESA_UTILITY
MERCHANT: Final = LedgerAccount.MPESA_MERCHANT
WORKING: Final = LedgerAccount.MPESA_WORKING
CHARGES: Final = LedgerAccount.MPESA_CHARGES_PAID
RECEIVABLE: Final = LedgerAccount.CUSTOMER_RECEIVABLE
PAYOUTS: Final = LedgerAccount.PAYOUTS_IN_FLIGHT
REVERSALS: Final = LedgerAccount.REVERSALS_IN_FLIGHT
LEFT: Final = LedgerAccount.SUSPENSE_DEBITS
OBLIGATION: Final = LedgerAccount.PAYOUT_OBLIGATION
UNMATCHED: Final = LedgerAccount.SUSPENSE_UNMATCHED
OVERPAID: Final = LedgerAccount.SUSPENSE_OVERPAID
DUPLICATE: Final = LedgerAccount.SUSPENSE_DUPLICATE
CONTESTED: Final = LedgerAccount.SUSPENSE_CONTESTED
OPENING: Final = LedgerAccount.OPENING_BALANCE
FEES: Final = LedgerAccount.MPESA_FEES
COST: Final = LedgerAccount.PAYOUT_COST


# ── money in ─────────────────────────────────────────────────────────────────────────────


def collection(attempt: Attempt, booking: Booking, at: datetime) -> JournalEntry:
    """J1, J2, J6: an attempt's money arrived; J6 when it is another amount than was asked."""
    money = _to_owners(_arrived(attempt), booking)
    return _entry(_of(attempt), JournalKind.COLLECT, attempt.id, at, *money)


def received(record: ReceiptRecord, *, till: bool, at: datetime) -> JournalEntry:
    """J3: money paid by hand arrived; nobody knows yet whose it is."""
    money = _moves(MERCHANT if till else UTILITY, UNMATCHED, record.amount)
    return _entry(_of(record), JournalKind.C2B, record.id, at, money)


def matched(
    record: ReceiptRecord, part: int, booking: Booking, at: datetime
) -> JournalEntry | None:
    """J4, J5: a part of received money has an owner.

    Nothing is booked for a payment that was canceled: the money stays in suspense, where it is.
    """
    if booking.owner is Collected.AFTER_CANCEL:
        return None
    money = _to_owners(UNMATCHED, booking)
    return _entry(_of(record), JournalKind.MATCH, _part(record, part), at, *money)


def unmatched(
    record: ReceiptRecord, part: int, booking: Booking, at: datetime
) -> JournalEntry | None:
    """A person takes a part back from its owner: its J4 is undone."""
    entry = matched(record, part, booking, at)
    if entry is None:
        return None
    undone = tuple(posting.undone for posting in entry.postings)
    return replace(entry, kind=JournalKind.UNMATCH, postings=undone)


def counted_twice(record: ReceiptRecord, *, till: bool, at: datetime) -> JournalEntry:
    """J3 undone: money by hand was a prompt's own, which had been booked without a receipt."""
    money = _moves(UNMATCHED, MERCHANT if till else UTILITY, record.amount)
    return _entry(_of(record), JournalKind.UNMATCH, record.id, at, money)


def acceptance(
    payment: Payment, attempts: Sequence[Attempt], at: datetime
) -> list[JournalEntry]:
    """All that waits for the merchant's word: what was proven, and what came too late."""
    late = payment.status_reason == PAID_AFTER_CANCEL
    entries = [accepted_late(payment, at)] if late else []
    proven = ((one, one.proven) for one in attempts)
    entries += [accepted(one, amount, at) for one, amount in proven if amount is not None]
    return entries


def accepted(attempt: Attempt, proven: Money, at: datetime) -> JournalEntry:
    """J6b: the merchant takes the amount that was proven."""
    money = _moves(CONTESTED, RECEIVABLE, proven)
    return _entry(_of(attempt), JournalKind.ACCEPT, attempt.id, at, money)


def accepted_late(payment: Payment, at: datetime) -> JournalEntry:
    """J4 by a person: what came after a cancellation pays the payment after all."""
    money = _moves(UNMATCHED, RECEIVABLE, payment.amount_received)
    return _entry(_of(payment), JournalKind.ACCEPT, payment.id, at, money)


# ── money out ────────────────────────────────────────────────────────────────────────────


def payout_approved(books: Books, payout: str, amount: Money, at: datetime) -> JournalEntry:
    """J8: a payout is owed to its recipient."""
    return _entry(books, JournalKind.APPROVE, payout, at, _moves(COST, OBLIGATION, amount))


def payout_canceled(books: Books, payout: str, amount: Money, at: datetime) -> JournalEntry:
    """J11's other half: an approved payout is owed no more."""
    return _entry(books, JournalKind.CANCEL, payout, at, _moves(OBLIGATION, COST, amount))


def payout_reserved(
    books: Books, payout: str, attempt: int, hold: Posting, at: datetime
) -> JournalEntry:
    """J9: a payout's money is reserved, without an end; ``hold`` is :func:`payout_hold`."""
    return _entry(books, JournalKind.HOLD, f"{payout}:{attempt}", at, hold)


def payout_hold(amount: Money, *, working: bool = False) -> Posting:
    """What a payout reserves; payments to businesses leave from the working account."""
    return _moves(PAYOUTS, WORKING if working else UTILITY, amount, pending=True)


def payout_succeeded(
    books: Books, payout: str, hold: Posting, charged: Money, at: datetime
) -> JournalEntry:
    """J10: the money left; its hold is posted and the obligation met."""
    money = [*_posted(hold), _moves(OBLIGATION, PAYOUTS, hold.amount)]
    return _entry(books, JournalKind.PAID, payout, at, *money, *_fee(charged))


def voided(books: Books, hold_id: str, hold: Posting, at: datetime) -> JournalEntry:
    """J11, J16: no money left; what was held is free. ``hold_id`` is the hold's source."""
    return _entry(books, JournalKind.VOID, hold_id, at, hold.undone)


def payout_left_after_all(
    books: Books, payout: str, hold: Posting, at: datetime
) -> JournalEntry:
    """J12: a debit was found after the payout had failed and its hold was void."""
    money = [_moves(LEFT, hold.credit, hold.amount), _moves(OBLIGATION, LEFT, hold.amount)]
    return _entry(books, JournalKind.PAID, payout, at, *money)


def payout_returned(
    books: Books, receipt: Receipt, amount: Money, at: datetime
) -> JournalEntry:
    """J13: a payout came back, and is owed again."""
    money = _moves(UTILITY, OBLIGATION, amount)
    return _entry(books, JournalKind.RETURN, receipt.code, at, money)


def reversal_reserved(books: Books, reversal: str, hold: Posting, at: datetime) -> JournalEntry:
    """J14: a reversal's money is reserved; ``hold`` is :func:`reversal_hold`."""
    return _entry(books, JournalKind.HOLD, reversal, at, hold)


def reversal_hold(amount: Money) -> Posting:
    """What a reversal reserves."""
    return _moves(REVERSALS, UTILITY, amount, pending=True)


def reversal_succeeded(
    record: ReceiptRecord, hold: Posting, owner: LedgerAccount, charged: Money, at: datetime
) -> JournalEntry:
    """J15: a receipt's money was given back, out of where it had been booked to.

    Raises:
        Bug: received money is never booked to such an owner.
    """
    if owner not in {RECEIVABLE, UNMATCHED, OVERPAID, DUPLICATE, CONTESTED}:
        raise Bug(f"no receipt's money is in {owner.name}")
    money = [*_posted(hold), _moves(owner, REVERSALS, hold.amount)]
    return _entry(
        _of(record), JournalKind.REVERSED, record.receipt.code, at, *money, *_fee(charged)
    )


def given_back(
    record: ReceiptRecord, part: int, sits: Mapping[LedgerAccount, Money], at: datetime
) -> JournalEntry:
    """J15 where somebody else reversed: a statement's debit (J20) has found its receipt.

    ``sits`` is where this part's money was; see :mod:`~pokea.domain.holdings`.
    """
    source = record.receipt.code if part == 1 else f"{record.receipt.code}:{part}"
    money = (_moves(owner, LEFT, amount) for owner, amount in sits.items())
    return _entry(_of(record), JournalKind.REVERSED, source, at, *money)


# ── the beginning ────────────────────────────────────────────────────────────────────────


def opened(books: Books, account: LedgerAccount, amount: Money, at: datetime) -> JournalEntry:
    """J21: what an account held when its books began; charges paid are held negative."""
    if account.type is AccountType.CONTRA_ASSET:
        money = _moves(OPENING, account, amount)
    else:
        money = _moves(account, OPENING, amount)
    mode = "live" if books.livemode else "test"
    source = f"{books.shortcode.digits}:{mode}:{account.value}"
    return _entry(books, JournalKind.OPENING, source, at, money)


# ── in the table's language ──────────────────────────────────────────────────────────────


def _owner(collected: Collected) -> LedgerAccount:
    match collected:
        case Collected.IN_TIME:
            return RECEIVABLE
        case Collected.AFTER_CANCEL:
            return UNMATCHED
        case Collected.A_SECOND_TIME:
            return DUPLICATE
        case Collected.IN_DISPUTE:
            return CONTESTED
        case _:
            assert_never(collected)


def _to_owners(source: LedgerAccount, booking: Booking) -> list[Posting]:
    """Into the owner's account, and what is too much beside it."""
    money = [_moves(source, _owner(booking.owner), booking.amount)]
    if booking.overpaid:
        money.append(_moves(source, OVERPAID, booking.overpaid))
    return money


def _part(record: ReceiptRecord, part: int) -> str:
    """A part's source: the receipt as it is now, so that it can be matched anew later."""
    return f"{record.id}:{record.sequence}:{part}"


def _arrived(attempt: Attempt) -> LedgerAccount:
    return UTILITY if attempt.till is None else MERCHANT


def _moves(
    debit: LedgerAccount, credit: LedgerAccount, amount: Money, *, pending: bool = False
) -> Posting:
    return Posting(debit=debit, credit=credit, amount=amount, pending=pending)


def _posted(hold: Posting) -> tuple[Posting, Posting]:
    """A hold ends, and happens."""
    return hold.undone, _moves(hold.debit, hold.credit, hold.amount)


def _fee(charged: Money) -> tuple[Posting, ...]:
    return (_moves(FEES, CHARGES, charged),) if charged else ()


def _of(subject: Attempt | Payment | ReceiptRecord) -> Books:
    return Books(
        account_id=subject.account_id,
        livemode=subject.livemode,
        shortcode=subject.shortcode,
    )


def _entry(
    books: Books, kind: JournalKind, source_id: str, at: datetime, *money: Posting
) -> JournalEntry:
    return JournalEntry(
        kind=kind,
        source_id=source_id,
        account_id=books.account_id,
        livemode=books.livemode,
        shortcode=books.shortcode,
        at=at,
        postings=money,
    )
