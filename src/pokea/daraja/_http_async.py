"""The one file that knows aiohttp, which carries the requests of `AsyncClient`.

The rules are those of `_http`: no proxies, redirects or retries, at most 1 MiB, and the
difference between a request that was never written and one that may have been.
"""

import ssl
import time

import aiohttp
from typing_extensions import override

from pokea.daraja.strict_json import SIZE_MAX
from pokea.daraja.transport import AsyncTransport, Lost, NeverWritten
from pokea.daraja.wire import WireReply, WireRequest

_CONNECTIONS_MAX = 100
# aiohttp writes nothing before the connection stands, and raises these only before that.
_NEVER_WRITTEN = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
# A compressed answer could be larger than it looks; Daraja's are small.
_PLAIN = {"Accept-Encoding": "identity"}


def open_async_transport(
    base_url: str, timeout_s: int, authority_pem: str | None = None
) -> AsyncTransport:
    """Return a transport for asyncio; it connects when it is first used.

    `authority_pem` replaces the machine's certificate authorities.
    """
    return _AsyncHttpTransport(base_url.rstrip("/"), timeout_s, authority_pem)


class _AsyncHttpTransport(AsyncTransport):
    def __init__(self, base_url: str, timeout_s: int, authority_pem: str | None) -> None:
        self._base_url = base_url
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._authority_pem = authority_pem
        self._session: aiohttp.ClientSession | None = None

    @override
    async def send(self, request: WireRequest) -> WireReply:
        started = time.perf_counter_ns()
        session = self._session or self._open()
        try:
            async with session.request(
                request.method,
                self._base_url + request.path,
                data=request.body or None,
                headers=request.headers,
                allow_redirects=False,
            ) as response:
                body = await _read(response)
        except _NEVER_WRITTEN as error:
            raise NeverWritten(str(error)) from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # OSError covers asyncio's time-out.
            raise Lost(str(error) or type(error).__name__) from error
        return WireReply(
            status=response.status,
            body=body,
            headers=tuple((name.lower(), value) for name, value in response.headers.items()),
            elapsed_ms=(time.perf_counter_ns() - started) // 1_000_000,
        )

    def _open(self) -> aiohttp.ClientSession:
        """Open the session inside the event loop that will use it."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=_CONNECTIONS_MAX,
                ssl=ssl.create_default_context(cadata=self._authority_pem),
            ),
            timeout=self._timeout,
            headers=_PLAIN,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
        )
        return self._session

    @override
    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None


async def _read(response: aiohttp.ClientResponse) -> bytes:
    content = response.content
    body = await content.readany()
    while not content.at_eof():
        body += await content.readany()
        if len(body) > SIZE_MAX:
            response.close()
            raise Lost("the answer is larger than 1 MiB")
    return body
