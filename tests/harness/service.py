"""A messaging service: takes Apprise's JSON, and answers or misbehaves as a test wrote down."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any, Final, Literal
from urllib.parse import unquote

from typing_extensions import override

Behaviour = int | Literal["drop", "stall", "slow"]
"""A status; or no answer, none ever, or 200 when the test says that it is ``over``."""
STALL_MAX_S: Final = 30


@dataclass
class Service:
    """What arrived, and how the next requests are answered; then 200."""

    behaviours: list[Behaviour] = field(default_factory=list[Behaviour])
    messages: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    paths: list[str] = field(default_factory=list[str])
    address: str = ""
    over: Event = field(default_factory=Event)
    lock: Lock = field(default_factory=Lock)

    def take(self, path: str, body: bytes) -> Behaviour:
        """Keep a message and say what to do with its sender."""
        with self.lock:
            self.paths.append(unquote(path))
            self.messages.append(json.loads(body))
            return self.behaviours.pop(0) if self.behaviours else 200

    @property
    def texts(self) -> list[str]:
        """The bodies of the messages."""
        with self.lock:
            return [message["message"] for message in self.messages]


def _handler(service: Service) -> type[BaseHTTPRequestHandler]:
    class Routes(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            match service.take(self.path, body):
                case "drop":
                    return
                case "stall":
                    service.over.wait(STALL_MAX_S)
                    return
                case "slow":
                    service.over.wait(STALL_MAX_S)
                    self.answer(200)
                case status:
                    self.answer(status)

        def answer(self, status: int) -> None:
            self.send_response(status)
            if status in range(300, 400):
                self.send_header("Location", f"http://{service.address}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        @override
        def log_message(self, format: str, *args: Any) -> None:
            """Keep the test's output to the tests."""

    return Routes


@contextmanager
def messaging(port: int = 0) -> Generator[Service]:
    """A service that answers."""
    service = Service()
    server = ThreadingHTTPServer(("127.0.0.1", port), _handler(service))
    service.address = f"127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield service
    finally:
        service.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
