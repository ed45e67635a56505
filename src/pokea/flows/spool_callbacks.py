"""An inbox that is always open: the database, or while that is away this host's own disk.

A database that fails is not asked again for each callback, which would wait for its time-outs:
it counts as away, callbacks go to the spool at once, and once a second one piece of work tries
whether it is back. New callbacks then go to it directly, and the spool is moved behind them,
oldest first; their order never matters for money. Source: STATE_MACHINES section 1, step 5.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import structlog
from prometheus_client import Counter

from pokea.domain.inbox import ReceivedCallback
from pokea.flows.apply_callback import apply_group, store_group
from pokea.flows.deps import Deps
from pokea.flows.errors import Unavailable
from pokea.flows.ports import Spool, Tx

DATABASE_S: Final = 2.0
"""The budget of an answer to Safaricom. A commit that hangs longer may still succeed: then the
spool's copy of it is a repeat."""

PROBE_S: Final = 1.0
"""How often a database that is away is tried: late enough not to storm it as it starts."""

ADOPT_S: Final = 5.0
"""How often to look for the files of processes that died."""

GROUP_MAX: Final = 500
"""Callbacks moved in one transaction, like a group at the door."""

SPOOLED: Final = Counter(
    "pokea_spooled_callbacks_total", "Callbacks kept on this host's disk, not in the database"
)
_log = structlog.get_logger()


class CallbackInbox:
    """Takes callbacks to where they are durable, and from the spool to the database."""

    def __init__(self, deps: Deps, spool: Spool) -> None:
        self._deps = deps
        self._spool = spool
        self._spooled = asyncio.Event()
        self.is_away = False
        """Whether the database failed, and has not answered since."""

    async def take(self, callbacks: Sequence[ReceivedCallback]) -> None:
        """Return when all are durable, in the ordinary case with their effects.

        Raises:
            Unavailable: neither the database nor the disk took them.
        """
        if not self.is_away:
            try:
                async with asyncio.timeout(DATABASE_S):
                    await self._write(callbacks)
            except (Unavailable, TimeoutError):
                self._lost()
            except Exception:
                # No bug of ours may cost a callback: it is kept, and tried again one by one.
                _log.exception("callbacks.not_stored", callbacks=len(callbacks))
            else:
                return
        await self._spool.keep(callbacks)
        SPOOLED.inc(len(callbacks))
        self._spooled.set()

    async def move_spooled(self) -> None:
        """Move what is in the spool to the database, as it comes, until cancelled."""
        while True:
            try:
                if await self._move_some():
                    continue
            except Unavailable:
                self._lost()
            except Exception:
                _log.exception("spool.not_moved")
                await asyncio.sleep(PROBE_S)
            await self._rest()

    async def _rest(self) -> None:
        if self.is_away:
            await asyncio.sleep(PROBE_S)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(ADOPT_S):
                await self._spooled.wait()

    async def _move_some(self) -> bool:
        """Move the oldest ones; False when there are none."""
        self._spooled.clear()
        callbacks = await self._spool.oldest(GROUP_MAX)
        if not callbacks:
            if self.is_away:
                await self._deps.db.write(_nothing)
                self._found()
            return False
        refused = await self._store(callbacks)
        self._found()
        await self._spool.forget(refused=refused)
        _log.info("spool.moved", callbacks=len(callbacks), refused=refused)
        return True

    async def _store(self, callbacks: Sequence[ReceivedCallback]) -> int:
        """Bring callbacks into the database; returns how many it refuses for good."""
        try:
            await self._write(callbacks)
        except Unavailable:
            raise
        except Exception:
            _log.exception("spool.group_not_stored", callbacks=len(callbacks))
        else:
            return 0
        return sum([await self._is_refused(callback) for callback in callbacks])

    async def _is_refused(self, callback: ReceivedCallback) -> bool:
        try:
            await self._write([callback])
        except Unavailable:
            raise
        except Exception:
            _log.exception("spool.callback_refused", inbox_id=callback.id)
            return True
        return False

    async def _write(self, callbacks: Sequence[ReceivedCallback]) -> None:
        """Store and apply a group; what breaks it is only stored, to be applied one by one."""
        deps = self._deps
        now = deps.clock.now()

        def apply(tx: Tx) -> None:
            apply_group(tx, deps, callbacks, now)

        try:
            await deps.db.write(apply)
        except Unavailable:
            raise  # storing alone would wait for the same database once more
        except Exception:
            _log.exception("callbacks.group_not_applied", callbacks=len(callbacks))
            await deps.db.write(lambda tx: store_group(tx, callbacks, now))

    def _lost(self) -> None:
        if not self.is_away:
            _log.error("database.away", callbacks="to the spool")
        self.is_away = True
        self._spooled.set()  # the mover stops resting, and probes

    def _found(self) -> None:
        if self.is_away:
            _log.warning("database.back")
        self.is_away = False


def _nothing(_tx: Tx) -> None:
    """Open a transaction and commit it: whether the database takes one."""
