"""The outbox in SQL."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from pokea.domain.event import Event, EventType
from pokea.domain.ids import AccountId, EventId
from pokea.store.bulk import insert_many
from pokea.store.tables import events


class SqlEvents:
    """Rows of events."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, new: Sequence[Event]) -> None:
        """Insert events; a second success of a payment breaks a unique index."""
        rows = [
            {
                "id": event.id,
                "account_id": event.account_id,
                "livemode": event.livemode,
                "type": event.type.value,
                "object_id": event.object_id,
                "sequence": event.sequence,
                "at": event.at,
                "body": event.body,
            }
            for event in new
        ]
        insert_many(self._connection, events, rows)

    def get(self, event_id: EventId) -> Event | None:
        """One event."""
        row = self._connection.execute(
            select(events).where(events.c.id == event_id)
        ).one_or_none()
        if row is None:
            return None
        return Event(
            id=EventId(row.id),
            account_id=AccountId(row.account_id),
            livemode=row.livemode,
            type=EventType(row.type),
            object_id=row.object_id,
            sequence=row.sequence,
            at=row.at,
            body=row.body,
        )
