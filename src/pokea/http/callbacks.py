"""Safaricom calls: ``POST /i/{kind}/{64 hex}``, answered only when it is on disk.

A wrong path is 404 and leaves nothing but a counter; a right one is never answered anything but
200, whatever its body says, so that the answer tells a stranger nothing. Bare ASGI in front of
the web framework: this is the hot path, and it has one thing to do.
Source: STATE_MACHINES section 1.
"""

from functools import lru_cache
from typing import Final

import structlog
from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Receive, Scope, Send

from pokea.domain.inbox import VALIDATION
from pokea.flows.errors import Unavailable
from pokea.http import validation
from pokea.http.client_address import Network, client_address, is_listed
from pokea.http.deps import Web

PREFIX: Final = "/i/"
BODY_MAX: Final = 64 * 1024
ACCEPTED: Final = b'{"ResultCode":0,"ResultDesc":"Accepted"}'

CALLBACKS: Final = Counter(
    "pokea_callbacks_total", "Callbacks by how they were answered", ["as"]
)
SECONDS: Final = Histogram(
    "pokea_callback_seconds",
    "From the last byte of a callback to its durable 200",
    buckets=(0.002, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 1, 2),
)

_log = structlog.get_logger()
_COUNTED: Final = {
    status: CALLBACKS.labels(name)
    for status, name in {
        200: "accepted",
        404: "unknown_path",
        405: "wrong_method",
        413: "too_large",
        500: "failed",
        503: "unavailable",
    }.items()
}


class CallbackSurface:
    """Answers what comes under ``/i/`` and passes everything else on."""

    def __init__(self, web: Web, others: ASGIApp) -> None:
        self._web = web
        self._others = others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self._others(scope, receive, send)
            return
        status, answer = await self._take(scope, receive)
        _COUNTED[status].inc()
        await _answer(send, status, answer)

    async def _take(self, scope: Scope, receive: Receive) -> tuple[int, bytes]:
        """Take one callback; returns the status and the body to answer."""
        if scope["method"] != "POST":
            return 405, b""
        body = await _read(receive)
        if body is None:
            return 413, b""
        kind, _, path = scope["path"][len(PREFIX) :].partition("/")
        address = self._address(scope)
        listed = _is_listed(address, self._web.allowlist)
        if kind == VALIDATION:
            return await validation.answer_validation(
                self._web.validator, path, body, ip_listed=listed
            )
        status = await self._keep(kind, path, body, address=address, listed=listed)
        return status, ACCEPTED if status == 200 else b""  # noqa: PLR2004 - HTTP's own

    async def _keep(
        self, kind: str, path: str, body: bytes, *, address: str, listed: bool
    ) -> int:
        door = self._web.door
        callback = door.read(kind, path, body, source_ip=address, ip_listed=listed)
        if callback is None:
            return 404
        try:
            with SECONDS.time():
                await door.receive(callback)
        except Unavailable:
            # The only other answer to a path of ours: nothing was stored, so nothing may be
            # acknowledged. The store has logged why.
            return 503
        except Exception:
            _log.exception("callback.not_stored")
            return 500
        return 200

    def _address(self, scope: Scope) -> str:
        peer: str = scope["client"][0] if scope.get("client") else ""
        if not self._web.trusted_proxies:
            return peer
        forwarded = ",".join(
            value.decode("latin-1")
            for name, value in scope["headers"]
            if name == b"x-forwarded-for"
        )
        return client_address(peer, forwarded, self._web.trusted_proxies)


async def _read(receive: Receive) -> bytes | None:
    """The body, or None when it is larger than any callback, or its sender went away."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part: bytes = message.get("body", b"")
        size += len(part)
        if size > BODY_MAX:
            return None
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)


async def _answer(send: Send, status: int, body: bytes) -> None:
    headers = [
        (b"content-length", str(len(body)).encode()),
        (b"content-type", b"application/json"),
        (b"cache-control", b"no-store"),
    ]
    if status == 503:  # noqa: PLR2004 - HTTP's own
        headers.append((b"retry-after", b"2"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@lru_cache(maxsize=1024)
def _is_listed(address: str, allowlist: tuple[Network, ...]) -> bool:
    return is_listed(address, allowlist)
