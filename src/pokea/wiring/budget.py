"""How often Safaricom is asked: one budget for each shortcode, shared where that is possible.

The rules are :mod:`pokea.domain.query_budget`'s; here is where the bucket stands: in this
process, in PostgreSQL, or in Redis. What Safaricom's refusals teach, each process learns by
itself.
"""

import threading
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog

from pokea.daraja.values import Shortcode
from pokea.domain.query_budget import QUESTION, Allowance, Bucket, Pace, Urgency
from pokea.flows.ports import Clock, Database

_SECOND: Final = timedelta(seconds=1)
_BLOCKS_A_MINUTE: Final = 240
"""A shared bucket is asked for a quarter of a second's questions at once: in production that is
one question, against a simulator it spares the database a thousand rows a second."""

_log = structlog.get_logger()


class Purse(Protocol):
    """Where the questions are kept."""

    async def take(self, shortcode: Shortcode, urgency: Urgency, cost: int) -> timedelta:
        """Take a question of that cost, or say how long to wait for one."""
        ...


class PacedBudget:
    """Questions to Safaricom: the purse's, at the pace that Safaricom allows."""

    def __init__(self, per_minute: int, purse: Purse, clock: Clock) -> None:
        self._purse = purse
        self._clock = clock
        self._paces: dict[str, Pace] = {}
        self._spare = Allowance(max(1, per_minute // 2))
        self._spares: dict[str, Bucket] = {}
        self._no_spare_until: dict[str, datetime] = {}
        self._lock = threading.Lock()  # callbacks are applied on threads of the database

    async def take(self, shortcode: Shortcode, urgency: Urgency) -> int:
        """Use one question and answer 0, or say in how many seconds to try again."""
        now = self._clock.now()
        pace = self._pace(shortcode, now)
        if pace.silent_until is not None and now < pace.silent_until:
            return _seconds(pace.silent_until - now)
        wait = await self._purse.take(shortcode, urgency, pace.cost)
        return _seconds(wait) if wait else 0

    def slow_down(self, shortcode: Shortcode, retry_after_s: int | None) -> None:
        """Safaricom says that it is asked too often."""
        now = self._clock.now()
        after = None if not retry_after_s else timedelta(seconds=retry_after_s)
        pace = self._pace(shortcode, now).slowed(now, after)
        self._paces[shortcode.digits] = pace
        _log.warning("queries.slowed", shortcode=shortcode.digits, times=pace.cost // QUESTION)

    def take_spare(self, shortcode: Shortcode) -> bool:
        """Set a question aside that nobody waits for, or False when there is none.

        Asked for every settled payment inside its commit, so it never leaves the process; the
        question itself is taken from the purse when it is asked.
        """
        now, none_until = self._clock.now(), self._no_spare_until.get(shortcode.digits)
        if none_until is not None and now < none_until:
            return False  # the usual answer of a busy hour
        with self._lock:
            bucket = self._spares.get(shortcode.digits) or self._spare.full(now)
            bucket, wait = self._spare.taken(bucket, Urgency.CUSTOMER, QUESTION, now)
            self._spares[shortcode.digits] = bucket
        if wait:
            self._no_spare_until[shortcode.digits] = now + wait
        return not wait

    def _pace(self, shortcode: Shortcode, now: datetime) -> Pace:
        return self._paces.get(shortcode.digits, Pace()).at(now)


class OwnPurse:
    """Questions of one process."""

    def __init__(self, per_minute: int, clock: Clock) -> None:
        self._allowance = Allowance(per_minute)
        self._clock = clock
        self._buckets: dict[str, Bucket] = {}

    async def take(self, shortcode: Shortcode, urgency: Urgency, cost: int) -> timedelta:
        """Take a question, or say how long to wait for one."""
        now = self._clock.now()
        bucket = self._buckets.get(shortcode.digits) or self._allowance.full(now)
        self._buckets[shortcode.digits], wait = self._allowance.taken(
            bucket, urgency, cost, now
        )
        return wait


class BlockPurse:
    """Takes questions by the block from a purse that is far away."""

    def __init__(self, per_minute: int, far: Purse, clock: Clock) -> None:
        self._block = max(1, per_minute // _BLOCKS_A_MINUTE)
        self._far = far
        self._clock = clock
        self._paid: dict[tuple[str, Urgency], tuple[int, datetime]] = {}

    async def take(self, shortcode: Shortcode, urgency: Urgency, cost: int) -> timedelta:
        """Take a question, or say how long to wait for one."""
        if self._block == 1 or cost > QUESTION:
            return await self._far.take(shortcode, urgency, cost)
        key, now = (shortcode.digits, urgency), self._clock.now()
        left, until = self._paid.get(key, (0, now))
        if left and now < until:
            self._paid[key] = left - 1, until
            return timedelta()
        wait = await self._far.take(shortcode, urgency, self._block * cost)
        if not wait:
            self._paid[key] = self._block - 1, now + _SECOND
        return wait


class DatabasePurse:
    """Questions of all processes, as a row of their database."""

    def __init__(self, per_minute: int, db: Database, clock: Clock) -> None:
        self._allowance = Allowance(per_minute)
        self._db = db
        self._clock = clock

    async def take(self, shortcode: Shortcode, urgency: Urgency, cost: int) -> timedelta:
        """Take a question, or say how long to wait for one."""
        now = self._clock.now()
        return await self._db.write(
            lambda tx: tx.query_budgets.take(shortcode, self._allowance, urgency, cost, now)
        )


def _seconds(wait: timedelta) -> int:
    return max(1, -(-wait // _SECOND))
