"""Where a receipt's money sits: what its own journals left of it on which account.

A part may have been matched, divided, accepted or taken back before M-PESA reversed it, so
where it went is read from the books and never worked out anew.
Source: STATE_MACHINES section 11, J15.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pokea.daraja.values import Money
from pokea.domain.attempt import Attempt
from pokea.domain.chain import WrittenJournal
from pokea.domain.ids import PaymentId
from pokea.domain.ledger import JournalKind, LedgerAccount
from pokea.domain.receipt import ReceiptRecord, ReceiptState

RECEIVABLE: Final = LedgerAccount.CUSTOMER_RECEIVABLE
UNMATCHED: Final = LedgerAccount.SUSPENSE_UNMATCHED

OWNERS: Final = (
    RECEIVABLE,
    UNMATCHED,
    LedgerAccount.SUSPENSE_OVERPAID,
    LedgerAccount.SUSPENSE_DUPLICATE,
    LedgerAccount.SUSPENSE_CONTESTED,
)
"""Where money that arrived can be, in the order in which it is written."""

_BY_NUMBER: Final = {account.value: account for account in OWNERS}
_OF_PARTS: Final = {JournalKind.MATCH.value, JournalKind.UNMATCH.value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One owner's part of a receipt's money, and on which accounts it is."""

    part: int
    payment_id: PaymentId | None
    sits: Mapping[LedgerAccount, Money]

    @property
    def counted(self) -> Money:
        """What of it the payment counts: its own, and what came after a cancellation."""
        return self.sits.get(RECEIVABLE, Money.zero()) + self.sits.get(UNMATCHED, Money.zero())


def sources_of(record: ReceiptRecord) -> set[str]:
    """What a receipt's journals were made by, its own and those of whom it was given to."""
    sequences = range(record.sequence + 1)
    parts = range(1, max(len(record.parts), 1) + 1)
    sources = {f"{record.id}:{sequence}:{part}" for sequence in sequences for part in parts}
    sources |= {part.payment_id for part in record.parts if part.payment_id is not None}
    return sources | {record.id} | ({record.attempt_id} if record.attempt_id else set())


def holdings(
    record: ReceiptRecord, attempt: Attempt | None, journals: Sequence[WrittenJournal]
) -> tuple[Holding, ...]:
    """Where all of a receipt's money sits; nothing when it is not in the books (as a whole).

    ``journals`` are the receipt's own, its attempt's, and those by which a person accepted the
    money of its payments.
    """
    paid = {part.payment_id for part in record.parts}
    paid |= set() if attempt is None else {attempt.payment_id}
    late = {one.source_id for one in journals if one.source_id in paid}
    sources = sources_of(record) - paid
    own = [one for one in journals if one.source_id in sources]
    if record.state is ReceiptState.CLAIMED:
        payment_id = None if attempt is None else attempt.payment_id
        found = [_holding(1, payment_id, _left(own), late)]
    elif record.state is ReceiptState.MATCHED:
        found = [
            _holding(
                number,
                part.payment_id,
                _left(_of_part(own, number)) + Counter({UNMATCHED: part.amount.in_cents}),
                late,
            )
            for number, part in enumerate(record.parts, start=1)
        ]
    else:
        found = [_holding(1, None, _left(own), late)]
    total = sum((money for one in found for money in one.sits.values()), Money.zero())
    return tuple(found) if total == record.amount else ()


def _of_part(journals: Sequence[WrittenJournal], number: int) -> list[WrittenJournal]:
    return [
        one
        for one in journals
        if one.kind in _OF_PARTS and one.source_id.endswith(f":{number}")
    ]


def _left(journals: Sequence[WrittenJournal]) -> Counter[LedgerAccount]:
    """What they leave on each owner's account, in cents: credits count up."""
    left: Counter[LedgerAccount] = Counter()
    for one in journals:
        for _, debit, credit, cents, pending in one.lines:
            if pending:
                continue
            for number, signed in ((debit, -cents), (credit, cents)):
                if number in _BY_NUMBER:
                    left[_BY_NUMBER[number]] += signed
    return left


def _holding(
    part: int, payment_id: PaymentId | None, left: Counter[LedgerAccount], late: set[str]
) -> Holding:
    if payment_id is not None and payment_id in late:
        # It came after a cancellation, and the merchant took it after all: all at once.
        left[RECEIVABLE] += left.pop(UNMATCHED, 0)
    sits = {one: Money.cents(left[one]) for one in OWNERS if left[one] > 0}
    return Holding(part=part, payment_id=payment_id, sits=sits)
