"""The one file that knows the HTTP client library (httpx2).

No proxies from the environment, no redirects (Daraja never redirects, and a redirected payment
is not ours), kept connections, answers of at most 1 MiB, and the difference between a request
that was never written and one that may have been.
"""

import time

import httpx2
from typing_extensions import override

from pokea.daraja.strict_json import SIZE_MAX
from pokea.daraja.transport import AsyncTransport, Lost, NeverWritten, Transport
from pokea.daraja.wire import WireReply, WireRequest

# Nothing is written before the connection stands, and these are raised only before that.
_NEVER_WRITTEN = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.UnsupportedProtocol,
)
# Shorter than the idle limits seen at Safaricom's edge, so that a dead connection is rare.
_LIMITS = httpx2.Limits(max_connections=100, max_keepalive_connections=50, keepalive_expiry=15)


def open_transport(base_url: str, timeout_s: int) -> Transport:
    """Return a blocking transport; it connects when it is first used."""
    return _HttpTransport(
        httpx2.Client(base_url=base_url, timeout=timeout_s, limits=_LIMITS, trust_env=False)
    )


def open_async_transport(base_url: str, timeout_s: int) -> AsyncTransport:
    """Return a transport for asyncio; it connects when it is first used."""
    return _AsyncHttpTransport(
        httpx2.AsyncClient(
            base_url=base_url, timeout=timeout_s, limits=_LIMITS, trust_env=False
        )
    )


class _HttpTransport(Transport):
    def __init__(self, client: httpx2.Client) -> None:
        self._client = client

    @override
    def send(self, request: WireRequest) -> WireReply:
        started = time.perf_counter_ns()
        body = bytearray()
        try:
            with self._client.stream(
                request.method, request.path, content=request.body, headers=request.headers
            ) as response:
                for chunk in response.iter_bytes():
                    body += chunk
                    if len(body) > SIZE_MAX:
                        raise Lost("the answer is larger than 1 MiB")
        except _NEVER_WRITTEN as error:
            raise NeverWritten(str(error) or type(error).__name__) from error
        except httpx2.HTTPError as error:
            raise Lost(str(error) or type(error).__name__) from error
        return _reply(response, body, started)

    @override
    def close(self) -> None:
        self._client.close()


class _AsyncHttpTransport(AsyncTransport):
    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client

    @override
    async def send(self, request: WireRequest) -> WireReply:
        started = time.perf_counter_ns()
        body = bytearray()
        try:
            async with self._client.stream(
                request.method, request.path, content=request.body, headers=request.headers
            ) as response:
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) > SIZE_MAX:
                        raise Lost("the answer is larger than 1 MiB")
        except _NEVER_WRITTEN as error:
            raise NeverWritten(str(error) or type(error).__name__) from error
        except httpx2.HTTPError as error:
            raise Lost(str(error) or type(error).__name__) from error
        return _reply(response, body, started)

    @override
    async def close(self) -> None:
        await self._client.aclose()


def _reply(response: httpx2.Response, body: bytearray, started: int) -> WireReply:
    return WireReply(
        status=response.status_code,
        body=bytes(body),
        headers=tuple((name.lower(), value) for name, value in response.headers.items()),
        elapsed_ms=(time.perf_counter_ns() - started) // 1_000_000,
    )
