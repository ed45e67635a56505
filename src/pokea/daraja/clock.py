"""The clock of clients that were given none: an SDK used alone has nobody to ask."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def system_clock() -> datetime:
    """Return this machine's time, aware UTC."""
    return _EPOCH + timedelta(microseconds=time.time_ns() // 1000)
