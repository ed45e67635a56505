"""One payment and its attempts, moved only by the domain's own decisions.

It does what :mod:`pokea.flows.record` does, without a database: an attempt's change tells its
payment, and what the payment books is added up by account. What a unique constraint would
refuse raises :class:`Refused` here.
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from pokea.daraja.values import AccountReference, Money, Msisdn, Receipt, Shortcode
from pokea.domain import attempt_machine, payment_machine
from pokea.domain.attempt import (
    IN_FLIGHT,
    Attempt,
    AttemptEvent,
    AttemptState,
    CallbackDisagreed,
    Dispatched,
    PaidClaim,
    QueryPaid,
    ReceiptHeard,
    may_have_paid,
)
from pokea.domain.attempt_steps import RECEIPT_CONTEST, AttemptDecision
from pokea.domain.booking import Booking, Collected
from pokea.domain.chain import WrittenJournal
from pokea.domain.consequence import consequence
from pokea.domain.corroboration import Rules, Witness
from pokea.domain.decision import Applied
from pokea.domain.event import EventType
from pokea.domain.holdings import holdings
from pokea.domain.ids import AccountId, AttemptId, PaymentId, ReceiptId
from pokea.domain.ledger import JournalEntry, LedgerAccount
from pokea.domain.payment import (
    Accepted,
    AttemptPaid,
    AttemptStarted,
    GivenBack,
    Payment,
    PaymentDecision,
    PaymentEvent,
    ReceiptMatched,
    ReceiptUnmatched,
)
from pokea.domain.posting_rules import (
    acceptance,
    collection,
    given_back,
    matched,
    received,
    unmatched,
)
from pokea.domain.receipt import Part, ReceiptRecord, ReceiptState

START = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
ACCOUNT = AccountId("acct_01JZ8X4R2W8Z6V4H1G5F3D7S9A")
PHONE = Msisdn("254712345678")
PAYBILL = Shortcode("600997")
TILL = Shortcode("174379")


class Refused(Exception):
    """The database would refuse this: the story asks for something that cannot be written."""


def new_payment(amount: Money) -> Payment:
    """A payment as it is just after ``payment.created``."""
    return Payment(
        id=PaymentId("pay_01JZ8X4R2W8Z6V4H1G5F3D7S9A"),
        account_id=ACCOUNT,
        livemode=False,
        shortcode=PAYBILL,
        amount=amount,
        account_reference=AccountReference("INV-10042"),
        created_at=START,
        expires_at=START + timedelta(hours=1),
        due_at=START + timedelta(hours=1),
        sequence=1,
    )


def new_attempt(
    amount: Money, *, number: int = 1, at: datetime = START, till: Shortcode | None = None
) -> Attempt:
    """An attempt that was not sent yet."""
    return Attempt(
        id=AttemptId(f"att_01JZ8X4R2W8Z6V4H1G5F3D7S9{number}"),
        payment_id=PaymentId("pay_01JZ8X4R2W8Z6V4H1G5F3D7S9A"),
        account_id=ACCOUNT,
        livemode=False,
        shortcode=PAYBILL,
        till=till,
        amount=amount,
        phone=PHONE,
        phone_token="phn_0123456789abcdef01234567",
        account_reference=AccountReference("INV-10042"),
        created_at=at,
    )


def new_record(amount: Money, receipt: Receipt, at: datetime) -> ReceiptRecord:
    """Money by hand that is nobody's yet."""
    return ReceiptRecord(
        id=ReceiptId(f"rct_{receipt.code}"),
        account_id=ACCOUNT,
        livemode=False,
        receipt=receipt,
        shortcode=PAYBILL,
        amount=amount,
        heard_from=Witness.C2B_CONFIRMATION,
        paid_at=at,
        received_at=at,
        state=ReceiptState.RECEIVED,
    )


