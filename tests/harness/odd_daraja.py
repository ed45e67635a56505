"""A Daraja that answers pushes with whatever a test says, also what nobody ever documented."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, Final

from typing_extensions import override

_TOKEN: Final = json.dumps({"access_token": "odd", "expires_in": "3599"}).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Odd:
    """One answer; ``cut`` says how many bytes too few are sent."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    cut: int = 0


@dataclass
class OddDaraja:
    """What it answers, and how often it was asked for tokens and for prompts.

    Without an ``answer`` it accepts every prompt.
    """

    answer: Odd | None = None
    token: Odd = field(default_factory=lambda: Odd(body=_TOKEN))
    url: str = ""
    tokens: int = 0
    pushes: int = 0
    lock: Lock = field(default_factory=Lock)

    def count(self, path: str) -> Odd:
        """The answer to a request."""
        with self.lock:
            if path.startswith("/oauth/"):
                self.tokens += 1
                return self.token
            self.pushes += 1
            return self.answer or _accepted(self.pushes)


def _accepted(number: int) -> Odd:
    ids = {"MerchantRequestID": f"29115-{number}", "CheckoutRequestID": f"ws_CO_{number}"}
    said = {"ResponseCode": "0", "ResponseDescription": "Success", "CustomerMessage": "Success"}
    return Odd(body=json.dumps({**ids, **said}).encode())


def _handler(daraja: OddDaraja) -> type[BaseHTTPRequestHandler]:
    class Routes(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._say(daraja.count(self.path))

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self._say(daraja.count(self.path))

        def _say(self, odd: Odd) -> None:
            self.send_response(odd.status)
            self.send_header("Content-Type", odd.content_type)
            self.send_header("Content-Length", str(len(odd.body)))
            self.end_headers()
            self.wfile.write(odd.body[: len(odd.body) - odd.cut])
            self.close_connection = odd.cut > 0

        @override
        def log_message(self, format: str, *args: Any) -> None:
            """Keep the test's output to the tests."""

    return Routes


@contextmanager
def odd_daraja() -> Generator[OddDaraja]:
    """One that answers."""
    daraja = OddDaraja()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(daraja))
    daraja.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield daraja
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
