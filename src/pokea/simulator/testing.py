"""A Safaricom inside your test: no sockets, a frozen clock, and every callback in a list.

    async with Pretend() as safaricom:
        ack = await safaricom.push("254700000000", 10)
        await safaricom.advance(2)
        assert safaricom.told[-1]["Body"]["stkCallback"]["ResultCode"] == 0

Needs nothing but the simulator; a real port is what ``pytest_plugin`` gives.
"""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import httpx2
from starlette.types import ASGIApp

from pokea.simulator.app import Simulator, create_app
from pokea.simulator.clock import SimClock
from pokea.simulator.courier import Reply
from pokea.simulator.world import genesis
from pokea.simulator.world.agenda import Post
from pokea.simulator.world.model import PUBLIC_PASSKEY, Switches, World

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
TIMESTAMP = "20261124120000"
MERCHANT = "http://127.0.0.1:9"
_ACCEPTED = Reply(200, b'{"ResultCode":0,"ResultDesc":"Success"}')


class Postbox:
    """A courier that keeps the posts; ``answer`` says what the merchant replies."""

    def __init__(self) -> None:
        self.posts: list[Post] = []
        self.answer: Callable[[Post], Reply] = lambda _: _ACCEPTED

    async def deliver(self, post: Post) -> Reply:
        """Keep it."""
        self.posts.append(post)
        return self.answer(post)

    async def close(self) -> None:
        """Nothing is open."""


class Pretend:
    """A simulator and a client for it, in one process and one event loop."""

    def __init__(
        self, *, seed: int = 1, start: datetime = START, switches: Switches | None = None
    ) -> None:
        app = create_app(
            seed=seed, clock=SimClock(start, "frozen"), courier=Postbox(), switches=switches
        )
        self._hold(app, app)

    @classmethod
    def around(cls, app: Simulator, front: ASGIApp | None = None) -> Self:
        """A client for a simulator that exists, through ``front`` if something stands there."""
        made = cls.__new__(cls)
        made._hold(app, front or app)  # noqa: SLF001 a second constructor of the same class
        return made

    def _hold(self, app: Simulator, front: ASGIApp) -> None:
        self.app = app
        courier = app.engine.courier
        self.postbox = courier if isinstance(courier, Postbox) else Postbox()
        self.http = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(front), base_url="http://safaricom.test"
        )
        self._token = ""

    def forget_token(self) -> None:
        """Mint a new one at the next call."""
        self._token = ""

    async def __aenter__(self) -> Self:
        """Ready at once."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close both."""
        await self.http.aclose()
        await self.app.engine.close()

    @property
    def world(self) -> World:
        """The world itself, for looking."""
        return self.app.engine.world

    @property
    def told(self) -> list[dict[str, Any]]:
        """The bodies of all posts so far."""
        return [json.loads(post.body) for post in self.postbox.posts]

    async def token(self) -> str:
        """A live token, minted once."""
        if not self._token:
            reply = await self.http.get(
                "/oauth/v1/generate?grant_type=client_credentials",
                auth=(genesis.CONSUMER_KEY, genesis.CONSUMER_SECRET),
            )
            self._token = reply.json()["access_token"]
        return self._token

    async def call(self, path: str, body: object) -> httpx2.Response:
        """Call one of Safaricom's paths with a good token."""
        headers = {"Authorization": f"Bearer {await self.token()}"}
        return await self.http.post(path, json=body, headers=headers)

    async def push(self, phone: str, shillings: int = 10, **changes: Any) -> httpx2.Response:
        """Send an STK push; ``changes`` replace fields, ``None`` leaves one out."""
        body = stk_body(phone, shillings) | changes
        kept = {name: value for name, value in body.items() if value is not None}
        return await self.call("/mpesa/stkpush/v1/processrequest", kept)

    async def query(self, checkout_id: str, **changes: object) -> httpx2.Response:
        """Ask how a push stands."""
        body = {
            "BusinessShortCode": genesis.PAYBILL,
            "Password": password(genesis.PAYBILL),
            "Timestamp": TIMESTAMP,
            "CheckoutRequestID": checkout_id,
        }
        return await self.call("/mpesa/stkpushquery/v1/query", body | changes)

    async def command(self, path: str, **fields: object) -> httpx2.Response:
        """Send a request that is answered at ResultURL, with the right initiator."""
        body = {
            "SecurityCredential": self.app.engine.vault.seal(genesis.INITIATOR_PASSWORD),
            "PartyA": genesis.B2C_SHORTCODE,
            "Remarks": "remarks",
            "QueueTimeOutURL": f"{MERCHANT}/timeout",
            "ResultURL": f"{MERCHANT}/result",
        }
        changed = body | fields
        kept = {name: value for name, value in changed.items() if value is not None}
        return await self.call(path, kept)

    async def advance(self, seconds: float) -> None:
        """Live through some seconds at once."""
        await self.app.engine.advance(seconds)

    async def side(self, method: str, path: str, body: object = None) -> Any:
        """Use the side door; raises unless it agrees."""
        reply = await self.http.request(method, f"/_sim{path}", json=body)
        reply.raise_for_status()
        return reply.json()


def password(shortcode: str, timestamp: str = TIMESTAMP) -> str:
    """The STK password."""
    return base64.b64encode(f"{shortcode}{PUBLIC_PASSKEY}{timestamp}".encode()).decode()


def stk_body(phone: str, shillings: int = 10) -> dict[str, object]:
    """A good STK push."""
    return {
        "BusinessShortCode": genesis.PAYBILL,
        "Password": password(genesis.PAYBILL),
        "Timestamp": TIMESTAMP,
        "TransactionType": "CustomerPayBillOnline",
        "Amount": shillings,
        "PartyA": phone,
        "PartyB": genesis.PAYBILL,
        "PhoneNumber": phone,
        "CallBackURL": f"{MERCHANT}/callback",
        "AccountReference": "INV-1",
        "TransactionDesc": "Payment",
    }
