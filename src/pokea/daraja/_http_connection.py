"""One connection of `AsyncClient`, and the one file that knows httptools, which reads answers.

httptools is llhttp, the parser of Node.js: it decides where an answer ends and what is not
HTTP. A connection carries one request at a time; whatever arrives unasked closes it.
"""

import asyncio
import time
from typing import cast

import httptools
from typing_extensions import override

from pokea.daraja._http import HasFileno, is_readable
from pokea.daraja.strict_json import SIZE_MAX
from pokea.daraja.transport import Lost
from pokea.daraja.wire import WireReply

# The largest body, with room for headers and for what frames chunks.
_RECEIVED_MAX = SIZE_MAX + 64 * 1024
_INTERIM = range(100, 200)
_LENGTHS = frozenset({"content-length", "transfer-encoding"})


class Connection(asyncio.Protocol):
    """Asks one question at a time; `is_open` says whether it may be asked another."""

    def __init__(self, loop: asyncio.AbstractEventLoop, among: "set[Connection]") -> None:
        self.is_open = False
        self.idle_since_ns = 0
        self.closed: asyncio.Future[None] = loop.create_future()
        self._loop = loop
        self._among = among
        self._transport: asyncio.Transport | None = None
        self._socket: HasFileno | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._waiting: asyncio.Future[WireReply] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._started_ns = 0
        self._received = 0
        self._reply: WireReply | None = None
        self._headers: list[tuple[str, str]] = []
        self._body: list[bytes] = []
        self._head_is_whole = False

    def ask(
        self, data: bytes, *, started_ns: int, deadline_ns: int
    ) -> asyncio.Future[WireReply]:
        """Write a request; the future brings its reply, or raises `Lost`. Both clocks count."""
        self._waiting = waiting = self._loop.create_future()
        self._started_ns = started_ns
        self._received = 0
        left_s = (deadline_ns - time.monotonic_ns()) / 1_000_000_000
        self._timer = self._loop.call_later(left_s, self.lose, "timed out")
        if self._transport is not None:
            self._transport.write(data)
        return waiting

    def is_quiet(self) -> bool:
        """Whether nothing has come that the event loop has not shown yet, such as the end."""
        return self._socket is not None and not is_readable(self._socket)

    def lose(self, reason: str) -> None:
        """Close at once; whoever waits for an answer learns that it is lost."""
        waiting = self._end()
        self.is_open = False
        if self._transport is not None:
            self._transport.abort()
        if waiting is not None and not waiting.done():
            waiting.set_exception(Lost(reason))

    # What asyncio calls.

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not isinstance: uvloop's transports are of no class of asyncio's.
        self._transport = cast("asyncio.Transport", transport)
        self._socket = transport.get_extra_info("socket")
        self.is_open = True
        self._among.add(self)

    @override
    def data_received(self, data: bytes) -> None:
        if self._waiting is None:
            self.lose("nobody has asked")
            return
        self._received += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self.lose(f"not HTTP: {error}")
            return
        if self._received > _RECEIVED_MAX:
            self.lose("the answer is larger than 1 MiB")
        elif self._reply is not None:
            self._deliver(self._reply)

    @override
    def eof_received(self) -> None:
        self.is_open = False

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._among.discard(self)
        named = {name for name, _ in self._headers}
        if self._waiting is None:
            self.is_open = False
        elif exc is None and self._head_is_whole and named.isdisjoint(_LENGTHS):
            self._deliver(self._whole())  # an answer without a length ends here
        self.lose(str(exc) if exc else "the answer was cut short")
        if not self.closed.done():
            self.closed.set_result(None)

    # What httptools calls.

    def on_message_begin(self) -> None:
        """Begin an answer; a second one, unasked, closes the connection."""
        if self._reply is not None:
            self.is_open = False
        self._headers = []
        self._body = []
        self._head_is_whole = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header."""
        self._headers.append((name.decode("latin-1").lower(), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        """Know that what follows is the body."""
        self._head_is_whole = True

    def on_body(self, body: bytes) -> None:
        """Keep a part of the body."""
        self._body.append(body)

    def on_message_complete(self) -> None:
        """Make the reply, unless "100 Continue" and the like announce another."""
        if self._reply is not None or self._parser.get_status_code() in _INTERIM:
            return
        if not self._parser.should_keep_alive():
            self.is_open = False
        self._reply = self._whole()

    def _whole(self) -> WireReply:
        return WireReply(
            status=self._parser.get_status_code(),
            body=b"".join(self._body),
            headers=tuple(self._headers),
            elapsed_ms=(time.monotonic_ns() - self._started_ns) // 1_000_000,
        )

    def _deliver(self, reply: WireReply) -> None:
        waiting = self._end()
        if waiting is not None and not waiting.done():
            waiting.set_result(reply)
        if not self.is_open and self._transport is not None:
            self._transport.close()

    def _end(self) -> asyncio.Future[WireReply] | None:
        """Return to the state in which nobody waits."""
        waiting, self._waiting, self._reply = self._waiting, None, None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        return waiting
