"""Merchants, their keys, and what their requests are bound to."""

from datetime import datetime
from typing import Protocol

from pokea.domain.api_key import ApiKey
from pokea.domain.idempotency import IdempotencyKey, IdempotencyRecord
from pokea.domain.ids import AccountId


class Idempotency(Protocol):
    """Keys and what they are bound to."""

    def bind(self, key: IdempotencyKey, resource_id: str, at: datetime) -> bool:
        """Bind a key; False when it is bound already."""
        ...

    def find(self, key: IdempotencyKey) -> IdempotencyRecord | None: ...
    def finish(self, key: IdempotencyKey, *, status: int, body: str) -> None: ...


class Accounts(Protocol):
    """Merchants."""

    def add(self, account_id: AccountId, name: str, at: datetime) -> None: ...
    def first(self) -> AccountId | None: ...


class ApiKeys(Protocol):
    """Keys to the API, by their hashes."""

    def add(self, key: ApiKey, at: datetime) -> None: ...
    def find(self, sha256: bytes) -> ApiKey | None: ...
