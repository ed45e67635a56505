"""The one file that knows urllib3, which carries the requests of `Client`.

No proxies from the environment, no redirects (Daraja never redirects, and a redirected payment
is not ours), no retries, kept connections, answers of at most 1 MiB, and the difference between
a request that was never written and one that may have been. The choice is in
docs/decisions/sdk-http-client.md.
"""

import ssl
import time
from urllib.parse import urlsplit

import urllib3
from typing_extensions import override
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from pokea.daraja.errors import InvalidValue
from pokea.daraja.strict_json import SIZE_MAX
from pokea.daraja.transport import Lost, NeverWritten, Transport
from pokea.daraja.wire import WireReply, WireRequest

# Threads beyond it still get a connection; it is just not kept.
_KEPT_MAX = 64


def open_transport(
    base_url: str, timeout_s: int, authority_pem: str | None = None
) -> Transport:
    """Return a blocking transport; it connects when it is first used.

    `authority_pem` replaces the machine's certificate authorities.
    """
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InvalidValue("base_url", "must begin with https:// or http:// and name a host")
    timeout = urllib3.Timeout(connect=timeout_s, read=timeout_s)
    if parts.scheme == "http":
        pool: urllib3.HTTPConnectionPool = _PlainPool(
            parts.hostname, parts.port, timeout=timeout, maxsize=_KEPT_MAX
        )
    else:
        pool = _TlsPool(
            parts.hostname,
            parts.port,
            timeout=timeout,
            maxsize=_KEPT_MAX,
            ssl_context=ssl.create_default_context(cadata=authority_pem),
        )
    return _HttpTransport(pool, parts.path.rstrip("/"), timeout_s)


class _PlainConnection(HTTPConnection):
    @override
    def connect(self) -> None:
        try:
            super().connect()
        except (HTTPError, OSError) as error:
            raise NeverWritten(str(error)) from error


class _TlsConnection(HTTPSConnection):
    @override
    def connect(self) -> None:
        try:
            super().connect()
        except (HTTPError, OSError) as error:
            raise NeverWritten(str(error)) from error


class _PlainPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _PlainConnection  # pyright: ignore[reportAssignmentType]


class _TlsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _TlsConnection  # pyright: ignore[reportAssignmentType]


class _HttpTransport(Transport):
    def __init__(self, pool: urllib3.HTTPConnectionPool, prefix: str, timeout_s: int) -> None:
        self._pool = pool
        self._prefix = prefix
        self._timeout_ns = timeout_s * 1_000_000_000

    @override
    def send(self, request: WireRequest) -> WireReply:
        started = time.perf_counter_ns()
        try:
            response = self._pool.urlopen(
                request.method,
                self._prefix + request.path,
                body=request.body or None,
                headers=dict(request.headers),
                retries=False,
                redirect=False,
                preload_content=False,
                decode_content=False,
            )
            body = self._read(response, started + self._timeout_ns)
        except (HTTPError, OSError, ValueError) as error:
            # ValueError: a status line or header that is none.
            raise Lost(str(error) or type(error).__name__) from error
        return WireReply(
            status=response.status,
            body=body,
            headers=tuple((name.lower(), value) for name, value in response.headers.items()),
            elapsed_ms=(time.perf_counter_ns() - started) // 1_000_000,
        )

    def _read(self, response: urllib3.BaseHTTPResponse, deadline: int) -> bytes:
        """Read the body in pieces, so that neither its size nor its slowness is unbounded."""
        body = response.read1(SIZE_MAX)
        while more := response.read1(SIZE_MAX):
            body += more
            if len(body) > SIZE_MAX or time.perf_counter_ns() > deadline:
                response.close()
                raise Lost("the answer is larger than 1 MiB, or slower than the time allowed")
        response.release_conn()
        return body

    @override
    def close(self) -> None:
        self._pool.close()
