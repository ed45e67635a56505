"""The shop as one ASGI application."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import httpx2
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from pokea.shop import clock
from pokea.shop.gateway import Gateway
from pokea.shop.orders import Orders
from pokea.shop.pages import Pages, lost, read_limited
from pokea.shop.sales import Sales
from pokea.shop.settings import Settings
from pokea.shop.webhooks import Webhooks

_EVENT_MAX = 64 * 1024
"""The gateway promises events of at most 20 kB."""

_HEADERS = {
    # No form-action: browsers apply it to redirects too, and the checkout is another site.
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'"
    ),
    # Not no-referrer: browsers would then hide the origin of our own forms from ourselves.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def create_app(
    settings: Settings,
    *,
    transport: httpx2.AsyncBaseTransport | None = None,
    now: Callable[[], datetime] = clock.now,
) -> Starlette:
    """Build the shop; tests bring their own way to the gateway and their own time."""
    orders = Orders(settings.data_file, now)
    gateway = Gateway(settings.gateway, settings.api_key, transport)
    pages = Pages(orders, Sales(orders, gateway, settings.url, now))
    webhooks = Webhooks(settings.webhook_secret, orders)

    async def hear(request: Request) -> Response:
        body = await read_limited(request, _EVENT_MAX)
        return Response(status_code=webhooks.receive(body, request.headers))

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncGenerator[None]:
        yield
        await gateway.close()

    return Starlette(
        routes=[
            Route("/", pages.shelf),
            Route("/goods/{key}", pages.good),
            Route("/goods/{key}", pages.buy, methods=["POST"]),
            Route("/orders", pages.orders),
            Route("/orders/{order_id:int}", pages.order),
            Route("/orders/{order_id:int}/status", pages.order_status),
            Route("/orders/{order_id:int}/pay", pages.pay, methods=["POST"]),
            Route("/webhooks/pokea", hear, methods=["POST"]),
            Mount("/static", StaticFiles(directory=Path(__file__).parent / "static")),
        ],
        middleware=[Middleware(BaseHTTPMiddleware, dispatch=_add_headers)],
        exception_handlers={HTTPException: lost, 500: lost},
        lifespan=lifespan,
    )


async def _add_headers(
    request: Request, answer: Callable[[Request], Awaitable[Response]]
) -> Response:
    response = await answer(request)
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    return response
