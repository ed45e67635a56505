"""Telling merchants: an event and one delivery for each endpoint, in the same transaction."""

from collections.abc import Sequence

from pokea.domain.delivery import Delivery, DeliveryState
from pokea.domain.event import Event
from pokea.domain.ids import DeliveryId
from pokea.flows.give_notice import give_notice
from pokea.flows.ports import Ids, Tx, Work, WorkKind


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
