"""The machine's clock, and ids that sort by time."""

import os
import time
from datetime import UTC, datetime

from pokea.domain.ids import PREFIXES, ulid_text


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant, UTC."""
        return datetime.now(UTC)  # noqa: TID251 - the one place that may


class UlidIds:
    """ULIDs: 48 bits of milliseconds, then 80 of randomness."""

    def new(self, thing: str) -> str:
        """A new id."""
        milliseconds = time.time_ns() // 1_000_000
        return (
            f"{PREFIXES[thing]}_{ulid_text(milliseconds.to_bytes(6, 'big') + os.urandom(10))}"
        )
