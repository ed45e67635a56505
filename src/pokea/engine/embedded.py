"""The engine of one process: a loop over the rows that are due.

It claims nothing for other processes; a second process on the same SQLite file is refused at
start (see :mod:`pokea.wiring`). Killed at any moment it loses nothing, because what it carries
is only where the tables say that something is due.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Final

import structlog
from sqlalchemy import Connection

from pokea.engine.keep import Started
from pokea.engine.rests import Key, Rests
from pokea.flows.ports import Clock, Database, Work, WorkKind

POLL_S: Final = 0.25
"""How late work with a future time may start; a look-up four times a second is free."""

LANES: Final = {
    WorkKind.CALLBACK: 4,
    WorkKind.ATTEMPT: 16,
    WorkKind.PAYMENT: 4,
    WorkKind.ROUTINE: 4,
    WorkKind.NOTICE: 4,
    WorkKind.RECEIPT: 4,
    WorkKind.INQUIRY: 4,
}
"""How much of each kind runs at once. Deliveries wait for each endpoint's turn instead."""

_BATCH: Final = 200
"""Rows of a kind (of deliveries: of an endpoint) that one look may begin."""

_log = structlog.get_logger()

Do = Callable[[WorkKind, str], Awaitable[bool]]
"""Does a row; False when there is no room for it now."""


class EmbeddedEngine:
    """Runs due work in this process's event loop."""

    def __init__(self) -> None:
        self._woken = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._running: dict[Key, asyncio.Task[None]] = {}
        self._rests = Rests()
        self._lanes = {kind: asyncio.Semaphore(width) for kind, width in LANES.items()}

    def carry(self, connection: Connection, work: Work) -> None:
        """Nothing to do inside the transaction: the rows themselves are the hand-over."""

    def carried(self, work: Work) -> None:
        """Look at the tables now; called from the thread that committed."""
        del work  # due or not, a look costs less than a timer for each row
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._woken.set)

    async def run(self, db: Database, clock: Clock, do: Do, started: Started) -> None:
        """Run until cancelled."""
        self._loop = asyncio.get_running_loop()
        started()
        try:
            while True:
                self._woken.clear()
                await self._start_due(db, clock, do)
                await self._pause()
        finally:
            tasks = list(self._running.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _start_due(self, db: Database, clock: Clock, do: Do) -> None:
        now = asyncio.get_running_loop().time()
        # What runs or fails stays among the oldest; without reaching past it, enough of it
        # would hide everything that is well.
        reach = _BATCH + len(self._running) + self._rests.failing(now)
        try:
            due = await db.read(lambda tx: tx.overdue(clock.now(), reach))
        except Exception:
            _log.exception("engine.tables_not_read")
            return
        for work in due:
            self._start(work, do, now)

    def _start(self, work: Work, do: Do, now: float) -> None:
        room = len(work.ids)
        if work.kind in self._lanes:
            room = _BATCH - sum(kind is work.kind for kind, _ in self._running)
        for row_id in work.ids:
            if room <= 0:
                return
            key = (work.kind, row_id)
            if key not in self._running and not self._rests.rests(key, now):
                room -= 1
                task = asyncio.create_task(self._do(key, do))
                self._running[key] = task
                # Not in the task itself: cancelled before it begins, it runs none of its lines.
                task.add_done_callback(lambda _, key=key: self._running.pop(key))

    async def _do(self, key: Key, do: Do) -> None:
        kind, row_id = key
        now = asyncio.get_running_loop().time
        try:
            async with self._lane(kind):
                began = await do(kind, row_id)
        except Exception:
            _log.exception("engine.work_failed", kind=kind.value, row=row_id)
            self._rests.failed(key, now())
            return
        if began:
            self._rests.succeeded(key)
        else:
            self._rests.no_room(key, now())

    def _lane(self, kind: WorkKind) -> AbstractAsyncContextManager[None]:
        return self._lanes.get(kind) or nullcontext()

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(POLL_S):
                await self._woken.wait()
        except TimeoutError:
            return
