"""A process that can be made to die in the middle of anything, for good and without a word.

The moments at which it may die are those around every transaction and every call of Safaricom.
A dead process does not unwind: it stands still, and whoever runs it takes it down.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from pokea.flows.ports import Database, Tx

Result = TypeVar("Result")


class Fuse:
    """Burns down with every moment that passes; the last one is the process's."""

    def __init__(self) -> None:
        self.left = 0
        self._dead = asyncio.Event()

    async def moment(self) -> None:
        """The process may die here, and then never goes on."""
        if self.left:
            self.left -= 1
            if not self.left:
                self._dead.set()
                await asyncio.Event().wait()

    async def burns_under(
        self, work: Coroutine[Any, Any, Result]
    ) -> tuple[bool, Result | None]:
        """Do some work, and say whether the process lived to its end."""
        working = asyncio.create_task(work)
        dying = asyncio.create_task(self._dead.wait())
        await asyncio.wait({working, dying}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            dying.cancel()
            return True, working.result()
        standing = asyncio.all_tasks() - {asyncio.current_task()}
        for task in standing:
            task.cancel()
        await asyncio.gather(*standing, return_exceptions=True)
        return False, None


class MortalDatabase:
    """A database whose process may die before a commit, and after it."""

    def __init__(self, inner: Database, fuse: Fuse) -> None:
        self._inner = inner
        self._fuse = fuse

    async def write(self, work: Callable[[Tx], Result]) -> Result:
        """Run work in one transaction."""
        await self._fuse.moment()
        result = await self._inner.write(work)
        await self._fuse.moment()
        return result

    async def read(self, work: Callable[[Tx], Result]) -> Result:
        """Read."""
        return await self._inner.read(work)
