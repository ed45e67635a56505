"""Writing down what was decided: states, books, receipts and events, in one transaction.

Every flow ends here, so a push, a callback, a query and a sweep leave the same traces. If any
constraint refuses any part, the whole transition is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pokea.domain.attempt import Attempt, AttemptState
from pokea.domain.consequence import consequence
from pokea.domain.decision import Applied
from pokea.domain.delivery import Delivery, DeliveryState
from pokea.domain.errors import Bug
from pokea.domain.event import Event, EventType, event_body
from pokea.domain.ids import DeliveryId, EventId, PaymentId
from pokea.domain.ledger import JournalEntry
from pokea.domain.payment import Payment, PaymentChange, PaymentEvent, decide
from pokea.domain.posting_rules import collection
from pokea.flows.give_notice import give_notice
from pokea.flows.ports import Ids, Tx, Work, WorkKind
from pokea.flows.represent import represent_payment


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An attempt before and after."""

    before: Attempt
    after: Attempt


def record_attempts(tx: Tx, ids: Ids, changes: Sequence[Change], at: datetime) -> None:
    """Write changed attempts and everything that follows from them."""
    changed = [change for change in changes if change.before != change.after]
    if not changed:
        return
    tx.attempts.save([change.after for change in changed])
    tx.receipts.claim([change.after for change in changed if _newly_receipted(change)], at)
    told = [
        (change.after, event)
        for change in changed
        if (event := consequence(change.before, change.after)) is not None
    ]
    _record_payments(tx, ids, told, at)
    _hand_over_attempts(tx, [change.after for change in changed])


def _newly_receipted(change: Change) -> bool:
    settled = change.after.state is AttemptState.SUCCEEDED
    return settled and change.after.receipt is not None and change.before.receipt is None


def _record_payments(
    tx: Tx, ids: Ids, told: Sequence[tuple[Attempt, PaymentEvent]], at: datetime
) -> None:
    if not told:
        return
    held = tx.payments.lock({attempt.payment_id for attempt, _ in told})
    touched: dict[PaymentId, Payment] = {}
    entries: list[JournalEntry] = []
    events: list[Event] = []
    for attempt, event in told:
        payment = touched.get(attempt.payment_id) or held.get(attempt.payment_id)
        if payment is None:
            raise Bug(f"{attempt.id} has no payment")
        decision = decide(payment, event)
        if not isinstance(decision, Applied):
            continue
        change = decision.now
        touched[attempt.payment_id] = change.payment
        if change.booked is not None:
            entries.append(collection(attempt, change.booked, at))
        events += announce(ids, change, attempt, at)
    tx.journals.add(entries)
    tx.payments.save(list(touched.values()))
    publish(tx, ids, events)


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
    event_id = EventId(ids.new("event"))
    return Event(
        id=event_id,
        account_id=payment.account_id,
        livemode=payment.livemode,
        type=kind,
        object_id=payment.id,
        sequence=payment.sequence,
        at=at,
        body=event_body(
            event_id=event_id,
            kind=kind,
            at=at,
            sequence=payment.sequence,
            obj=represent_payment(payment, attempt),
        ),
    )


def publish(tx: Tx, ids: Ids, events: Sequence[Event]) -> None:
    """Write events and one delivery for each endpoint, held where it is switched off."""
    if not events:
        return
    tx.events.add(events)
    give_notice(tx, ids, events)
    listeners = tx.endpoints.listeners({event.account_id for event in events})
    deliveries = [
        Delivery(
            id=DeliveryId(ids.new("delivery")),
            event_id=event.id,
            endpoint_id=listener.id,
            object_id=event.object_id,
            sequence=event.sequence,
            state=DeliveryState.SCHEDULED if listener.enabled else DeliveryState.HELD,
            due_at=event.at if listener.enabled else None,
        )
        for event in events
        for listener in listeners.get((event.account_id, event.livemode), [])
    ]
    if not deliveries:
        return
    tx.deliveries.add(deliveries)
    tx.hand_over(
        Work(
            kind=WorkKind.DELIVERY,
            ids=tuple(one.id for one in deliveries if one.due_at is not None),
            due_at=events[0].at,
        )
    )


def _hand_over_attempts(tx: Tx, attempts: Sequence[Attempt]) -> None:
    by_time: dict[datetime, list[str]] = {}
    for attempt in attempts:
        if attempt.due_at is not None:
            by_time.setdefault(attempt.due_at, []).append(attempt.id)
    for due_at, named in by_time.items():
        tx.hand_over(Work(kind=WorkKind.ATTEMPT, ids=tuple(named), due_at=due_at))
