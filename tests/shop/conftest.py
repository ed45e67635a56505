"""A shop, a visitor, and a gateway that keeps to the public contract and nothing more."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from standardwebhooks import Webhook
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pokea.shop import clock
from pokea.shop.app import create_app
from pokea.shop.settings import Settings

API_KEY = "sk_test_shop"
SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


def problem(status: int, code: str, **more: Any) -> Response:
    return JSONResponse(
        {"status": status, "code": code, "detail": code, **more},
        status_code=status,
        media_type="application/problem+json",
    )


@dataclass
class FakeGateway:
    """Payments by id, and the body that each idempotency key was first used with."""

    payments: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    keys: dict[str, tuple[dict[str, Any], str]] = field(
        default_factory=dict[str, tuple[dict[str, Any], str]]
    )
    asked: int = 0
    is_down: bool = False
    loses_answers: bool = False

    @property
    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v1/payments", self.open, methods=["POST"]),
                Route("/v1/payments/{id}", self.get),
            ]
        )

    async def open(self, request: Request) -> Response:
        if self.is_down:
            return Response("<h1>Bad gateway</h1>", status_code=502)
        assert request.headers["authorization"] == f"Bearer {API_KEY}"
        body = await request.json()
        key = request.headers["idempotency-key"]
        if key in self.keys:
            first, payment_id = self.keys[key]
            if first != body:
                return problem(409, "idempotency_key_reused", resource_id=payment_id)
            return JSONResponse(self.payments[payment_id])
        refusal = self.refuse(body)
        if refusal:
            return refusal
        payment = self.record(key, body)
        return problem(503, "lost") if self.loses_answers else JSONResponse(payment, 201)

    def refuse(self, body: dict[str, Any]) -> Response | None:
        if not body["phone"].replace(" ", "").removeprefix("+").isdigit():
            errors = [{"pointer": "/phone", "code": "invalid_phone", "detail": "no"}]
            return problem(422, "validation_failed", errors=errors)
        if body["amount"] == "285000.00":
            return problem(422, "amount_above_maximum", param="amount")
        return None

    def record(self, key: str, body: dict[str, Any]) -> dict[str, Any]:
        payment_id = f"pay_{len(self.payments) + 1}"
        self.payments[payment_id] = {
            "id": payment_id,
            "object": "payment",
            "status": "processing",
            "amount": body["amount"],
            "sequence": 2,
            "receipt": None,
            "latest_attempt": {"status": "awaiting_customer", "failure": None},
            "checkout_url": f"http://gateway.test/pay/tok{len(self.payments) + 1}",
            "metadata": body["metadata"],
        }
        self.keys[key] = (body, payment_id)
        return self.payments[payment_id]

    async def get(self, request: Request) -> Response:
        self.asked += 1
        if self.is_down:
            return problem(503, "unavailable")
        payment = self.payments.get(request.path_params["id"])
        return JSONResponse(payment) if payment else problem(404, "not_found")

    def pays(self, payment_id: str, receipt: str = "TKQ4XM81ZP") -> None:
        payment = self.payments[payment_id]
        payment |= {"status": "succeeded", "receipt": receipt}
        payment["sequence"] += 1
        payment["latest_attempt"] = {"status": "succeeded", "failure": None}

    def fails(self, payment_id: str, code: str) -> None:
        payment = self.payments[payment_id]
        payment["status"] = "open"
        payment["sequence"] += 1
        payment["latest_attempt"] = {"status": "failed", "failure": {"code": code}}


@dataclass
class Clock:
    now: datetime = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Event:
    """One delivery, as the gateway signs it."""

    id: str
    type: str
    payment: dict[str, Any]
    secret: str = SECRET
    age: timedelta = timedelta()
    raw: str | None = None

    @property
    def body(self) -> bytes:
        if self.raw is not None:
            return self.raw.encode()
        event = {
            "id": self.id,
            "type": self.type,
            "timestamp": "2026-11-24T08:00:00.000Z",
            "api_version": "2026-01-01",
            "livemode": False,
            "sequence": self.payment["sequence"],
            "data": {"object": self.payment},
        }
        return json.dumps(event).encode()

    @property
    def headers(self) -> dict[str, str]:
        sent = clock.now() - self.age
        signature = Webhook(self.secret).sign(self.id, sent, self.body.decode())
        return {
            "webhook-id": self.id,
            "webhook-timestamp": str(int(sent.timestamp())),
            "webhook-signature": signature,
        }


@dataclass
class Visitor:
    """A browser at the shop, and the gateway at its webhook."""

    http: httpx2.AsyncClient

    async def buys(
        self, good: str = "kiondo", *, phone: str = "0712 345 678", form: str = "form-1"
    ) -> httpx2.Response:
        return await self.http.post(f"/goods/{good}", data={"phone": phone, "order": form})

    async def sees(self, path: str) -> str:
        return (await self.http.get(path)).text

    async def hears(self, event: Event) -> int:
        reply = await self.http.post(
            "/webhooks/pokea", content=event.body, headers=event.headers
        )
        return reply.status_code


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def gateway() -> FakeGateway:
    return FakeGateway()


@pytest.fixture
def shop_clock() -> Clock:
    return Clock()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        gateway="http://gateway.test",
        api_key=API_KEY,
        webhook_secret=SECRET,
        data_file=tmp_path / "shop.db",
        public_url="http://shop.test",
    )


@pytest.fixture
async def visitor(
    settings: Settings, gateway: FakeGateway, shop_clock: Clock, anyio_backend: str
) -> AsyncIterator[Visitor]:
    del anyio_backend
    transport = httpx2.ASGITransport(app=gateway.app)
    shop = create_app(settings, transport=transport, now=shop_clock)
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=shop), base_url="http://shop.test"
    ) as http:
        yield Visitor(http)
