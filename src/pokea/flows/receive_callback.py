"""The door for callbacks: on disk and applied before the 200.

Callbacks that arrive while a commit is under way share the next one, so that durability costs
little when it is busy and nothing when it is not. Where a group becomes durable, the database
or the spool, is the business of :mod:`~pokea.flows.spool_callbacks`.
"""

import asyncio
import hashlib
from typing import Final

from pokea.domain.capability import subject_of
from pokea.domain.ids import PREFIXES, InboxId, ulid_text
from pokea.domain.inbox import CONFIRMATION, PROMPT, RESULT, TIMEOUT, ReceivedCallback
from pokea.flows.deps import Deps
from pokea.flows.spool_callbacks import CallbackInbox

SUBJECTS: Final = {
    PROMPT: "attempt",
    CONFIRMATION: "shortcode",
    RESULT: "inquiry",
    TIMEOUT: "inquiry",
}
"""The kinds of callbacks that are stored, and what their paths name."""

GROUP_MAX: Final = 500
"""Bounds one transaction: its locks, its memory, and how long its callers wait."""

ADDRESS_MAX: Final = 45
"""The longest address there is, as text."""


class CallbackDoor:
    """Takes callbacks from the web server and returns when each is durable.

    One per process, running inside its event loop.
    """

    def __init__(self, deps: Deps, inbox: CallbackInbox) -> None:
        self._deps = deps
        self._inbox = inbox
        self._waiting: list[tuple[ReceivedCallback, asyncio.Future[None]]] = []
        self._committer: asyncio.Task[None] | None = None

    def read(
        self, kind: str, path: str, body: bytes, *, source_ip: str, ip_listed: bool
    ) -> ReceivedCallback | None:
        """What arrived, or None when the path was never ours."""
        thing = SUBJECTS.get(kind)
        if thing is None:
            return None
        subject = subject_of(path, purpose=kind, keys=self._deps.path_keys)
        if subject is None:
            return None
        return ReceivedCallback(
            id=InboxId(self._deps.ids.new("inbox")),
            kind=kind,
            subject=f"{PREFIXES[thing]}_{ulid_text(subject)}",
            body=body,
            body_sha256=hashlib.sha256(body).digest(),
            source_ip=source_ip[:ADDRESS_MAX],
            ip_listed=ip_listed,
            received_at=self._deps.clock.now(),
        )

    async def receive(self, callback: ReceivedCallback) -> None:
        """Return when the callback is on disk, in the ordinary case with its effect.

        Raises:
            Unavailable: neither the database nor the spool took it; never answer 200 then.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((callback, done))
        if self._committer is None or self._committer.done():
            self._committer = asyncio.create_task(self._commit_all())
        await done

    async def _commit_all(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting[:GROUP_MAX], self._waiting[GROUP_MAX:]
            try:
                await self._inbox.take([callback for callback, _ in group])
            except Exception as error:
                for _, done in group:
                    if not done.done():
                        done.set_exception(error)
            else:
                for _, done in group:
                    if not done.done():
                        done.set_result(None)
