"""The ASGI application: Safaricom's paths, the side door ``/_sim``, the phone ``/phone``."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send
from typing_extensions import override

from pokea.simulator import phone_page
from pokea.simulator.clock import SimClock, wall_clock
from pokea.simulator.courier import Courier, HttpCourier
from pokea.simulator.edge import Edge
from pokea.simulator.engine import Engine
from pokea.simulator.keeper import Keeper
from pokea.simulator.openapi import with_safaricom
from pokea.simulator.side_door import (
    cruelty,
    customers,
    phones,
    scenarios,
    setup,
    time_travel,
    truth,
)
from pokea.simulator.tariff_file import TARIFF, read_tariff
from pokea.simulator.vault import Vault
from pokea.simulator.world.genesis import new_world
from pokea.simulator.world.model import Switches

_LOG = logging.getLogger(__name__)


class _SideDoor(FastAPI):
    """Describes Safaricom's paths too, which it does not serve itself."""

    @override
    def openapi(self) -> dict[str, Any]:
        """The description at /_sim/openapi.json."""
        if self.openapi_schema is None:
            self.openapi_schema = with_safaricom(super().openapi())
        return self.openapi_schema


class Simulator:
    """One Safaricom as an ASGI application; ``engine`` is the way in for tests."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._edge: ASGIApp = Edge(engine)
        ours = _SideDoor(
            title="Pokea simulator: the side door",
            lifespan=self._lifespan,
            openapi_url="/_sim/openapi.json",
            docs_url=None,
            redoc_url=None,
        )
        ours.state.engine = engine
        for router in (
            setup.router,
            phones.router,
            customers.router,
            cruelty.router,
            scenarios.router,
            time_travel.router,
            truth.router,
            phone_page.router,
        ):
            ours.include_router(router)
        self._ours: ASGIApp = ours

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ours for /_sim and /phone, Safaricom for everything else."""
        if scope["type"] != "http" or scope["path"].startswith(("/_sim", "/phone")):
            await self._ours(scope, receive, send)
        else:
            await self._edge(scope, receive, send)

    @contextlib.asynccontextmanager
    async def _lifespan(self, _app: FastAPI) -> AsyncGenerator[None]:
        yield
        try:
            await self.engine.close()
        except asyncio.CancelledError:
            _LOG.info("stopped while callbacks were under way")


def create_app(
    *,
    seed: int | None = None,
    clock: SimClock | None = None,
    data_file: Path | None = None,
    courier: Courier | None = None,
    switches: Switches | None = None,
    tariff_file: Path = TARIFF,
) -> Simulator:
    """A Safaricom of your own.

    Args:
        seed: Repeats a world: the same requests at the same moments get the same ids.
        clock: ``SimClock(moment, "frozen")`` in tests; the real one otherwise.
        data_file: Where the world lives between runs; nowhere when left out.
        courier: Who carries the callbacks; over HTTP when left out.
        tariff_file: Whose fees hold in a new world.
        switches: Its habits from the start; ``POST /_sim/switches`` changes them later.
    """
    clock = clock or SimClock(wall_clock())
    keeper = Keeper(data_file)
    world = keeper.load()
    if world is None:
        fresh = int(clock.now().timestamp() * 1_000_000) if seed is None else seed
        world = new_world(fresh, clock.now(), switches, read_tariff(tariff_file))
    else:
        clock.set(world.clock_at)
    vault = Vault(world.private_key_pem, clock.now())
    return Simulator(Engine(world, clock, courier or HttpCourier(), keeper, vault))
