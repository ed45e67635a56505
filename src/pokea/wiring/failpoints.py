"""Places where a test has the process killed, as a power cut would: ``POKEA_FAILPOINT``.

Nothing of this is in the way of a gateway without the setting: the ports are wrapped only when
it is there, and only for what comes in at the callbacks' door. Production refuses it.
"""

import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any, Final, NoReturn, TypeVar, cast

from typing_extensions import override

from pokea.domain.inbox import ReceivedCallback
from pokea.flows.deps import Deps
from pokea.flows.ports import Database, Spool, Tx
from pokea.flows.receive_callback import CallbackDoor
from pokea.flows.spool_callbacks import CallbackInbox
from pokea.settings import BadSettings

Result = TypeVar("Result")


class Failpoint(StrEnum):
    """Where a callback kills the process that it came to."""

    AFTER_PARSE = "after_parse"
    BEFORE_EVENT_INSERT = "before_event_insert"
    IN_APPLY_TXN = "in_apply_txn"
    AFTER_INBOX_COMMIT = "after_inbox_commit"
    AFTER_APPLY_COMMIT = "after_apply_commit"
    BEFORE_ACK = "before_ack"
    AFTER_SPOOL_WRITE = "after_spool_write"
    AFTER_SPOOL_MOVE = "after_spool_move"


def mortal_door(name: str, deps: Deps, spool: Spool) -> tuple[CallbackDoor, CallbackInbox]:
    """A door that kills its process at one place.

    Raises:
        BadSettings: there is no such place.
    """
    try:
        place = Failpoint(name)
    except ValueError:
        places = ", ".join(Failpoint)
        raise BadSettings(f"POKEA_FAILPOINT must be one of: {places}") from None
    deps = replace(deps, db=MortalDatabase(deps.db, place))
    inbox = CallbackInbox(deps, MortalSpool(spool, place))
    door = MortalDoor if place is Failpoint.BEFORE_ACK else CallbackDoor
    return door(deps, inbox), inbox


_BEFORE_INSERT: Final = {
    Failpoint.AFTER_PARSE: "inbox",
    Failpoint.BEFORE_EVENT_INSERT: "events",
}
"""Whose rows are never added: the process ends before."""


def end_here() -> NoReturn:
    """SIGKILL: no handler runs, no buffer is flushed."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise SystemExit  # the signal is pending for a moment


class MortalDatabase:
    """A database in whose transactions the process dies."""

    def __init__(self, inner: Database, place: Failpoint) -> None:
        self._inner = inner
        self._place = place

    async def write(self, work: Callable[[Tx], Result]) -> Result:
        """Run work in one transaction, and die where that was asked for."""
        result = await self._inner.write(lambda tx: self._work(tx, work))
        if self._place in {Failpoint.AFTER_APPLY_COMMIT, Failpoint.AFTER_INBOX_COMMIT}:
            end_here()
        return result

    async def read(self, work: Callable[[Tx], Result]) -> Result:
        """Run work without writing."""
        return await self._inner.read(work)

    def _work(self, tx: Tx, work: Callable[[Tx], Result]) -> Result:
        if self._place is Failpoint.AFTER_INBOX_COMMIT:
            # Applying takes locks and storing alone does not: the group is only stored.
            return work(
                cast(Tx, _Mortal(tx, {"attempts": _Mortal(tx.attempts, refuses="lock")}))
            )
        noun = _BEFORE_INSERT.get(self._place)
        if noun is not None:
            mortal = _Mortal(getattr(tx, noun), ends_at="add")
            return work(cast("Tx", _Mortal(tx, {noun: mortal})))
        result = work(tx)
        if self._place is Failpoint.IN_APPLY_TXN:
            end_here()
        return result


class MortalSpool:
    """A spool after whose deeds the process dies."""

    def __init__(self, inner: Spool, place: Failpoint) -> None:
        self._inner = inner
        self._place = place

    async def keep(self, callbacks: Sequence[ReceivedCallback]) -> None:
        """Keep callbacks; die before anybody is told."""
        await self._inner.keep(callbacks)
        if self._place is Failpoint.AFTER_SPOOL_WRITE:
            end_here()

    async def oldest(self, limit: int) -> Sequence[ReceivedCallback]:
        """The oldest ones."""
        return await self._inner.oldest(limit)

    async def forget(self, *, refused: int) -> None:
        """Die when they are in the database, and before they are forgotten."""
        if self._place is Failpoint.AFTER_SPOOL_MOVE:
            end_here()
        await self._inner.forget(refused=refused)


class MortalDoor(CallbackDoor):
    """A door that dies between the commit and the answer."""

    @override
    async def receive(self, callback: ReceivedCallback) -> None:
        """Receive it; die before it is answered."""
        await super().receive(callback)
        end_here()


class _Mortal:
    """Another object, but for some of its parts."""

    def __init__(
        self,
        inner: object,
        parts: dict[str, object] | None = None,
        *,
        ends_at: str = "",
        refuses: str = "",
    ) -> None:
        self._inner = inner
        self._parts = parts or {}
        self._ends_at = ends_at
        self._refuses = refuses

    def __getattr__(self, name: str) -> Any:
        if name == self._ends_at:
            end_here()
        if name == self._refuses:
            raise RuntimeError(f"refused by POKEA_FAILPOINT: {name}")
        return self._parts[name] if name in self._parts else getattr(self._inner, name)
