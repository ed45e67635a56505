"""Accounts and their API keys in SQL."""

from datetime import datetime

from sqlalchemy import Connection, select

from pokea.domain.api_key import ApiKey
from pokea.domain.ids import AccountId, KeyId
from pokea.store.bulk import insert_many
from pokea.store.tables import accounts, api_keys


class SqlAccounts:
    """Rows of merchants."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, account_id: AccountId, name: str, at: datetime) -> None:
        """Insert a merchant."""
        row: dict[str, object] = {"id": account_id, "name": name, "created_at": at}
        insert_many(self._connection, accounts, [row])

    def first(self) -> AccountId | None:
        """The installation's first merchant, which is all that most need."""
        statement = select(accounts.c.id).order_by(accounts.c.id).limit(1)
        found = self._connection.execute(statement).scalar_one_or_none()
        return None if found is None else AccountId(found)


class SqlApiKeys:
    """Rows of keys; only their hashes are here."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, key: ApiKey, at: datetime) -> None:
        """Insert a key."""
        row: dict[str, object] = {
            "id": key.id,
            "account_id": key.account_id,
            "livemode": key.livemode,
            "sha256": key.sha256,
            "hint": key.hint,
            "created_at": at,
        }
        insert_many(self._connection, api_keys, [row])

    def find(self, sha256: bytes) -> ApiKey | None:
        """The key with this hash, unless it was revoked."""
        row = self._connection.execute(
            select(api_keys).where(api_keys.c.sha256 == sha256, api_keys.c.revoked_at.is_(None))
        ).one_or_none()
        if row is None:
            return None
        return ApiKey(
            id=KeyId(row.id),
            account_id=AccountId(row.account_id),
            livemode=row.livemode,
            sha256=row.sha256,
            hint=row.hint,
        )
