"""Runs the simulator as a process: ``pokea simulator``, or ``python -m pokea.simulator``."""

import asyncio
import contextlib
import json
import socket
from pathlib import Path

import uvicorn
from typing_extensions import override

from pokea.simulator.app import create_app
from pokea.simulator.recording import Recorder
from pokea.simulator.world import genesis

_BACKLOG = 2048
# Streams of open phone pages never end by themselves.
_GRACE_S = 1


class _Server(uvicorn.Server):
    """Says where it is once it answers."""

    def __init__(self, config: uvicorn.Config, announcement: str) -> None:
        super().__init__(config)
        self._announcement = announcement

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening, then print the addresses."""
        await super().startup(sockets)
        print(self._announcement, flush=True)  # noqa: T201 the command's output


def run(
    port: int,
    *,
    host: str = "127.0.0.1",
    data_file: Path | None = None,
    seed: int | None = None,
    as_json: bool = False,
    record: Path | None = None,
) -> None:
    """Serve until interrupted; prints the addresses as its first line once it answers."""
    listener = _listen(host, port)
    base = f"http://{host}:{listener.getsockname()[1]}"
    simulator = create_app(seed=seed, data_file=data_file)
    config = uvicorn.Config(
        simulator if record is None else Recorder(simulator, record),
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_S,
        backlog=_BACKLOG,
    )
    server = _Server(config, _announcement(base, as_json=as_json))
    loops = config.get_loop_factory()
    with contextlib.suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=loops) as runner:
        runner.run(server.serve([listener]))


def _listen(host: str, port: int) -> socket.socket:
    listener = socket.create_server((host, port), backlog=_BACKLOG)
    listener.set_inheritable(True)
    return listener


def _announcement(base: str, *, as_json: bool) -> str:
    if as_json:
        return json.dumps({"simulator": base, "phone": f"{base}/phone"})
    return (
        f"A pretend Safaricom answers at {base}\n"
        f"  phone         {base}/phone\n"
        f"  credentials   {base}/_sim/credentials\n"
        f"  paybill       {genesis.PAYBILL}   (magic phones: 254700000000 pays, "
        "254700001032 cancels)\n"
        "  Ctrl-C stops"
    )
