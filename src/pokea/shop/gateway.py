"""The shop's side of the gateway's public API: open a payment, ask for one.

Opening is safe to repeat: the key names the order, so the same order is one payment however
often, and after whatever silence, we ask.
"""

from json import JSONDecodeError
from typing import Any, cast

import httpx2

from pokea.shop.payment import Payment

_PATIENCE = httpx2.Timeout(25, connect=3)
"""The gateway asks Safaricom before it answers, which may take ten seconds, or twenty."""

_BUSY = 429


class Unreachable(Exception):
    """The gateway gave no usable answer: the payment may exist. Ask again with the same key."""


class Refused(Exception):
    """The gateway understood and said no: show the payer `code` in words, at `field`."""

    def __init__(self, problem: dict[str, Any]) -> None:
        errors: list[dict[str, Any]] = problem.get("errors") or [{}]
        first = errors[0]
        self.code = str(first.get("code") or problem.get("code") or "refused")
        pointer = str(first.get("pointer") or problem.get("param") or "")
        self.field = pointer.strip("/").split("/")[-1]
        self.resource_id: str | None = problem.get("resource_id")
        super().__init__(f"{self.code}: {problem.get('detail')}")


class Gateway:
    """Speaks to the gateway with the merchant's key."""

    def __init__(
        self, url: str, api_key: str, transport: httpx2.AsyncBaseTransport | None = None
    ) -> None:
        self._http = httpx2.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {api_key}"},
            timeout=_PATIENCE,
            transport=transport,
        )

    async def open_payment(self, key: str, body: dict[str, Any]) -> Payment:
        """Open a payment and have the phone prompted.

        Raises:
            Refused: nothing was opened.
            Unreachable: unknown; repeat with the same key.
        """
        reply = await self._send("POST", "/v1/payments", key=key, body=body)
        return _payment(reply)

    async def payment(self, payment_id: str) -> Payment:
        """Ask what became of a payment.

        Raises:
            Refused: the gateway does not know it.
            Unreachable: no answer.
        """
        return _payment(await self._send("GET", f"/v1/payments/{payment_id}"))

    async def close(self) -> None:
        """Let go of connections."""
        await self._http.aclose()

    async def _send(
        self, method: str, path: str, *, key: str = "", body: dict[str, Any] | None = None
    ) -> httpx2.Response:
        headers = {"Idempotency-Key": key} if key else {}
        try:
            reply = await self._http.request(method, path, headers=headers, json=body)
        except httpx2.HTTPError as error:
            raise Unreachable(str(error)) from error
        if reply.is_server_error or reply.status_code == _BUSY:
            raise Unreachable(f"HTTP {reply.status_code}")
        if not reply.is_success:
            raise Refused(_document(reply))
        return reply


def _payment(reply: httpx2.Response) -> Payment:
    try:
        return Payment.read(_document(reply))
    except ValueError as error:
        raise Unreachable(str(error)) from error


def _document(reply: httpx2.Response) -> dict[str, Any]:
    try:
        document: Any = reply.json()
    except (JSONDecodeError, UnicodeDecodeError):
        document = None
    if not isinstance(document, dict):
        raise Unreachable(f"HTTP {reply.status_code} without a JSON object")
    return cast("dict[str, Any]", document)
