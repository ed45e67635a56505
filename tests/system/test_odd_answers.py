"""Answers to a prompt that nobody documented: in doubt, unless they clearly say no."""

from collections.abc import Iterator
from typing import Final

import httpx2
import pytest

from harness.installation import Gateway, Installation
from harness.odd_daraja import Odd, OddDaraja, odd_daraja

pytestmark = pytest.mark.system

HTML: Final = b"<html><body>Request unsuccessful.</body></html>"
ACCEPTED: Final = (
    b'{"MerchantRequestID":"29115-1","CheckoutRequestID":"ws_CO_1","ResponseCode":"0",'
    b'"ResponseDescription":"Success","CustomerMessage":"Success"}'
)
ODD: Final = {
    "500 with JSON of no known form": Odd(status=500, body=b'{"fault":"down"}'),
    "500 and empty": Odd(status=500),
    "502 and HTML": Odd(status=502, body=HTML, content_type="text/html"),
    "200 and HTML": Odd(body=HTML, content_type="text/html"),
    "200 and JSON that breaks off": Odd(body=ACCEPTED[:60]),
    "200 and an empty object": Odd(body=b"{}"),
    "200 and a body shorter than it says": Odd(body=ACCEPTED, cut=20),
}
NO: Final = Odd(body=b'{"ResponseCode":"1","ResponseDescription":"Rejected"}')


@pytest.fixture(scope="module")
def safaricom() -> Iterator[OddDaraja]:
    with odd_daraja() as made:
        yield made


@pytest.fixture(scope="module")
def merchant(
    module_url: str, safaricom: OddDaraja, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx2.Client]:
    folder = tmp_path_factory.mktemp("run")
    prompts = {"POKEA_PROMPTS_PER_PHONE": "100"}
    installation = Installation(module_url, folder, safaricom.url, settings=prompts)
    key = installation.merchant["api_key"]
    gateway: Gateway
    with installation.serve() as gateway, gateway.calls(key) as client:
        yield client


def asks(merchant: httpx2.Client, key: str) -> tuple[str, str]:
    """How a payment and its attempt stand, right after it was asked for."""
    body = {"amount": 100, "phone": "0712345678"}
    reply = merchant.post("/v1/payments", json=body, headers={"Idempotency-Key": key})
    assert reply.status_code == 201, reply.text
    payment = reply.json()
    return payment["status"], payment["latest_attempt"]["status"]


@pytest.mark.parametrize("kind", sorted(ODD))
def test_an_answer_that_nobody_knows_leaves_doubt(
    merchant: httpx2.Client, safaricom: OddDaraja, kind: str
) -> None:
    """C03: six of seven odd answers are ambiguous; the customer may see a prompt."""
    safaricom.answer = ODD[kind]

    assert asks(merchant, f"order-{kind.replace(' ', '-')}") == ("processing", "unknown")


def test_an_answer_that_says_no_is_a_failure(
    merchant: httpx2.Client, safaricom: OddDaraja
) -> None:
    """C03, the seventh: 200 with another ResponseCode."""
    safaricom.answer = NO

    assert asks(merchant, "order-c03-no") == ("open", "failed")
