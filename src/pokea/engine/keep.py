"""Keeps an engine's loops running: one that ends, for whatever reason, is started again.

Neither engine may end before its process does. A library's loop ends all the same when its
database restarts, and nobody else would notice: callbacks are still taken, and nothing is done.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

PAUSE_S: Final = 1.0
PAUSE_MAX_S: Final = 30.0
"""A restarted database is back in seconds; one in repair must not be stormed."""

STEADY_S: Final = 60.0
"""A loop that ran this long had recovered: its next end begins with the short pause again."""

_log = structlog.get_logger()

Started = Callable[[], None]
Run = Callable[[Started], Awaitable[None]]
"""A loop that says when it has begun to work, and should never end by itself."""


class Pulse:
    """Whether all loops run that this process should run."""

    def __init__(self) -> None:
        self.expected = False
        self._down: set[str] = set()

    @property
    def beats(self) -> bool:
        """No loop has ended without having begun again."""
        return not self._down

    def lost(self, name: str) -> None:
        """A loop has ended."""
        self._down.add(name)

    def found(self, name: str) -> None:
        """A loop has begun to work."""
        self._down.discard(name)


async def keep_running(
    name: str,
    run: Run,
    pulse: Pulse,
    *,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Run a loop until cancelled, again and again if need be."""
    pause = PAUSE_S
    clock = asyncio.get_running_loop().time
    while True:
        began = clock()
        try:
            await run(lambda: pulse.found(name))
            _log.error("engine.ended", loop=name, again_in_s=pause)
        except Exception:
            _log.exception("engine.ended", loop=name, again_in_s=pause)
        pulse.lost(name)
        if clock() - began > STEADY_S:
            pause = PAUSE_S
        await sleep(pause)
        pause = min(2 * pause, PAUSE_MAX_S)
