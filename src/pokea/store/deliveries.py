"""Webhook deliveries in SQL: leased, in the order of each object's events."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, case, exists, select, update

from pokea.domain.delivery import SEND_LEASE, Delivery, DeliveryState
from pokea.domain.ids import DeliveryId, EndpointId, EventId
from pokea.store.bulk import insert_many
from pokea.store.tables import deliveries

_WAITING: Final = (DeliveryState.SCHEDULED.value, DeliveryState.RETRYING.value)


class SqlDeliveries:
    """Rows of deliveries."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, new: Sequence[Delivery]) -> None:
        """Insert deliveries."""
        insert_many(self._connection, deliveries, [_row(delivery) for delivery in new])

    def whose_turn(self, delivery_id: DeliveryId, *, now: datetime) -> EndpointId | None:
        """Where a delivery goes that could be leased now; None when it could not."""
        found = self._connection.execute(
            select(deliveries.c.endpoint_id).where(_in_turn(delivery_id, now))
        ).scalar_one_or_none()
        return None if found is None else EndpointId(found)

    def lease(self, delivery_id: DeliveryId, *, now: datetime) -> Delivery | None:
        """Take a delivery that is due; None when it is not, or not yet its turn."""
        statement = (
            update(deliveries)
            .where(_in_turn(delivery_id, now))
            .values(due_at=now + SEND_LEASE)
            .returning(deliveries)
        )
        row = self._connection.execute(statement).one_or_none()
        return None if row is None else _delivery(row)

    def save(self, delivery: Delivery) -> None:
        """Write a try's outcome, unless a quicker worker did."""
        self._connection.execute(
            update(deliveries)
            .where(deliveries.c.id == delivery.id, deliveries.c.tries == delivery.tries - 1)
            .values(
                state=delivery.state.value,
                tries=delivery.tries,
                last_status=delivery.last_status,
                last_error=delivery.last_error,
                due_at=delivery.due_at,
            )
        )

    def next_of_object(self, delivery: Delivery) -> DeliveryId | None:
        """The delivery that waited for this one's first try."""
        statement = (
            select(deliveries.c.id)
            .where(deliveries.c.endpoint_id == delivery.endpoint_id)
            .where(deliveries.c.object_id == delivery.object_id)
            .where(deliveries.c.sequence > delivery.sequence, deliveries.c.tries == 0)
            .order_by(deliveries.c.sequence)
            .limit(1)
        )
        found = self._connection.execute(statement).scalar_one_or_none()
        return None if found is None else DeliveryId(found)

    def hold(self, delivery_id: DeliveryId) -> None:
        """Keep a delivery for an endpoint that is switched off; it was not tried."""
        self._connection.execute(
            update(deliveries)
            .where(deliveries.c.id == delivery_id, deliveries.c.state.in_(_WAITING))
            .values(state=DeliveryState.HELD.value, due_at=None)
        )

    def release(self, endpoint_id: EndpointId, *, now: datetime) -> list[DeliveryId]:
        """Make everything due that is held for an endpoint, the oldest named first."""
        untried = deliveries.c.tries == 0
        statement = (
            update(deliveries)
            .where(deliveries.c.endpoint_id == endpoint_id)
            .where(deliveries.c.state == DeliveryState.HELD.value)
            .values(
                state=case(
                    (untried, DeliveryState.SCHEDULED.value),
                    else_=DeliveryState.RETRYING.value,
                ),
                due_at=now,
            )
            .returning(deliveries.c.id)
        )
        return sorted(DeliveryId(one) for one in self._connection.execute(statement).scalars())


def _in_turn(delivery_id: DeliveryId, now: datetime) -> ColumnElement[bool]:
    """A delivery is due, and nothing of its object has to go before it.

    An object's next event waits for the first try of the one before, not for its success.
    """
    earlier = deliveries.alias("earlier")
    not_tried_before = exists().where(
        and_(
            earlier.c.endpoint_id == deliveries.c.endpoint_id,
            earlier.c.object_id == deliveries.c.object_id,
            earlier.c.sequence < deliveries.c.sequence,
            earlier.c.tries == 0,
            earlier.c.state == DeliveryState.SCHEDULED.value,
        )
    )
    return and_(
        deliveries.c.id == delivery_id,
        deliveries.c.due_at <= now,
        deliveries.c.state.in_(_WAITING),
        ~not_tried_before,
    )


def _row(delivery: Delivery) -> dict[str, object]:
    return {
        "id": delivery.id,
        "event_id": delivery.event_id,
        "endpoint_id": delivery.endpoint_id,
        "object_id": delivery.object_id,
        "sequence": delivery.sequence,
        "state": delivery.state.value,
        "tries": delivery.tries,
        "last_status": delivery.last_status,
        "last_error": delivery.last_error,
        "due_at": delivery.due_at,
    }


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        id=DeliveryId(row.id),
        event_id=EventId(row.event_id),
        endpoint_id=EndpointId(row.endpoint_id),
        object_id=row.object_id,
        sequence=row.sequence,
        state=DeliveryState(row.state),
        tries=row.tries,
        due_at=row.due_at,
        last_status=row.last_status,
        last_error=row.last_error,
    )
