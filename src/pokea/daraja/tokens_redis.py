"""The token cache in Redis (or Valkey): one token and one minting at a time, for all processes.

It takes a client of the `redis` package, made by you, and imports nothing of it:

    RedisTokenCache(redis.Redis.from_url("redis://..."))
"""

from datetime import UTC, datetime, timedelta
from typing import Protocol

from typing_extensions import override

from pokea.daraja.tokens import LEASE, Token, TokenCache

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
# Longer than any token lives, so that forgotten apps leave nothing behind.
_KEEP_S = 2 * 3600
_DELETE_IF = """
local kept = redis.call('GET', KEYS[1])
if kept and string.sub(kept, 1, #ARGV[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0"""


class Redis(Protocol):
    """What is used of a client of the `redis` package."""

    def get(self, name: str) -> object:
        """Return the value under a name, as bytes or text, or None."""
        ...

    def set(self, name: str, value: str, *, ex: int | None = None, nx: bool = False) -> object:
        """Keep a value for `ex` seconds; with `nx`, only where there is none."""
        ...

    def eval(self, script: str, numkeys: int, /, *keys_and_args: str) -> object:
        """Run a script."""
        ...


class RedisTokenCache(TokenCache):
    """Keeps a token and its end on two lines, and beside it who is minting."""

    waits = True

    def __init__(self, redis: Redis, prefix: str = "pokea:daraja") -> None:
        self._redis = redis
        self._prefix = prefix

    @override
    def load(self, key: str) -> Token | None:
        kept = self._redis.get(self._token(key))
        text = kept.decode("ascii") if isinstance(kept, bytes) else kept
        if not isinstance(text, str):
            return None
        value, _, seconds = text.partition("\n")
        return Token(value=value, renew_at=_EPOCH + int(seconds) * _SECOND)

    @override
    def store(self, key: str, token: Token) -> None:
        seconds = (token.renew_at - _EPOCH) // _SECOND
        self._redis.set(self._token(key), f"{token.value}\n{seconds}", ex=_KEEP_S)

    @override
    def discard(self, key: str, value: str) -> None:
        self._redis.eval(_DELETE_IF, 1, self._token(key), f"{value}\n")

    @override
    def lease(self, key: str, owner: str, now: datetime) -> bool:
        # Redis counts the seconds itself, so a wrong clock of ours does no harm here.
        return bool(self._redis.set(self._minting(key), owner, ex=LEASE.seconds, nx=True))

    @override
    def release(self, key: str, owner: str) -> None:
        self._redis.eval(_DELETE_IF, 1, self._minting(key), owner)

    def _token(self, key: str) -> str:
        return f"{self._prefix}:token:{key}"

    def _minting(self, key: str) -> str:
        return f"{self._prefix}:minting:{key}"
