"""All web surfaces in one ASGI app."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final

from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pokea.http import errors, health
from pokea.http.api import (
    c2b_receipts,
    customers,
    ledger,
    payment_review,
    payments,
    reconciliations,
    webhook_endpoints,
)
from pokea.http.callbacks import CallbackSurface
from pokea.http.checkout import routes as checkout
from pokea.http.deps import Web

BODY_MAX: Final = 256 * 1024


def create_app(
    web: Web, background: Callable[[], AbstractAsyncContextManager[None]]
) -> ASGIApp:
    """The app; ``background`` runs while it serves (the embedded engine, or nothing)."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
        async with background():
            yield

    app = FastAPI(
        title="Pokea",
        version="1",
        summary="Take M-PESA payments.",
        openapi_url="/v1/openapi.json",
        docs_url="/docs",
        redoc_url=None,
        lifespan=lifespan,
        telemetry={"auto_configure": False},
        max_body_size=BODY_MAX,
    )
    app.state.web = web
    errors.install(app)
    app.include_router(payments.router)
    app.include_router(payment_review.router)
    app.include_router(c2b_receipts.router)
    app.include_router(customers.router)
    app.include_router(reconciliations.router)
    app.include_router(ledger.router)
    app.include_router(webhook_endpoints.router)
    app.include_router(checkout.router)
    app.include_router(health.router)
    return CallbackSurface(web, RequestNames(app, web))


class RequestNames:
    """Gives every API request an id, and keeps answers out of caches."""

    def __init__(self, app: ASGIApp, web: Web) -> None:
        self._app = app
        self._new: Callable[[str], str] = web.deps.ids.new

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = self._new("request")
        scope["pokea_request_id"] = request_id

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Pokea-Request-Id"] = request_id
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        if _declared_size(scope) > _size_max(scope):
            # Before Starlette's own refusal, which is plain text.
            request = Request(scope)
            refusal = errors.answer(request, errors.Problem("body_too_large", errors.TOO_LARGE))
            await refusal(scope, receive, named)
            return
        await self._app(scope, receive, named)


def _size_max(scope: Scope) -> int:
    if scope["path"] == reconciliations.PATH:
        return reconciliations.UPLOAD_MAX
    return BODY_MAX


def _declared_size(scope: Scope) -> int:
    declared = Headers(scope=scope).get("content-length", "")
    return int(declared) if declared.isascii() and declared.isdigit() else 0
