"""A simulator on a real port, in a thread of this process: for tests in any framework."""

import asyncio
import contextlib
import json
import socket
import threading
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import httpx2
import uvicorn

from pokea.simulator.app import Simulator, create_app
from pokea.simulator.clock import SimClock
from pokea.simulator.world.model import Switches

_START_S = 10.0


@dataclass(frozen=True, slots=True)
class LiveSimulator:
    """Where it is, and its side door."""

    url: str

    @property
    def phone(self) -> str:
        """The phone's page."""
        return f"{self.url}/phone"

    @property
    def credentials(self) -> dict[str, str]:
        """Keys, passkey, shortcodes, certificate."""
        return self.side("GET", "/credentials")

    def side(self, method: str, path: str, body: object = None) -> Any:
        """Use the side door, e.g. ``side("POST", "/clock/advance", {"seconds": 60})``."""
        reply = httpx2.request(
            method, f"{self.url}/_sim{path}", json=body, trust_env=False, timeout=30
        )
        reply.raise_for_status()
        return json.loads(reply.content)


class _Server(uvicorn.Server):
    """Runs in a thread, and says when it listens."""

    def run_on(self, listener: socket.socket) -> None:
        """Serve until ``should_exit``."""
        with asyncio.Runner() as runner:
            runner.run(self.serve([listener]))


@contextlib.contextmanager
def live_simulator(
    *, seed: int | None = None, clock: SimClock | None = None, switches: Switches | None = None
) -> Generator[LiveSimulator]:
    """Start one, use it, stop it."""
    app: Simulator = create_app(seed=seed, clock=clock, switches=switches)
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, timeout_graceful_shutdown=1
    )
    server = _Server(config)
    thread = threading.Thread(target=server.run_on, args=(listener,), daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        # The socket listens already: the first request waits until the server takes it.
        httpx2.get(f"{url}/_sim/clock", trust_env=False, timeout=_START_S).raise_for_status()
        yield LiveSimulator(url)
    finally:
        server.should_exit = True
        thread.join(_START_S)
        listener.close()
