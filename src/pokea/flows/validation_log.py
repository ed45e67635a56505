"""The log of validations: written down after they were answered, many in one commit.

It is evidence for a merchant who wonders why money was refused, and never worth a customer's
time: when the database is away, or the log cannot keep up, answers are counted and not kept.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import structlog
from prometheus_client import Counter

from pokea.domain.validation import Validation
from pokea.flows.deps import Deps
from pokea.flows.errors import Unavailable
from pokea.flows.ports import Tx

KEPT_FOR: Final = timedelta(days=30)
"""Until the month's books are closed; after that nobody asks why a payment was refused."""

WAITING_MAX: Final = 2_000
"""Bounds the memory of a log that the database does not take."""

GROUP_MAX: Final = 500
PAUSE_S: Final = 0.5
"""Answers of half a second share one commit, so that the log costs callbacks nothing."""

NOT_KEPT: Final = Counter(
    "pokea_validations_not_kept_total", "Validations that were answered and not written down"
)
_log = structlog.get_logger()


class ValidationLog:
    """Gathers answers and writes them; one per process, running inside its event loop."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._waiting: list[Validation] = []
        self._writer: asyncio.Task[None] | None = None

    def keep(self, validation: Validation) -> None:
        """Write an answer down soon; nobody waits for it."""
        if len(self._waiting) >= WAITING_MAX:
            NOT_KEPT.inc()
            return
        self._waiting.append(validation)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_soon())

    async def close(self) -> None:
        """Write down what is left."""
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.gather(self._writer, return_exceptions=True)
        await self._write_all()

    async def _write_soon(self) -> None:
        await asyncio.sleep(PAUSE_S)
        await self._write_all()

    async def _write_all(self) -> None:
        while self._waiting:
            some, self._waiting = self._waiting[:GROUP_MAX], self._waiting[GROUP_MAX:]
            try:
                await self._write(some)
            except Unavailable:
                NOT_KEPT.inc(len(some))
                _log.warning("validations.not_kept", validations=len(some))

    async def _write(self, some: Sequence[Validation]) -> None:
        oldest = self._deps.clock.now() - KEPT_FOR

        def write(tx: Tx) -> None:
            tx.validations.add(some)
            tx.validations.forget_before(oldest)

        await self._deps.db.write(write)
