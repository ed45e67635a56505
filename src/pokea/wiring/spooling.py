"""The spool of this installation, the loop that empties it, and what it means for readiness."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

import structlog

from pokea.engine.keep import Pulse
from pokea.flows.spool_callbacks import CallbackInbox
from pokea.http.deps import Readiness
from pokea.settings import Settings
from pokea.store.health import Health, Standing
from pokea.store.sealing import Sealer
from pokea.store.spool import FileSpool

_MEGABYTE: Final = 1024 * 1024
_log = structlog.get_logger()


def open_spool(settings: Settings, sealer: Sealer) -> FileSpool:
    """The spool in the data folder; nothing is made there before it is needed."""
    folder = settings.pokea_data_dir / "spool"
    return FileSpool(folder, sealer, bytes_max=settings.pokea_spool_max * _MEGABYTE)


@asynccontextmanager
async def moving_spooled(inbox: CallbackInbox, spool: FileSpool) -> AsyncGenerator[None]:
    """While this lasts, what is in the spool goes to the database."""
    if not await spool.is_fit():
        _log.warning(
            "spool.unfit",
            consequence="while the database is away, callbacks are answered 503 and lost",
        )
    moving = asyncio.create_task(inbox.move_spooled())
    try:
        yield
    finally:
        moving.cancel()
        await asyncio.gather(moving, return_exceptions=True)


async def readiness(health: Health, spool: FileSpool, pulse: Pulse) -> Readiness:
    """Well; or without a database, but with a disk that takes callbacks meanwhile.

    Safaricom calls once: a gateway that its proxy takes out for want of a database would lose
    what it could have kept.
    """
    found, has_spool = await asyncio.gather(health.look(), spool.is_fit())
    checks = {"database": found.standing is Standing.FIT, "schema": found.migrated}
    if pulse.expected:  # a process that only answers has no worker to be well or not
        checks["worker"] = pulse.beats
    ready = all(checks.values()) or (found.standing is Standing.AWAY and has_spool)
    # Damaged books open no payment, and take every callback: that is no reason to be taken out.
    return Readiness(
        checks={**checks, "spool": has_spool, "books": found.undamaged}, ready=ready
    )
