"""The engine of one process: a loop over the rows that are due.

It claims nothing for other processes; a second process on the same SQLite file is refused at
start (see :mod:`pokea.wiring`). Killed at any moment it loses nothing, because what it carries
is only where the tables say that something is due.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from sqlalchemy import Connection

from pokea.flows.ports import Clock, Database, Work, WorkKind

POLL_S: Final = 0.25
"""How late work with a future time may start; a look-up four times a second is free."""

LANES: Final = {
    WorkKind.CALLBACK: 4,
    WorkKind.ATTEMPT: 16,
    WorkKind.PAYMENT: 4,
    WorkKind.DELIVERY: 16,
}
"""How much of each kind runs at once: a slow merchant must not delay a question."""

_BATCH: Final = 200
_log = structlog.get_logger()

Do = Callable[[WorkKind, str], Awaitable[object]]


class EmbeddedEngine:
    """Runs due work in this process's event loop."""

    def __init__(self) -> None:
        self._woken = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._running: dict[tuple[WorkKind, str], asyncio.Task[None]] = {}
        self._lanes = {kind: asyncio.Semaphore(width) for kind, width in LANES.items()}

    def carry(self, connection: Connection, work: Work) -> None:
        """Nothing to do inside the transaction: the rows themselves are the hand-over."""

    def carried(self, work: Work) -> None:
        """Look at the tables now; called from the thread that committed."""
        del work  # due or not, a look costs less than a timer for each row
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._woken.set)

    async def run(self, db: Database, clock: Clock, do: Do) -> None:
        """Run until cancelled."""
        self._loop = asyncio.get_running_loop()
        try:
            while True:
                self._woken.clear()
                await self._start_due(db, clock, do)
                await self._pause()
        finally:
            for task in self._running.values():
                task.cancel()

    async def _start_due(self, db: Database, clock: Clock, do: Do) -> None:
        try:
            due = await db.read(lambda tx: tx.overdue(clock.now(), _BATCH))
        except Exception:
            _log.exception("engine.tables_not_read")
            return
        for work in due:
            for row_id in work.ids:
                key = (work.kind, row_id)
                if key not in self._running:
                    self._running[key] = asyncio.create_task(self._do(key, do))

    async def _do(self, key: tuple[WorkKind, str], do: Do) -> None:
        kind, row_id = key
        try:
            async with self._lanes[kind]:
                await do(kind, row_id)
        except Exception:
            _log.exception("engine.work_failed", kind=kind.value, row=row_id)
            # The row is still due: without a pause a bug would spin.
            await asyncio.sleep(1)
        finally:
            del self._running[key]

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(POLL_S):
                await self._woken.wait()
        except TimeoutError:
            return