@dataclass(slots=True, kw_only=True)
class World:
    """What is true after every event so far, and all that was said and booked on the way."""

    rules: Rules = field(default_factory=Rules)
    till: Shortcode | None = None
    now: datetime = START
    payment: Payment | None = None
    attempts: list[Attempt] = field(default_factory=list[Attempt])
    events: list[tuple[EventType, int]] = field(default_factory=list[tuple[EventType, int]])
    journals: dict[str, JournalEntry] = field(default_factory=dict[str, JournalEntry])
    by_hand: dict[Receipt, ReceiptRecord] = field(default_factory=dict[Receipt, ReceiptRecord])
    attempt_edges: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    payment_edges: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    """Every change of state on the way."""

    def open(self, amount: Money) -> None:
        """A merchant asks for money."""
        self.payment = new_payment(amount)
        self.events.append((EventType.PAYMENT_CREATED, 1))

    def start_attempt(self) -> None:
        """A new attempt, dispatched, as the flow ``start_attempt`` makes it."""
        if any(attempt.state in IN_FLIGHT for attempt in self.attempts):
            raise Refused("an attempt of this payment is in flight")
        number = len(self.attempts) + 1
        attempt = new_attempt(self.the_payment.owed, number=number, at=self.now, till=self.till)
        started = self.tell_payment(AttemptStarted(attempt_id=attempt.id), attempt)
        if not isinstance(started, Applied):
            raise Refused(f"a payment that is {self.the_payment.state} is not prompted")
        self.attempts.append(attempt)
        self.hear(number - 1, Dispatched(at=self.now))

    def hear(self, which: int, event: AttemptEvent) -> AttemptDecision:
        """One event of one attempt, with everything that follows from it."""
        before = self.attempts[which]
        decision = self._decide(before, event)
        if isinstance(decision, Applied):
            after = replace(decision.now, version=before.version + 1)
            self.attempts[which] = after
            if after.state is not before.state:
                self.attempt_edges.add((before.state.value, after.state.value))
            self._tell_of(before, after)
        return decision

    def _decide(self, before: Attempt, event: AttemptEvent) -> AttemptDecision:
        """A prompt that was paid without a receipt may have its money here, told by hand."""
        decision = attempt_machine.decide(before, event, self.rules)
        if not isinstance(decision, Applied) or before.state is AttemptState.SUCCEEDED:
            return decision
        if decision.now.state is not AttemptState.SUCCEEDED or decision.now.receipt is not None:
            return decision
        free = (one for one in self.by_hand.values() if one.attempt_id is None)
        twins = [one for one in free if one.amount == before.amount]
        if not twins:
            return decision
        if len(twins) > 1:
            about = CallbackDisagreed(at=self.now, about=RECEIPT_CONTEST)
            return attempt_machine.decide(before, about, self.rules)
        claim = PaidClaim(
            receipt=twins[0].receipt,
            amount=before.amount,
            paid_at=twins[0].paid_at,
            heard_at=self.now,
            witness=twins[0].heard_from,
        )
        heard = attempt_machine.decide(
            before, ReceiptHeard(at=self.now, claim=claim), self.rules
        )
        if not isinstance(heard, Applied) or heard.now.state is AttemptState.SUCCEEDED:
            return heard
        return attempt_machine.decide(heard.now, QueryPaid(at=self.now), self.rules)

    def _tell_of(self, before: Attempt, after: Attempt) -> None:
        """What an attempt's change means for its payment, and for money that it let go."""
        told = consequence(before, after)
        if told is not None and not self._is_counted(told):
            self.tell_payment(told, after)
        if after.claim is not None and after.claim.receipt in self.by_hand:
            known = self.by_hand[after.claim.receipt]
            self.by_hand[known.receipt] = replace(known, attempt_id=after.id)
        freed = before.claim
        if freed is not None and (after.claim is None or after.claim.receipt != freed.receipt):
            self.pays_by_hand(freed.amount, freed.receipt, person=False)

    def _is_counted(self, told: PaymentEvent) -> bool:
        """Whether this very money was matched by hand before the prompt was heard of."""
        if not isinstance(told, AttemptPaid) or told.receipt is None:
            return False
        record = self.by_hand.get(told.receipt)
        alone = {ReceiptState.MATCHED, ReceiptState.REVERSED}
        return record is not None and record.state in alone

    def tell_payment(self, event: PaymentEvent, attempt: Attempt | None) -> PaymentDecision:
        """One event of the payment, with its announcement and its journal."""
        before = self.the_payment
        decision = payment_machine.decide(before, event)
        if not isinstance(decision, Applied):
            return decision
        change = decision.now
        self.payment = change.payment
        if change.payment.state is not before.state:
            self.payment_edges.add((before.state.value, change.payment.state.value))
        if change.event is not None:
            self.events.append((change.event, change.payment.sequence))
        if change.booked is not None:
            self._book(event, change.booked, attempt)
        return decision

    def _book(self, event: PaymentEvent, booking: Booking, attempt: Attempt | None) -> None:
        if isinstance(event, ReceiptMatched):
            self._match(self.by_hand[event.receipt], booking)
            return
        if attempt is None or attempt.id in self.journals:
            raise Refused("this attempt's money is booked already")
        waits = None if attempt.receipt is None else self.by_hand.get(attempt.receipt)
        if waits is None:
            self.journals[attempt.id] = collection(attempt, booking, self.now)
        else:
            self._match(waits, booking)  # it came by hand first and waited in suspense

    def _match(self, record: ReceiptRecord, booking: Booking) -> None:
        state = ReceiptState.MATCHED
        part = Part(
            amount=record.amount,
            matched_by="account_number",
            matched_at=self.now,
            payment_id=self.the_payment.id,
        )
        sequence = record.sequence + 1
        record = replace(record, state=state, sequence=sequence, parts=(part,))
        self.by_hand[record.receipt] = record
        entry = matched(record, 1, booking, self.now)
        if entry is not None:
            self.journals[entry.source_id] = entry

    def pays_by_hand(self, amount: Money, receipt: Receipt, *, person: bool) -> PaymentDecision:
        """Money by hand arrives in suspense and is offered to the payment."""
        if receipt not in self.by_hand:
            record = new_record(amount, receipt, self.now)
            self.by_hand[receipt] = record
            till = self.till is not None
            self.journals[receipt.code] = received(record, till=till, at=self.now)
        event = ReceiptMatched(receipt=receipt, amount=amount, by_person=person)
        return self.tell_payment(event, None)

    def takes_back(self, amount: Money) -> PaymentDecision:
        """A person takes money by hand of this amount from the payment again."""
        decision = self.tell_payment(ReceiptUnmatched(amount=amount), None)
        if isinstance(decision, Applied):
            state = ReceiptState.MATCHED
            parts = [one for one in self.by_hand.values() if one.state is state]
            record = next(one for one in parts if one.amount == amount)
            booking = Booking(owner=Collected.IN_TIME, amount=amount)
            entry = unmatched(record, 1, booking, self.now)
            if entry is not None:
                self.journals[f"unmatch {entry.source_id}"] = entry
            unowned = replace(record, state=ReceiptState.UNMATCHED, parts=())
            self.by_hand[record.receipt] = unowned
        return decision

    def gives_back(self, receipt: Receipt) -> PaymentDecision:
        """M-PESA reversed a receipt's money, as the flow ``give_back`` books it."""
        owner = next((one for one in self.attempts if one.receipt == receipt), None)
        owner = owner or next((one for one in self.attempts if one.proven and one.claim), None)
        record = self.by_hand.get(receipt) or _own_record(receipt, owner)
        (where,) = holdings(record, owner, [_written(one) for one in self.journals.values()])
        event = GivenBack(receipt=receipt, counted=where.counted)
        decision = self.tell_payment(event, owner)
        if isinstance(decision, Applied):
            entry = given_back(record, where.part, where.sits, self.now)
            self.journals[f"reversed {entry.source_id}"] = entry
            if receipt in self.by_hand:
                self.by_hand[receipt] = replace(record, state=ReceiptState.REVERSED)
        return decision

    def accepts(self) -> PaymentDecision:
        """The merchant takes what came, as the flow ``accept_payment`` books it."""
        before = self.the_payment
        amounts = {one.id: one.proven for one in self.attempts if self._is_here(one)}
        proven = sum((one for one in amounts.values() if one), Money.zero())
        decision = self.tell_payment(Accepted(proven=proven if amounts else None), None)
        if isinstance(decision, Applied):
            attempts = [one for one in self.attempts if one.id in amounts]
            for entry in acceptance(before, attempts, self.now):
                self.journals[f"accept {entry.source_id}"] = entry
        return decision

    def _is_here(self, attempt: Attempt) -> bool:
        """Whether money is proven to have come for a contested attempt, and did not go."""
        gone = (
            attempt.claim is not None and f"reversed {attempt.claim.receipt}" in self.journals
        )
        return attempt.proven is not None and not gone

    def in_doubt(self) -> bool:
        """Whether money may be on its way, as the flow ``expire_payment`` asks."""
        doubtful = {AttemptState.DISPATCHING, AttemptState.UNKNOWN, AttemptState.CONFIRMING}
        return any(
            one.state in doubtful
            or (one.state is not AttemptState.SUCCEEDED and may_have_paid(one))
            for one in self.attempts
        )

    @property
    def the_payment(self) -> Payment:
        """The payment, which must have been opened."""
        if self.payment is None:
            raise Refused("no payment was opened")
        return self.payment

    def balances(self) -> Counter[LedgerAccount]:
        """Cents by account: debits count up, credits down."""
        total: Counter[LedgerAccount] = Counter()
        for entry in self.journals.values():
            for posting in entry.postings:
                total[posting.debit] += posting.amount.in_cents
                total[posting.credit] -= posting.amount.in_cents
        return total


def _own_record(receipt: Receipt, owner: Attempt | None) -> ReceiptRecord:
    """A prompt's own receipt."""
    if owner is None or owner.claim is None:
        raise Refused(f"nobody has {receipt}")
    record = new_record(owner.claim.amount, receipt, owner.claim.paid_at)
    return replace(record, state=ReceiptState.CLAIMED, attempt_id=owner.id)


def _written(entry: JournalEntry) -> WrittenJournal:
    """An entry as the tables hold it."""
    return WrittenJournal(
        id=f"jrn_{entry.source_id}",
        kind=entry.kind.value,
        source_id=entry.source_id,
        account_id=entry.account_id,
        livemode=entry.livemode,
        shortcode=entry.shortcode.digits,
        at=entry.at,
        corrects_id=None,
        lines=tuple(
            (line, one.debit.value, one.credit.value, one.amount.in_cents, one.pending)
            for line, one in enumerate(entry.postings, start=1)
        ),
    )
