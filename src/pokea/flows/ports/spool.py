"""This host's own disk, for callbacks while the database is away."""

from collections.abc import Sequence
from typing import Protocol

from pokea.domain.inbox import ReceivedCallback


class Spool(Protocol):
    """Callbacks on this host's disk, oldest first, until they are in the database."""

    async def keep(self, callbacks: Sequence[ReceivedCallback]) -> None:
        """Return when they are on disk.

        Raises:
            Unavailable: the disk does not take them, or there is no room left.
        """
        ...

    async def oldest(self, limit: int) -> Sequence[ReceivedCallback]:
        """The oldest ones; they stay until they are forgotten."""
        ...

    async def forget(self, *, refused: int) -> None:
        """The oldest ones are in the database, all but some that it refuses for good."""
        ...
