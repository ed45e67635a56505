"""The desk: one transaction's payments, decided on in order and written once.

Several pieces of news may touch one payment in one transaction (two receipts, a prompt's end).
Each is decided on what the one before it made true; states, books and events are then written
together, so that if any constraint refuses any part, all of it is refused.
"""

from collections.abc import Collection
from datetime import datetime

from pokea.domain.attempt import Attempt
from pokea.domain.decision import Applied
from pokea.domain.errors import Bug
from pokea.domain.event import Event, EventType, event_body
from pokea.domain.ids import AccountId, EventId, PaymentId
from pokea.domain.ledger import JournalEntry
from pokea.domain.payment import Payment, PaymentChange, PaymentDecision, PaymentEvent
from pokea.domain.payment_machine import decide
from pokea.domain.receipt_machine import ReceiptChange
from pokea.flows.deps import Deps
from pokea.flows.ports import Ids, Tx
from pokea.flows.publish import publish
from pokea.flows.represent import represent_payment
from pokea.flows.represent_receipt import represent_receipt


class Desk:
    """What one transaction makes of payments, until :meth:`write` writes it down."""

    def __init__(self, tx: Tx, deps: Deps, at: datetime) -> None:
        self.at = at
        self._tx = tx
        self._deps = deps
        self._held: dict[PaymentId, Payment] = {}
        self._changed: dict[PaymentId, Payment] = {}
        self._entries: list[JournalEntry] = []
        self._events: list[Event] = []

    def hold(self, ids: Collection[PaymentId]) -> None:
        """Lock payments, in id order, until the transaction ends."""
        wanted = set(ids) - self._held.keys()
        if wanted:
            self._held |= self._tx.payments.lock(wanted)

    def payment(self, payment_id: PaymentId) -> Payment:
        """A held payment as it is by now.

        Raises:
            Bug: it is not held, or there is no such payment.
        """
        payment = self._changed.get(payment_id) or self._held.get(payment_id)
        if payment is None:
            raise Bug(f"{payment_id} is not on the desk")
        return payment

    def tell(
        self, payment_id: PaymentId, event: PaymentEvent, attempt: Attempt | None
    ) -> PaymentDecision:
        """Decide an event of a held payment; ``attempt`` is shown with it."""
        decision = decide(self.payment(payment_id), event)
        if isinstance(decision, Applied):
            change = decision.now
            self._changed[payment_id] = change.payment
            if change.event is not None:
                self._events.append(
                    payment_event(
                        self._deps.ids, change.payment, attempt, change.event, self.at
                    )
                )
        return decision

    def tell_receipt(self, change: ReceiptChange) -> None:
        """Money by hand has something to tell."""
        if change.event is None:
            return
        record = change.record
        token = self._deps.phones.payer_token(record.account_id, record.payer)
        self._events.append(
            _event(
                self._deps.ids,
                change.event,
                self.at,
                account_id=record.account_id,
                sequence=record.sequence,
                obj=represent_receipt(record, phone_token=token),
            )
        )

    def book(self, entry: JournalEntry | None) -> None:
        """An entry for the books."""
        if entry is not None:
            self._entries.append(entry)

    def write(self) -> None:
        """Write the books, the payments and the events."""
        self._tx.journals.add(self._entries)
        if self._changed:
            self._tx.payments.save(list(self._changed.values()))
        publish(self._tx, self._deps.ids, self._events)


def announce(
    ids: Ids, change: PaymentChange, attempt: Attempt | None, at: datetime
) -> list[Event]:
    """The event of a payment's change, or none when it has nothing to say."""
    if change.event is None:
        return []
    return [payment_event(ids, change.payment, attempt, change.event, at)]


def payment_event(
    ids: Ids, payment: Payment, attempt: Attempt | None, kind: EventType, at: datetime
) -> Event:
    """An event that shows a payment as it is now."""
    return _event(
        ids,
        kind,
        at,
        account_id=payment.account_id,
        sequence=payment.sequence,
        obj=represent_payment(payment, attempt),
    )


def _event(
    ids: Ids,
    kind: EventType,
    at: datetime,
    *,
    account_id: AccountId,
    sequence: int,
    obj: dict[str, object],
) -> Event:
    event_id = EventId(ids.new("event"))
    return Event(
        id=event_id,
        account_id=account_id,
        livemode=bool(obj["livemode"]),
        type=kind,
        object_id=str(obj["id"]),
        sequence=sequence,
        at=at,
        body=event_body(event_id=event_id, kind=kind, at=at, sequence=sequence, obj=obj),
    )
