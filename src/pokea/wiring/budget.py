"""How many questions Safaricom is asked a minute."""

import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from pokea.daraja.values import Shortcode


class MinuteBudget:
    """Questions to Safaricom, per shortcode, in this process.

    Half of them are kept for payments that somebody waits for; the other half may be set aside
    for the second witness of payments that are settled already.
    """

    def __init__(self, per_minute: int) -> None:
        self._all = RateLimitItemPerMinute(per_minute)
        self._spare = RateLimitItemPerMinute(max(1, per_minute // 2))
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._no_spare_until: dict[str, float] = {}

    def take(self, shortcode: Shortcode) -> int:
        """Use one question and answer 0, or say in how many seconds to try again."""
        if self._limiter.hit(self._all, shortcode.digits):
            return 0
        return self._seconds_left(self._all, shortcode.digits)

    def take_spare(self, shortcode: Shortcode) -> bool:
        """Set a question aside that nobody waits for, or False when there is none."""
        # Asked for every settled payment, so the usual "no" of a busy hour must be cheap.
        if time.monotonic() < self._no_spare_until.get(shortcode.digits, 0):
            return False
        if self._limiter.hit(self._spare, "spare", shortcode.digits):
            return True
        wait_s = self._seconds_left(self._spare, "spare", shortcode.digits)
        self._no_spare_until[shortcode.digits] = time.monotonic() + wait_s
        return False

    def _seconds_left(self, limit: RateLimitItemPerMinute, *key: str) -> int:
        stats = self._limiter.get_window_stats(limit, *key)
        return max(1, int(stats.reset_time - time.time()))  # noqa: TID251 - its own clock
