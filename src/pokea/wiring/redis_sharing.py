"""What processes share through Redis, when ``REDIS_URL`` is set: the token and the budget.

Loaded only then. Without Redis's answer each process counts for itself, as it would without the
setting: a limiter that is away must not stop payments.
"""

from datetime import timedelta
from typing import Any, Final

import structlog
from limits import RateLimitItemPerMinute
from limits.aio.storage import RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import StorageError
from redis import Redis
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

from pokea.daraja.tokens import TokenCache
from pokea.daraja.tokens_redis import RedisTokenCache
from pokea.daraja.values import Shortcode
from pokea.domain.query_budget import QUESTION, Urgency
from pokea.wiring.budget import Purse
from pokea.wiring.tokens import SharedTokens

TIMEOUT_S: Final = 2
"""A question waits no longer for its permission, nor a request for its token."""

_LIMITS: Final[dict[str, Any]] = {
    "socket_timeout": TIMEOUT_S,
    "socket_connect_timeout": TIMEOUT_S,
}
_log = structlog.get_logger()


def redis_tokens(url: str) -> TokenCache:
    """Access tokens in Redis."""
    redis: Redis = Redis.from_url(url, **_LIMITS)  # pyright: ignore[reportUnknownMemberType]
    return SharedTokens(lambda: RedisTokenCache(redis), away=RedisError)


class RedisPurse:
    """Questions of all processes, counted in Redis."""

    def __init__(self, per_minute: int, url: str, own: Purse) -> None:
        self._limit = RateLimitItemPerMinute(per_minute)
        self._own = own
        pool: ConnectionPool = ConnectionPool.from_url(url, **_LIMITS)  # pyright: ignore[reportUnknownMemberType]
        self._pool = pool
        options: dict[str, Any] = {"connection_pool": pool}
        storage = RedisStorage(
            "async+redis://", wrap_exceptions=True, implementation="redispy", **options
        )
        self._limiter = SlidingWindowCounterRateLimiter(storage)

    async def take(self, shortcode: Shortcode, urgency: Urgency, cost: int) -> timedelta:
        """Take a question, or say how long to wait for one."""
        try:
            return await self._take(shortcode, urgency, cost)
        except StorageError as error:
            _log.warning("queries.not_shared", error=type(error.storage_error).__name__)
            return await self._own.take(shortcode, urgency, cost)

    async def _take(self, shortcode: Shortcode, urgency: Urgency, cost: int) -> timedelta:
        weight = min(cost // QUESTION, self._limit.amount)
        key = ("pokea-queries", shortcode.digits)
        if urgency.value:
            # Two processes may both pass: a question too many out of a reserve does no harm.
            stats = await self._limiter.get_window_stats(self._limit, *key)
            reserve = self._limit.amount * urgency.value // 100
            if stats.remaining < min(weight + reserve, self._limit.amount):
                return self._pause(weight)
        if await self._limiter.hit(self._limit, *key, cost=weight):
            return timedelta()
        return self._pause(weight)

    def _pause(self, weight: int) -> timedelta:
        return timedelta(minutes=1) * weight / self._limit.amount

    async def close(self) -> None:
        """Close its connections."""
        await self._pool.disconnect()
