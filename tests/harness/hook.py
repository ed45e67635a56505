"""A merchant's own server that is asked whether money may come, and behaves as a test says."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, Final

from standardwebhooks import Webhook
from typing_extensions import override

from harness.examples import SECRET

YES: Final = b'{"accept": true}'


@dataclass
class Asker:
    """Where a merchant is asked. ``status`` and ``body`` are the answer."""

    status: int = 200
    body: bytes = YES
    headers: dict[str, str] = field(default_factory=dict[str, str])
    hangs: bool = False
    drips: bool = False
    asked: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    ids: list[str] = field(default_factory=list[str])
    url: str = ""
    over: Event = field(default_factory=Event)

    def take(self, headers: dict[str, str], body: bytes) -> None:
        """Verify and keep a question; a bad signature is an error in the server's thread."""
        self.asked.append(Webhook(SECRET).verify(body, headers))
        self.ids.append(headers["webhook-id"])


def _handler(asker: Asker) -> type[BaseHTTPRequestHandler]:
    class Routes(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asker.take({name.lower(): text for name, text in self.headers.items()}, body)
            if asker.hangs:
                asker.over.wait()
            self.send_response(asker.status)
            for name, text in asker.headers.items():
                self.send_header(name, text)
            self.send_header("Content-Length", str(len(asker.body)))
            self.end_headers()
            if asker.drips:
                self._drip()
            else:
                self.wfile.write(asker.body)

        def _drip(self) -> None:
            """Each byte in time for a limit of each read, and the whole never."""
            while not asker.over.wait(0.02):
                self.wfile.write(b" ")

        @override
        def log_message(self, format: str, *args: Any) -> None:
            """Keep the test's output to the tests."""

    return Routes


class _Server(ThreadingHTTPServer):
    request_queue_size = 256

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that does not wait any more breaks the connection: that is the test."""


@contextmanager
def asked() -> Generator[Asker]:
    """A server that is asked."""
    asker = Asker()
    server = _Server(("127.0.0.1", 0), _handler(asker))
    asker.url = f"http://127.0.0.1:{server.server_address[1]}/validate"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield asker
    finally:
        asker.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
