"""A town: Safaricom as the simulator plays it, a gateway, and a merchant with an API key."""

from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from harness.installation import Gateway, Installation
from harness.ports import free_port
from harness.processes import Program, eventually


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


def as_operator(app: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Settings of a gateway that asks Safaricom as an API operator, and pulls."""
    certificate = folder / "simulator.pem"
    certificate.write_text(app["certificate_pem"])
    return {
        "MPESA_INITIATOR_NAME": app["initiator_name"],
        "MPESA_INITIATOR_PASSWORD": app["initiator_password"],
        "MPESA_CERTIFICATE": str(certificate),
        "POKEA_PULL": "true",
    }


@contextmanager
def a_town(
    url: str,
    folder: Path,
    settings: Mapping[str, str] | None = None,
    *,
    operator: bool = False,
) -> Generator[Town]:
    """Everything running over a database; ``settings`` are the gateway's own."""
    port = free_port()
    with ExitStack() as running:
        simulator = running.enter_context(
            Program(["simulator", "--json", "--port", "0"], {}, folder)
        )
        address: str = simulator.said["simulator"]
        safaricom = running.enter_context(httpx2.Client(base_url=address, trust_env=False))
        app = safaricom.get("/_sim/credentials").json()
        installation = Installation(
            url,
            folder,
            address,
            settings={
                "MPESA_CONSUMER_KEY": app["consumer_key"],
                "MPESA_CONSUMER_SECRET": app["consumer_secret"],
                "MPESA_PASSKEY": app["passkey"],
                "MPESA_SHORTCODE": str(app["shortcode"]),
                "BASE_URL": f"http://127.0.0.1:{port}",
                **(as_operator(app, folder) if operator else {}),
                **(settings or {}),
            },
        )
        key = installation.merchant["api_key"]
        gateway = installation.serve(port=port)
        running.enter_context(gateway)
        merchant = running.enter_context(gateway.calls(key))
        yield Town(installation, gateway, merchant, safaricom)
