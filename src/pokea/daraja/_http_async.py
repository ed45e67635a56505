"""The connections of `AsyncClient`: a pool over asyncio, with the rules of `_http`.

No proxies, no redirects, no retries, answers of at most 1 MiB, one time limit for the whole of
a request; and, because waiting for a place and connecting are steps of their own, *never
written* is exact by construction. What libraries cost that do more is in
docs/decisions/0011-sdk-http-clients.md.
"""

import asyncio
import ssl
import time
from collections import deque

from typing_extensions import override

from pokea.daraja._http_connection import Connection
from pokea.daraja.transport import AsyncTransport, NeverWritten, Origin
from pokea.daraja.wire import WireReply, WireRequest

# More requests than these wait for a place: Safaricom's limits per app are far below.
_CONNECTIONS_MAX = 100
_NS = 1_000_000_000
# As in `_http`: a connection idle for longer may be closing just as we write to it.
_IDLE_MAX_NS = 15 * _NS


def open_async_transport(
    base_url: str, timeout_s: int, authority_pem: str | None = None
) -> AsyncTransport:
    """Return a transport for asyncio; it connects when it is first used.

    `authority_pem` replaces the machine's certificate authorities.
    """
    origin = Origin.parse(base_url)
    context = ssl.create_default_context(cadata=authority_pem) if origin.secure else None
    return _AsyncHttpTransport(origin, timeout_s, context)


class _AsyncHttpTransport(AsyncTransport):
    """Keeps connections that nobody is using; the one used last is used next."""

    def __init__(self, origin: Origin, timeout_s: int, context: ssl.SSLContext | None) -> None:
        self._origin = origin
        # A compressed answer could be larger than it looks; Daraja's are small.
        self._constant_lines = f"host: {origin.authority}\r\naccept-encoding: identity"
        self._timeout_ns = timeout_s * _NS
        self._context = context
        self._loop: asyncio.AbstractEventLoop | None = None
        self._places = asyncio.Semaphore(_CONNECTIONS_MAX)
        self._idle: deque[Connection] = deque()
        self._open: set[Connection] = set()

    @override
    async def send(self, request: WireRequest) -> WireReply:
        started_ns = time.monotonic_ns()
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._begin(loop)
        data = self._written(request)
        # Half of the time is for getting there: what is written with a moment left is in doubt.
        connected_by_ns = started_ns + self._timeout_ns // 2
        deadline_ns = started_ns + self._timeout_ns
        await self._place(connected_by_ns)
        try:
            connection = self._take(started_ns) or await self._connect(loop, connected_by_ns)
            try:
                reply = await connection.ask(
                    data, started_ns=started_ns, deadline_ns=deadline_ns
                )
            except BaseException:
                connection.lose("given up")  # half read: nobody may use it again
                raise
        finally:
            self._places.release()
        if connection.is_open:
            connection.idle_since_ns = time.monotonic_ns()
            self._idle.append(connection)
        return reply

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start afresh: connections belong to the event loop in which they were made."""
        self._loop = loop
        self._places = asyncio.Semaphore(_CONNECTIONS_MAX)
        self._idle.clear()
        self._open.clear()

    def _written(self, request: WireRequest) -> bytes:
        first = f"{request.method} {self._origin.prefix}{request.path} HTTP/1.1"
        lines = [first, self._constant_lines]
        lines += [f"{name}: {value}" for name, value in request.headers]
        if request.body or request.method != "GET":
            lines.append(f"content-length: {len(request.body)}")
        head = "\r\n".join(lines)
        # Line ends or spaces of somebody else's would make another request of it.
        ends = len(lines)
        if (
            first.count(" ") != 2  # noqa: PLR2004 - method, target, version
            or not first.isprintable()
            or not head.isascii()
            or not head.count("\r") == head.count("\n") == ends
        ):
            raise NeverWritten("the path or a header holds what HTTP does not allow")
        return head.encode("ascii") + b"\r\n\r\n" + request.body

    async def _place(self, deadline_ns: int) -> None:
        if not self._places.locked():
            await self._places.acquire()
            return
        try:
            async with asyncio.timeout((deadline_ns - time.monotonic_ns()) / _NS):
                await self._places.acquire()
        except TimeoutError:
            raise NeverWritten("no free connection") from None

    def _take(self, now_ns: int) -> Connection | None:
        """Return an idle connection that is still open, closing those that are not."""
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open:
                if now_ns - connection.idle_since_ns < _IDLE_MAX_NS and connection.is_quiet():
                    return connection
                connection.lose("idle for too long, or closing")
        return None

    async def _connect(self, loop: asyncio.AbstractEventLoop, deadline_ns: int) -> Connection:
        try:
            async with asyncio.timeout((deadline_ns - time.monotonic_ns()) / _NS):
                _, connection = await loop.create_connection(
                    lambda: Connection(loop, self._open),
                    self._origin.host,
                    self._origin.port,
                    ssl=self._context,
                )
        except (OSError, ValueError) as error:
            # OSError covers time-outs, DNS and TLS; ValueError names that no host can have.
            raise NeverWritten(str(error) or type(error).__name__) from error
        return connection

    @override
    async def close(self) -> None:
        self._idle.clear()
        for connection in tuple(self._open):
            connection.lose("the client was closed")
        while self._open:
            await next(iter(self._open)).closed
