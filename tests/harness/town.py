"""A town: Safaricom as the simulator plays it, a gateway, and a merchant with an API key."""

from dataclasses import dataclass
from typing import Any

import httpx2

from harness.installation import Gateway, Installation
from harness.processes import eventually


@dataclass
class Town:
    """A gateway that talks to a simulator, and its merchant's client."""

    installation: Installation
    gateway: Gateway
    merchant: httpx2.Client
    safaricom: httpx2.Client

    def asks(self, phone: str | None, *, key: str, **wanted: Any) -> dict[str, Any]:
        """The merchant opens a payment."""
        body = {"amount": "150.00", "reference": key} | wanted
        if phone is not None:
            body["phone"] = phone
        reply = self.merchant.post("/v1/payments", json=body, headers={"Idempotency-Key": key})
        assert reply.status_code == 201, reply.text
        payment: dict[str, Any] = reply.json()
        return payment

    def prompts_again(self, payment: dict[str, Any], **wanted: str) -> httpx2.Response:
        """The merchant has the customer asked once more."""
        keys = {"Idempotency-Key": f"again-{payment['id']}"}
        path = f"/v1/payments/{payment['id']}/attempts"
        return self.merchant.post(path, json=wanted, headers=keys)

    def ends(self, payment: dict[str, Any], within_s: float = 20) -> dict[str, Any]:
        """The payment when nobody is being asked for it any more."""
        path = f"/v1/payments/{payment['id']}"

        def ended() -> dict[str, Any] | None:
            found: dict[str, Any] = self.merchant.get(path).json()
            return found if found["status"] != "processing" else None

        found: dict[str, Any] = eventually(ended, within_s=within_s)
        return found
