"""The token cache in a SQL database: one token and one minting at a time, for all processes.

It needs a DB-API connection and nothing else, and works on SQLite and PostgreSQL alike:

    SqlTokenCache(lambda: sqlite3.connect("tokens.db"))
    SqlTokenCache(lambda: psycopg.connect(url), placeholder="%s")

Tokens are kept as they are and live an hour; keep the database as private as the app's keys.
"""

from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Protocol

from typing_extensions import override

from pokea.daraja.tokens import LEASE, Token, TokenCache

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_TABLE = """
CREATE TABLE IF NOT EXISTS pokea_daraja_tokens (
    app VARCHAR(32) PRIMARY KEY,
    token TEXT,
    renew_at BIGINT,
    lease_owner VARCHAR(32),
    lease_until BIGINT NOT NULL DEFAULT 0
)"""
# On PostgreSQL two processes can collide in spite of IF NOT EXISTS; every driver has classes of
# its own for it, under PostgreSQL's names.
_MADE_AT_ONCE = ("UniqueViolation", "DuplicateTable")
_LOAD = "SELECT token, renew_at FROM pokea_daraja_tokens WHERE app = ?"
_STORE = """
INSERT INTO pokea_daraja_tokens (app, token, renew_at) VALUES (?, ?, ?)
ON CONFLICT (app) DO UPDATE SET token = excluded.token, renew_at = excluded.renew_at"""
_DISCARD = "UPDATE pokea_daraja_tokens SET token = NULL WHERE app = ? AND token = ?"
# One statement decides who mints: the row is locked while its condition is checked.
_LEASE = """
INSERT INTO pokea_daraja_tokens (app, lease_owner, lease_until) VALUES (?, ?, ?)
ON CONFLICT (app) DO UPDATE
SET lease_owner = excluded.lease_owner, lease_until = excluded.lease_until
WHERE pokea_daraja_tokens.lease_owner IS NULL
   OR pokea_daraja_tokens.lease_owner = excluded.lease_owner
   OR pokea_daraja_tokens.lease_until <= ?"""
_RELEASE = """
UPDATE pokea_daraja_tokens SET lease_owner = NULL, lease_until = 0
WHERE app = ? AND lease_owner = ?"""


class Cursor(Protocol):
    """What is used of a DB-API cursor."""

    @property
    def rowcount(self) -> int:
        """Rows that the last statement wrote."""
        ...

    def execute(self, statement: str, parameters: Sequence[object], /) -> object:
        """Run one statement."""
        ...

    def fetchone(self) -> Sequence[object] | None:
        """Return the next row."""
        ...


class Connection(Protocol):
    """What is used of a DB-API connection."""

    def cursor(self) -> Cursor:
        """Return a cursor."""
        ...

    def commit(self) -> None:
        """Keep what was written."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


class SqlTokenCache(TokenCache):
    """Opens a connection for each use: clients remember a token and rarely ask."""

    waits = True

    def __init__(self, connect: Callable[[], Connection], placeholder: str = "?") -> None:
        self._connect = connect
        self._placeholder = placeholder
        self._create_table()

    @override
    def load(self, key: str) -> Token | None:
        with closing(self._connect()) as connection:
            cursor = connection.cursor()
            cursor.execute(self._marked(_LOAD), (key,))
            row = cursor.fetchone()
        if row is None or not isinstance(row[0], str) or not isinstance(row[1], int):
            return None
        return Token(value=row[0], renew_at=_EPOCH + row[1] * _MICROSECOND)

    @override
    def store(self, key: str, token: Token) -> None:
        self._write(_STORE, key, token.value, _microseconds(token.renew_at))

    @override
    def discard(self, key: str, value: str) -> None:
        self._write(_DISCARD, key, value)

    @override
    def lease(self, key: str, owner: str, now: datetime) -> bool:
        until = _microseconds(now + LEASE)
        return self._write(_LEASE, key, owner, until, _microseconds(now)) == 1

    @override
    def release(self, key: str, owner: str) -> None:
        self._write(_RELEASE, key, owner)

    def _create_table(self) -> None:
        try:
            self._write(_TABLE)
        except Exception as error:
            if type(error).__name__ in _MADE_AT_ONCE:
                return
            raise

    def _write(self, statement: str, *parameters: object) -> int:
        with closing(self._connect()) as connection:
            cursor = connection.cursor()
            cursor.execute(self._marked(statement), parameters)
            written = cursor.rowcount
            connection.commit()
        return written

    def _marked(self, statement: str) -> str:
        return statement.replace("?", self._placeholder)


def _microseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND
