"""The one file that knows how `Client` speaks HTTP: the standard library's connections, kept.

No proxies, no redirects (Daraja never redirects, and a redirected payment is not ours), no
retries, answers of at most 1 MiB, and the difference between a request that was never written
and one that may have been: connecting is a step of its own. The choice, and what libraries with
pools cost and could not tell, is in docs/decisions/0011-sdk-http-clients.md.
"""

import select
import ssl
import sys
import time
from collections import deque
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Protocol

from typing_extensions import override

from pokea.daraja.strict_json import SIZE_MAX
from pokea.daraja.transport import Lost, NeverWritten, Origin, Transport
from pokea.daraja.wire import WireReply, WireRequest


class HasFileno(Protocol):
    """A socket, or what an event loop shows of one."""

    def fileno(self) -> int:
        """Return the number that the operating system knows it by."""
        ...


# Threads beyond it still get a connection; it is just not kept.
_KEPT_MAX = 64
# A connection idle for longer may be closing at the other end just as we write to it, which
# would leave a payment in doubt; connecting anew costs a few milliseconds.
_IDLE_MAX_NS = 15 * 1_000_000_000


def open_transport(
    base_url: str, timeout_s: int, authority_pem: str | None = None
) -> Transport:
    """Return a blocking transport; it connects when it is first used.

    `timeout_s` is for connecting and for each read. `authority_pem` replaces the machine's
    certificate authorities.
    """
    origin = Origin.parse(base_url)
    context = ssl.create_default_context(cadata=authority_pem) if origin.secure else None
    return _HttpTransport(origin, timeout_s, context)


class _HttpTransport(Transport):
    """Keeps connections that nobody is using; the one used last is used next."""

    def __init__(self, origin: Origin, timeout_s: int, context: ssl.SSLContext | None) -> None:
        self._origin = origin
        self._timeout_s = timeout_s
        self._context = context
        self._idle: deque[tuple[HTTPConnection, int]] = deque()

    @override
    def send(self, request: WireRequest) -> WireReply:
        started = time.perf_counter_ns()
        connection = self._take(started) or self._connect()
        try:
            connection.request(
                request.method,
                self._origin.prefix + request.path,
                body=request.body or None,
                headers=dict(request.headers),
            )
            response = connection.getresponse()
            body = _read(response)
        except (HTTPException, OSError, ValueError) as error:
            # ValueError: a length or a header that is none.
            connection.close()
            raise Lost(str(error) or type(error).__name__) from error
        except BaseException:
            connection.close()  # half read: nobody may use it again
            raise
        now = time.perf_counter_ns()
        self._keep(connection, response, now)
        return WireReply(
            status=response.status,
            body=body,
            headers=tuple((name.lower(), value) for name, value in response.getheaders()),
            elapsed_ms=(now - started) // 1_000_000,
        )

    def _connect(self) -> HTTPConnection:
        host, port = self._origin.host, self._origin.port
        if self._context:
            connection: HTTPConnection = HTTPSConnection(
                host, port, timeout=self._timeout_s, context=self._context
            )
        else:
            connection = HTTPConnection(host, port, timeout=self._timeout_s)
        try:
            connection.connect()
        except (HTTPException, OSError, ValueError) as error:
            connection.close()
            raise NeverWritten(str(error) or type(error).__name__) from error
        return connection

    def _take(self, now: int) -> HTTPConnection | None:
        """Return an idle connection that is still open, closing those that are not."""
        while self._idle:
            try:
                connection, since = self._idle.pop()
            except IndexError:  # another thread was faster
                return None
            if now - since < _IDLE_MAX_NS and not is_readable(connection.sock):
                return connection
            connection.close()
        return None

    def _keep(self, connection: HTTPConnection, response: HTTPResponse, now: int) -> None:
        if response.will_close or len(self._idle) >= _KEPT_MAX:
            connection.close()
        else:
            self._idle.append((connection, now))

    @override
    def close(self) -> None:
        while self._idle:
            self._idle.pop()[0].close()


def is_readable(connection: HasFileno) -> bool:
    """Whether the other end has sent something unasked: in practice, that it has closed."""
    if sys.platform == "win32":
        return bool(select.select([connection], [], [], 0)[0])
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(0))


def _read(response: HTTPResponse) -> bytes:
    body = response.read(SIZE_MAX + 1)
    if len(body) > SIZE_MAX:
        raise Lost("the answer is larger than 1 MiB")
    # `read` with a limit returns what it has when the other end stops early.
    if response.length:
        raise Lost("the answer was cut short")
    return body
