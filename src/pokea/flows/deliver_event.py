"""Tell the merchant: one try of one delivery.

The lease is committed before the call, so a worker that dies while sending is followed by
another that sends the same ``webhook-id`` again: at least once, never silently not.
"""

from pokea.domain.delivery import Delivery, Endpoint, after_try
from pokea.domain.event import Event
from pokea.domain.ids import DeliveryId
from pokea.flows.deps import Deps
from pokea.flows.ports import Tx, Work, WorkKind


async def deliver_event(deps: Deps, delivery_id: DeliveryId) -> bool:
    """Send a delivery that is due; False when it was not, or when it was not yet its turn."""
    leased = await deps.db.write(lambda tx: _lease(tx, deps, delivery_id))
    if leased is None:
        return False
    delivery, endpoint, event = leased
    result = await deps.sender.send(endpoint, event, tries=delivery.tries + 1)
    now = deps.clock.now()
    tried = after_try(delivery, result, now)

    def write(tx: Tx) -> None:
        tx.deliveries.save(tried)
        if result.endpoint_is_gone:
            tx.endpoints.switch(endpoint.id, enabled=False)
        if tried.due_at is not None:
            tx.hand_over(Work(kind=WorkKind.DELIVERY, ids=(tried.id,), due_at=tried.due_at))
        follower = tx.deliveries.next_of_object(tried) if tried.tries == 1 else None
        if follower is not None:
            tx.hand_over(Work(kind=WorkKind.DELIVERY, ids=(follower,), due_at=now))

    await deps.db.write(write)
    return True


def _lease(
    tx: Tx, deps: Deps, delivery_id: DeliveryId
) -> tuple[Delivery, Endpoint, Event] | None:
    delivery = tx.deliveries.lease(delivery_id, now=deps.clock.now())
    if delivery is None:
        return None
    endpoint = tx.endpoints.get(delivery.endpoint_id)
    event = tx.events.get(delivery.event_id)
    if endpoint is None or event is None:
        return None
    if not endpoint.enabled:
        tx.deliveries.hold(delivery_id)
        return None
    return delivery, endpoint, event
