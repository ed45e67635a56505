"""What several processes share about Safaricom: the access token and the query budget.

In Redis when ``REDIS_URL`` is set, else in PostgreSQL, else (one process, SQLite) in memory.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from pokea.daraja.tokens import MemoryTokenCache, TokenCache
from pokea.flows.deps import QueryBudget
from pokea.flows.ports import Clock, Database
from pokea.settings import Settings
from pokea.wiring.budget import BlockPurse, DatabasePurse, OwnPurse, PacedBudget, Purse
from pokea.wiring.opening import libpq_url, on_postgresql
from pokea.wiring.tokens import postgresql_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """The token's cache and the budget, and how to let go of them."""

    tokens: TokenCache
    budget: QueryBudget
    close: Callable[[], Awaitable[None]]


def share(settings: Settings, db: Database, clock: Clock) -> Sharing:
    """What these settings ask for."""
    per_minute = settings.queries_per_minute
    own: Purse = OwnPurse(per_minute, clock)
    if settings.redis_url:
        # The library is heavy, and most installations have no Redis.
        redis: Any = import_module("pokea.wiring.redis_sharing")
        purse = redis.RedisPurse(per_minute, settings.redis_url, own)
        return Sharing(
            tokens=redis.redis_tokens(settings.redis_url),
            budget=PacedBudget(per_minute, BlockPurse(per_minute, purse, clock), clock),
            close=purse.close,
        )
    if on_postgresql(settings):
        purse = BlockPurse(per_minute, DatabasePurse(per_minute, db, clock), clock)
        return Sharing(
            tokens=postgresql_tokens(libpq_url(settings)),
            budget=PacedBudget(per_minute, purse, clock),
            close=_nothing,
        )
    return Sharing(
        tokens=MemoryTokenCache(), budget=PacedBudget(per_minute, own, clock), close=_nothing
    )


async def _nothing() -> None:
    """There is nothing to let go of."""
