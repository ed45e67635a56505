"""Safaricom calls: ``POST /i/{kind}/{64 hex}``, answered only when it is on disk.

A wrong path is 404 and leaves nothing but a counter; a right one is never answered anything but
200, whatever its body says, so that the answer tells a stranger nothing. Plain Starlette:
this is the hot path, and it has one thing to do. Source: STATE_MACHINES section 1.
"""

from functools import lru_cache
from typing import Final

import structlog
from prometheus_client import Counter, Histogram
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from pokea.flows.errors import Unavailable
from pokea.http.client_address import client_address, is_listed
from pokea.http.deps import Web

BODY_MAX: Final = 64 * 1024
ACCEPTED: Final = b'{"ResultCode":0,"ResultDesc":"Accepted"}'
_JSON: Final = {"Content-Type": "application/json", "Cache-Control": "no-store"}

CALLBACKS: Final = Counter(
    "pokea_callbacks_total", "Callbacks by how they were answered", ["as"]
)
SECONDS: Final = Histogram(
    "pokea_callback_seconds",
    "From the last byte of a callback to its durable 200",
    buckets=(0.002, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 1, 2),
)

_log = structlog.get_logger()
_accepted = CALLBACKS.labels("accepted")
_unknown_path = CALLBACKS.labels("unknown_path")
_too_large = CALLBACKS.labels("too_large")
_unavailable = CALLBACKS.labels("unavailable")


async def receive(request: Request) -> Response:
    """Take one callback."""
    web: Web = request.app.state.web
    body = await _read(request)
    if body is None:
        _too_large.inc()
        return Response(status_code=413)
    address = _address(request, web)
    callback = web.door.read(
        request.path_params["kind"],
        request.path_params["path"],
        body,
        source_ip=address,
        ip_listed=_listed(web, address),
    )
    if callback is None:
        _unknown_path.inc()
        return Response(status_code=404)
    try:
        with SECONDS.time():
            await web.door.receive(callback)
    except Unavailable:
        # The only answer but 200: nothing was stored, so nothing may be acknowledged.
        _unavailable.inc()
        _log.error("callback.not_stored")
        return Response(status_code=503, headers={"Retry-After": "2"})
    _accepted.inc()
    return Response(ACCEPTED, headers=_JSON)


async def _read(request: Request) -> bytes | None:
    """The body, or None when it is larger than any callback."""
    parts: list[bytes] = []
    size = 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > BODY_MAX:
                return None
            parts.append(part)
    except ClientDisconnect:
        return None
    return b"".join(parts)


def _address(request: Request, web: Web) -> str:
    peer = request.client.host if request.client else ""
    if not web.trusted_proxies:
        return peer
    forwarded = ",".join(request.headers.getlist("x-forwarded-for"))
    return client_address(peer, forwarded, web.trusted_proxies)


def _listed(web: Web, address: str) -> bool:
    return _is_listed(address, web.allowlist)


@lru_cache(maxsize=1024)
def _is_listed(address: str, allowlist: tuple[object, ...]) -> bool:
    return is_listed(address, allowlist)  # pyright: ignore[reportArgumentType]
