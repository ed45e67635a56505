"""A merchant's server: verifies deliveries with the standard's own library, and keeps them."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

from standardwebhooks import Webhook
from typing_extensions import override


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One delivery."""

    webhook_id: str
    tries: int
    event: dict[str, Any]
    body: bytes


@dataclass
class Receiver:
    """Where a merchant listens. ``answers`` are given in order, then 200.

    A sender whose clock runs ahead signs for a moment that the library takes for forged: then
    signatures are not ``checked``.
    """

    secret: str = ""
    checked: bool = True
    answers: list[int] = field(default_factory=list[int])
    received: list[Received] = field(default_factory=list[Received])
    url: str = ""
    lock: Lock = field(default_factory=Lock)

    def take(self, headers: dict[str, str], body: bytes) -> int:
        """Verify and keep a delivery; a bad signature is answered 401 and kept nowhere."""
        event: dict[str, Any] = json.loads(body)
        if self.checked:
            event = Webhook(self.secret).verify(body, headers)
        with self.lock:
            self.received.append(
                Received(
                    webhook_id=headers["webhook-id"],
                    tries=int(headers["webhook-attempt"]),
                    event=event,
                    body=body,
                )
            )
            return self.answers.pop(0) if self.answers else 200

    def of(self, payment_id: str) -> list[Received]:
        """What was received about one payment."""
        with self.lock:
            return [
                one for one in self.received if one.event["data"]["object"]["id"] == payment_id
            ]

    def types(self, payment_id: str) -> list[str]:
        """The types of a payment's events, as they arrived."""
        return [one.event["type"] for one in self.of(payment_id)]


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Routes(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): text for name, text in self.headers.items()}
            self.send_response(receiver.take(headers, body))
            self.send_header("Content-Length", "0")
            self.end_headers()

        @override
        def log_message(self, format: str, *args: Any) -> None:
            """Keep the test's output to the tests."""

    return Routes


class _Server(ThreadingHTTPServer):
    # A killed sender closes connections in mid-air; that is the test, not an error.
    request_queue_size = 256

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a connection that broke."""


@contextmanager
def listening(port: int = 0) -> Generator[Receiver]:
    """A receiver that answers."""
    receiver = Receiver()
    server = _Server(("127.0.0.1", port), _handler(receiver))
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hooks"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
