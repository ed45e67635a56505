"""Serving and working until a signal ends it."""

import asyncio
import contextlib
import gc
import json
import os
import signal
import socket

import structlog
import uvicorn
from sqlalchemy.engine import make_url
from typing_extensions import override

from pokea.observe import set_up_logs
from pokea.settings import QUESTIONS_IN_PRODUCTION, BadSettings, Settings
from pokea.wiring import open_gateway

# More than a burst of callbacks: a full backlog refuses connections, and Safaricom calls once.
BACKLOG = 4096
# Uvicorn's own time to finish what is running; open checkout pages never end by themselves.
GRACE_S = 3

_log = structlog.get_logger()


def serve(settings: Settings, *, port: int, host: str, worker: bool, as_json: bool) -> None:
    """Serve until interrupted; the first line printed says where, once it answers."""
    set_up_logs(level=settings.pokea_log_level)
    warn(settings)
    listener = _listen(host, port)
    address = f"http://{host}:{listener.getsockname()[1]}"
    gateway = open_gateway(settings)
    config = uvicorn.Config(
        gateway.app(worker),
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
        timeout_keep_alive=75,
        backlog=BACKLOG,
    )
    server = _Announcing(config)
    server.announcement = (
        json.dumps({"gateway": address}) if as_json else f"Pokea answers at {address}"
    )
    _spare_the_collector()
    loops = config.get_loop_factory()
    with contextlib.suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=loops) as runner:
        runner.run(server.serve([listener]))
    gateway.close()


def work(settings: Settings) -> None:
    """Do due work until interrupted.

    Raises:
        BadSettings: on SQLite, where one process does everything.
    """
    if make_url(settings.database).get_backend_name() != "postgresql":
        raise BadSettings(
            "`pokea worker` needs PostgreSQL: set DATABASE_URL=postgresql://…"
            " On SQLite, `pokea serve` does the work itself."
        )
    set_up_logs(level=settings.pokea_log_level)
    warn(settings)
    gateway = open_gateway(settings)

    async def until_stopped() -> None:
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stopped.set)
        async with gateway.work():
            print("Working; Ctrl-C stops.", flush=True)
            await stopped.wait()

    asyncio.run(until_stopped())
    gateway.close()


def warn(settings: Settings) -> None:
    """Log what works and will be regretted."""
    if settings.asks_too_seldom:
        _log.warning(
            "settings.asks_too_seldom",
            queries_per_minute=settings.queries_per_minute,
            at_least=QUESTIONS_IN_PRODUCTION,
            consequence="payments wait in confirming for their second witness",
        )


def _spare_the_collector() -> None:
    """What is loaded by now stays; a tenth of a busy gateway's time went into looking at it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


class _Announcing(uvicorn.Server):
    """Says where it is once it answers."""

    announcement = ""

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening, then print the address."""
        await super().startup(sockets)
        if self.started:
            print(self.announcement, flush=True)


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), backlog=BACKLOG)
    except OSError as error:
        raise BadSettings(
            f"Port {port} on {host} is not free ({os.strerror(error.errno or 0)})."
            " Choose another: --port"
        ) from None
