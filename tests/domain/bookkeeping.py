"""Facts and their entries as one line of text each.

::

    received 100 -> utility +100, unmatched -100, as c2b rct_1

A line is ``fact -> account ±shillings, …, as kind source``. Debits count up and credits down;
an account that is not named must not have moved. ``pending`` before an account is the layer of
what is reserved. ``till`` before a fact means that the money arrived at a till. Several facts,
joined with ``then``, are added up; the key is the last one's.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from domain.world import ACCOUNT, PAYBILL, TILL, new_attempt
from pokea.daraja.values import Money, Receipt
from pokea.domain import posting_rules as rules
from pokea.domain.booking import Booking, Collected
from pokea.domain.corroboration import Witness
from pokea.domain.ids import ReceiptId
from pokea.domain.ledger import Books, JournalEntry, LedgerAccount
from pokea.domain.receipt import ReceiptRecord, ReceiptState

AT: Final = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
BOOKS: Final = Books(account_id=ACCOUNT, livemode=False, shortcode=PAYBILL)
RECEIPT: Final = Receipt("UAF7X2K9QP")
ACCOUNTS: Final = {
    "utility": LedgerAccount.MPESA_UTILITY,
    "merchant": LedgerAccount.MPESA_MERCHANT,
    "working": LedgerAccount.MPESA_WORKING,
    "charges": LedgerAccount.MPESA_CHARGES_PAID,
    "receivable": LedgerAccount.CUSTOMER_RECEIVABLE,
    "payouts": LedgerAccount.PAYOUTS_IN_FLIGHT,
    "reversals": LedgerAccount.REVERSALS_IN_FLIGHT,
    "left": LedgerAccount.SUSPENSE_DEBITS,
    "obligation": LedgerAccount.PAYOUT_OBLIGATION,
    "unmatched": LedgerAccount.SUSPENSE_UNMATCHED,
    "overpaid": LedgerAccount.SUSPENSE_OVERPAID,
    "duplicate": LedgerAccount.SUSPENSE_DUPLICATE,
    "contested": LedgerAccount.SUSPENSE_CONTESTED,
    "opening": LedgerAccount.OPENING_BALANCE,
    "fees": LedgerAccount.MPESA_FEES,
    "cost": LedgerAccount.PAYOUT_COST,
}
_NAMES: Final = {account: name for name, account in ACCOUNTS.items()}


def books(line: str) -> None:
    """Book what a line tells, and compare every account with what it says."""
    facts, _, expected = line.partition(" -> ")
    entries = [_entry(fact.split()) for fact in facts.split(" then ")]
    key = f"as {entries[-1].kind} {entries[-1].source_id}"

    assert sorted([*_moved(entries), key]) == sorted(expected.split(", "))


def _moved(entries: Sequence[JournalEntry]) -> list[str]:
    moved: Counter[str] = Counter()
    for posting in (posting for entry in entries for posting in entry.postings):
        layer = "pending " if posting.pending else ""
        moved[layer + _NAMES[posting.debit]] += posting.amount.in_cents // 100
        moved[layer + _NAMES[posting.credit]] -= posting.amount.in_cents // 100
    return [f"{name} {amount:+d}" for name, amount in moved.items() if amount]


def _entry(words: list[str]) -> JournalEntry:
    """The entry that a fact makes."""
    till = words[0] == "till"
    match words[till:]:
        case ["collected", amount, *how]:
            attempt = new_attempt(_kes(amount), till=TILL if till else None)
            return rules.collection(attempt, _booking(amount, "_".join(how)), AT)
        case ["received", amount]:
            return rules.received(a_record(_kes(amount)), till=till, at=AT)
        case ["matched", amount, "of", whole, "due", due, *part]:
            number = int(part[1]) if part else 1
            booking = _matched(_kes(amount), _kes(due))
            entry = rules.matched(a_record(_kes(whole)), number, booking, AT)
            assert entry is not None
            return entry
        case ["contested", asked, "proven", amount]:
            attempt = new_attempt(_kes(asked), till=TILL if till else None)
            return rules.collection(attempt, _booking(amount, "in_dispute"), AT)
        case ["accepted", amount]:
            return rules.accepted(new_attempt(_kes("100")), _kes(amount), AT)
        case ["opened", account, amount]:
            return rules.opened(BOOKS, ACCOUNTS[account], _kes(amount), AT)
        case ["payout" | "reversal", *rest]:
            return _out(words[0], rest)
        case other:
            raise ValueError(f"the language has no {' '.join(other)!r}")


def _booking(amount: str, owner: str) -> Booking:
    return Booking(owner=Collected(owner), amount=_kes(amount))


def _matched(amount: Money, due: Money) -> Booking:
    """What a payment that owes ``due`` makes of an amount."""
    if not due:
        return Booking(owner=Collected.A_SECOND_TIME, amount=amount)
    overpaid = amount - due if amount > due else Money.zero()
    return Booking(owner=Collected.IN_TIME, amount=amount - overpaid, overpaid=overpaid)


def _out(subject: str, words: list[str]) -> JournalEntry:
    match [subject, *words]:
        case ["payout", "approved", amount]:
            return rules.payout_approved(BOOKS, "pout_1", _kes(amount), AT)
        case ["payout", "canceled", amount]:
            return rules.payout_canceled(BOOKS, "pout_1", _kes(amount), AT)
        case ["payout", "reserved", amount, *rest]:
            hold = rules.payout_hold(_kes(amount), working=bool(rest))
            return rules.payout_reserved(BOOKS, "pout_1", 1, hold, AT)
        case ["payout", "succeeded", amount, "fee", charged]:
            hold = rules.payout_hold(_kes(amount))
            return rules.payout_succeeded(BOOKS, "pout_1", hold, _kes(charged), AT)
        case ["payout", "failed", amount]:
            return rules.voided(BOOKS, "pout_1:1", rules.payout_hold(_kes(amount)), AT)
        case ["payout", "left", amount]:
            return rules.payout_left_after_all(
                BOOKS, "pout_1", rules.payout_hold(_kes(amount)), AT
            )
        case ["payout", "returned", amount]:
            return rules.payout_returned(BOOKS, RECEIPT, _kes(amount), AT)
        case ["reversal", "reserved", amount]:
            hold = rules.reversal_hold(_kes(amount))
            return rules.reversal_reserved(BOOKS, "rfd_1", hold, AT)
        case ["reversal", "succeeded", amount, "from", owner, "fee", charged]:
            hold = rules.reversal_hold(_kes(amount))
            return rules.reversal_succeeded(
                a_record(_kes(amount)), hold, ACCOUNTS[owner], _kes(charged), AT
            )
        case ["reversal", "failed", amount]:
            return rules.voided(BOOKS, "rfd_1", rules.reversal_hold(_kes(amount)), AT)
        case other:
            raise ValueError(f"the language has no {' '.join(other)!r}")


def a_record(amount: Money) -> ReceiptRecord:
    """A receipt of money paid by hand."""
    return ReceiptRecord(
        id=ReceiptId("rct_1"),
        account_id=ACCOUNT,
        livemode=False,
        receipt=RECEIPT,
        shortcode=PAYBILL,
        amount=amount,
        heard_from=Witness.C2B_CONFIRMATION,
        paid_at=AT,
        received_at=AT,
        state=ReceiptState.RECEIVED,
    )


def _kes(amount: str) -> Money:
    return Money.shillings(int(amount))
