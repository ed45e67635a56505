"""Webhook endpoints in SQL; their secrets are sealed."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, select, update

from pokea.domain.delivery import Endpoint
from pokea.domain.ids import AccountId, EndpointId
from pokea.flows.ports import Listener
from pokea.store.bulk import among, insert_many
from pokea.store.sealing import Sealer
from pokea.store.tables import webhook_endpoints

_SECRET: Final = "webhook_endpoints.secret"  # noqa: S105 - the name of a field


class SqlEndpoints:
    """Rows of endpoints."""

    def __init__(self, connection: Connection, sealer: Sealer) -> None:
        self._connection = connection
        self._sealer = sealer

    def add(self, endpoint: Endpoint, at: datetime) -> None:
        """Insert an endpoint; the same URL twice breaks a unique constraint."""
        row: dict[str, object] = {
            "id": endpoint.id,
            "account_id": endpoint.account_id,
            "livemode": endpoint.livemode,
            "url": endpoint.url,
            "secret_sealed": self._sealer.seal(
                endpoint.secret.encode(), field=_SECRET, row=endpoint.id
            ),
            "enabled": endpoint.enabled,
            "created_at": at,
        }
        insert_many(self._connection, webhook_endpoints, [row])

    def get(self, endpoint_id: EndpointId) -> Endpoint | None:
        """One endpoint."""
        rows = self._settled(
            select(webhook_endpoints).where(webhook_endpoints.c.id == endpoint_id)
        )
        return self._endpoint(rows[0]) if rows else None

    def of_account(self, account_id: AccountId, *, livemode: bool) -> list[Endpoint]:
        """An account's endpoints, oldest first."""
        statement = (
            select(webhook_endpoints)
            .where(webhook_endpoints.c.account_id == account_id)
            .where(webhook_endpoints.c.livemode == livemode)
            .order_by(webhook_endpoints.c.id)
        )
        return [self._endpoint(row) for row in self._connection.execute(statement)]

    def listeners(
        self, accounts: Collection[AccountId]
    ) -> dict[tuple[AccountId, bool], list[Listener]]:
        """Who is to be told of these accounts' events, by account and mode."""
        columns = webhook_endpoints.c
        statement = select(
            columns.id, columns.account_id, columns.livemode, columns.enabled
        ).where(among(columns.account_id, accounts, self._connection.dialect))
        found: dict[tuple[AccountId, bool], list[Listener]] = {}
        for row in self._settled(statement):
            found.setdefault((AccountId(row.account_id), row.livemode), []).append(
                Listener(id=EndpointId(row.id), enabled=row.enabled)
            )
        return found

    def switch(self, endpoint_id: EndpointId, *, enabled: bool) -> None:
        """Stop or start calling an endpoint."""
        self._connection.execute(
            update(webhook_endpoints)
            .where(webhook_endpoints.c.id == endpoint_id)
            .values(enabled=enabled)
        )

    def _settled(self, statement: Select[*tuple[Any, ...]]) -> list[Row[*tuple[Any, ...]]]:
        """Rows whose "disabled" stays true until this transaction ends.

        What is held for a disabled endpoint must not slip past somebody who enables it at this
        moment and releases what is held. Enabled rows, the usual case, are not locked.
        """
        rows = list(self._connection.execute(statement))
        if all(row.enabled for row in rows):
            return rows
        return list(self._connection.execute(statement.with_for_update(read=True)))

    def _endpoint(self, row: Row[Any]) -> Endpoint:
        secret = self._sealer.open(row.secret_sealed, field=_SECRET, row=row.id)
        return Endpoint(
            id=EndpointId(row.id),
            account_id=AccountId(row.account_id),
            livemode=row.livemode,
            url=row.url,
            secret=secret.decode(),
            enabled=row.enabled,
        )
