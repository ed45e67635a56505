"""Safaricom's synchronous answers in SQL: evidence, sealed, never changed."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select

from pokea.domain.ids import AttemptId
from pokea.flows.ports import Answer, Call, Ids
from pokea.store.bulk import among, insert_many
from pokea.store.sealing import Sealer
from pokea.store.tables import provider_calls

_BODY: Final = "provider_calls.body"


class SqlCalls:
    """Rows of calls to Safaricom."""

    def __init__(self, connection: Connection, sealer: Sealer, ids: Ids) -> None:
        self._connection = connection
        self._sealer = sealer
        self._ids = ids

    def add(self, attempt_id: AttemptId, kind: str, answer: Answer, at: datetime) -> None:
        """Keep one answer."""
        call_id = self._ids.new("call")
        row: dict[str, object] = {
            "id": call_id,
            "attempt_id": attempt_id,
            "kind": kind,
            "http_status": answer.status,
            "body_sealed": self._sealer.seal(answer.body, field=_BODY, row=call_id),
            "elapsed_ms": answer.elapsed_ms,
            "summary": answer.summary,
            "at": at,
        }
        insert_many(self._connection, provider_calls, [row])

    def of_attempts(self, ids: Collection[AttemptId], limit: int) -> list[Call]:
        """The first calls about some attempts, oldest first."""
        statement = (
            select(provider_calls)
            .where(among(provider_calls.c.attempt_id, ids, self._connection.dialect))
            .order_by(provider_calls.c.at, provider_calls.c.id)
            .limit(limit)
        )
        return [
            Call(
                at=row.at,
                kind=row.kind,
                status=row.http_status,
                elapsed_ms=row.elapsed_ms,
                summary=row.summary,
            )
            for row in self._connection.execute(statement)
        ]
