"""Safaricom's access token, kept where all processes find it.

A new token may end the one before (portal FAQ), so processes that each had their own would take
it from one another.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, TypeVar

import psycopg
import structlog
from typing_extensions import override

from pokea.daraja.tokens import MemoryTokenCache, Token, TokenCache
from pokea.daraja.tokens_sql import SqlTokenCache

WAIT_S: Final = 5

Result = TypeVar("Result")
_log = structlog.get_logger()


def postgresql_tokens(url: str) -> TokenCache:
    """Access tokens in PostgreSQL, in the SDK's own table."""

    def connect() -> Any:
        return psycopg.connect(url, connect_timeout=WAIT_S)

    return SharedTokens(
        lambda: SqlTokenCache(connect, placeholder="%s"),
        away=psycopg.Error,
    )


class SharedTokens(TokenCache):
    """A cache far away, and one of our own for as long as that one does not answer."""

    waits = True

    def __init__(self, reach: Callable[[], TokenCache], *, away: type[Exception]) -> None:
        self._reach = reach
        self._away = away
        self._far: TokenCache | None = None
        self._own = MemoryTokenCache()

    @override
    def load(self, key: str) -> Token | None:
        return self._ask(lambda cache: cache.load(key))

    @override
    def store(self, key: str, token: Token) -> None:
        self._ask(lambda cache: cache.store(key, token))

    @override
    def discard(self, key: str, value: str) -> None:
        self._own.discard(key, value)
        self._ask(lambda cache: cache.discard(key, value))

    @override
    def lease(self, key: str, owner: str, now: datetime) -> bool:
        return self._ask(lambda cache: cache.lease(key, owner, now))

    @override
    def release(self, key: str, owner: str) -> None:
        self._own.release(key, owner)
        self._ask(lambda cache: cache.release(key, owner))

    def _ask(self, question: Callable[[TokenCache], Result]) -> Result:
        try:
            if self._far is None:
                self._far = self._reach()  # may ask something already
            return question(self._far)
        except self._away as error:
            _log.warning("tokens.not_shared", error=type(error).__name__)
            return question(self._own)
