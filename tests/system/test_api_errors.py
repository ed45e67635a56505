"""Bad requests: each a problem document with a stable code and a pointer, and nothing done."""

import json
from collections.abc import Iterator
from typing import Any, Final

import httpx2
import pytest

from harness.installation import Gateway, Installation, problem

pytestmark = pytest.mark.system

GOOD: Final[dict[str, Any]] = {"amount": "100.00", "reference": "order-1"}
LONG: Final = "x" * 501
LOST: Final = "pay_00000000000000000000000001"


@pytest.fixture(scope="module")
def running(
    module_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Installation, Gateway]]:
    """A gateway on each database; Safaricom is not needed to be refused."""
    installation = Installation(module_url, tmp_path_factory.mktemp("run"))
    assert installation.merchant
    with installation.serve() as gateway:
        yield installation, gateway


@pytest.fixture
def merchant(running: tuple[Installation, Gateway]) -> Iterator[httpx2.Client]:
    installation, gateway = running
    with gateway.calls(installation.merchant["api_key"]) as client:
        yield client


def create(merchant: httpx2.Client, body: str | bytes, **headers: str) -> httpx2.Response:
    given = {"Content-Type": "application/json", "Idempotency-Key": "order-10042-v1"}
    return merchant.post("/v1/payments", content=body, headers=given | headers)


def wholly(merchant: httpx2.Client, reply: httpx2.Response) -> dict[str, Any]:
    """The problem of a reply, which has every member, and has done nothing."""
    found = problem(reply)
    assert found["status"] == reply.status_code
    assert found["type"].endswith(found["code"])
    assert found["request_id"] == reply.headers["pokea-request-id"]
    assert found["instance"] == reply.request.url.path
    assert found["title"]
    assert found["detail"]
    assert "Traceback" not in reply.text
    assert merchant.get("/v1/payments").json()["data"] == []
    return found


# Field and value, or a whole change; the status is 422 for all: code, pointer.
FIELDS: Final = [
    ({"amount": 10.5}, "amount_must_not_be_float", "/amount"),
    ({"amount": 100.0}, "amount_must_not_be_float", "/amount"),
    ({"amount": "10.50"}, "amount_not_whole_shillings", None),
    ({"amount": 0}, "amount_below_minimum", None),
    ({"amount": "0.00"}, "amount_below_minimum", None),
    ({"amount": 250_001}, "amount_above_maximum", None),
    ({"amount": -5}, "invalid_field", "/amount"),
    ({"amount": "1e3"}, "invalid_field", "/amount"),
    ({"amount": "1,500"}, "invalid_field", "/amount"),
    ({"amount": "ten"}, "invalid_field", "/amount"),
    ({"amount": True}, "invalid_field", "/amount"),
    ({"amount": None}, "invalid_field", "/amount"),
    ({"amount": [100]}, "invalid_field", "/amount"),
    ({"amount": "9" * 40}, "invalid_field", "/amount"),
    ({"currency": "USD"}, "invalid_field", "/currency"),
    ({"method": "card"}, "invalid_field", "/method"),
    ({"phone": "0202222222"}, "invalid_phone", "/phone"),
    ({"phone": "0712"}, "invalid_phone", "/phone"),
    ({"phone": 254712345678}, "invalid_phone", "/phone"),
    ({"phone": "٠٧١٢٣٤٥٦٧٨"}, "invalid_phone", "/phone"),
    ({"account_reference": "thirteen-long"}, "invalid_field", "/account_reference"),
    ({"account_reference": "<script>"}, "invalid_field", "/account_reference"),
    ({"reference": ""}, "invalid_field", "/reference"),
    ({"reference": "a\u0000b"}, "invalid_field", "/reference"),
    ({"description": LONG}, "invalid_field", "/description"),
    ({"return_url": "javascript:alert(1)"}, "invalid_field", "/return_url"),
    ({"return_url": "https://"}, "invalid_field", "/return_url"),
    ({"expires_in": 59}, "invalid_field", "/expires_in"),
    ({"expires_in": "900"}, "invalid_field", "/expires_in"),
    ({"metadata": {"a b": "c"}}, "invalid_field", None),
    ({"metadata": {"a": 1}}, "invalid_field", "/metadata/a"),
    ({"metadata": {"a": LONG}}, "invalid_field", "/metadata/a"),
    ({"shortcode": "999999"}, "invalid_field", None),
    ({"amonut": "100.00"}, "unknown_parameter", "/amonut"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "code", "pointer"), FIELDS, ids=lambda part: str(part)[:40])
def test_a_bad_field_is_named(
    merchant: httpx2.Client, change: dict[str, Any], code: str, pointer: str | None
) -> None:
    reply = create(merchant, json.dumps(GOOD | change))

    found = wholly(merchant, reply)
    assert (reply.status_code, found["code"]) == (422, code)
    if pointer is None:
        assert found["param"] is None or "/" not in found["param"]
    else:
        assert [one["pointer"] for one in found["errors"]] == [pointer]


BODIES: Final[list[tuple[str | bytes, int, str]]] = [
    (b"", 422, "invalid_field"),
    ("{", 400, "malformed_json"),
    ('{"amount": 1,}', 400, "malformed_json"),
    ('{"amount": 1} {"amount": 2}', 400, "malformed_json"),
    ('{"amount": 1, "amount": 2}', 400, "malformed_json"),
    ('{"amount": NaN}', 400, "malformed_json"),
    ('{"amount": Infinity}', 400, "malformed_json"),
    ("[" * 5000 + "]" * 5000, 400, "malformed_json"),
    ('{"amount": ' + "[" * 17 + "]" * 17 + "}", 400, "malformed_json"),
    (b"\xff\xfe{\x00}\x00", 400, "malformed_json"),
    (b'\xef\xbb\xbf{"amount": 1}', 400, "malformed_json"),
    ('{"amount": ' + "9" * 5000 + "}", 400, "malformed_json"),
    ("[]", 422, "invalid_field"),
    ("null", 422, "invalid_field"),
    ('"100"', 422, "invalid_field"),
    ('{"reference": "\\ud800", "amount": 1}', 422, "invalid_field"),
    ('{"amount": 1, "description": "' + "x" * (256 * 1024) + '"}', 413, "body_too_large"),
]


@pytest.mark.parametrize("number", range(len(BODIES)))
def test_a_bad_body_is_refused(merchant: httpx2.Client, number: int) -> None:
    body, status, code = BODIES[number]

    reply = create(merchant, body)

    assert (reply.status_code, wholly(merchant, reply)["code"]) == (status, code)


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Authorization": ""}, 401, "api_key_missing"),
        ({"Authorization": "Bearer"}, 401, "api_key_missing"),
        ({"Authorization": "Bearer sk_test_wrong"}, 401, "api_key_invalid"),
        ({"Authorization": "Basic !!!"}, 401, "api_key_missing"),
        ({"Content-Type": "text/plain"}, 415, "unsupported_media_type"),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415, "unsupported_media_type"),
        ({"Idempotency-Key": "short"}, 400, "idempotency_key_invalid"),
        ({"Idempotency-Key": "with a space"}, 400, "idempotency_key_invalid"),
        ({"Idempotency-Key": "x" * 256}, 400, "idempotency_key_invalid"),
    ],
    ids=lambda part: str(part)[:50],
)
def test_a_bad_header_is_refused(
    merchant: httpx2.Client, headers: dict[str, str], status: int, code: str
) -> None:
    reply = create(merchant, json.dumps(GOOD), **headers)

    assert (reply.status_code, wholly(merchant, reply)["code"]) == (status, code)
    assert ("www-authenticate" in reply.headers) is (status == 401)


def test_without_an_idempotency_key_no_money_is_asked_for(merchant: httpx2.Client) -> None:
    reply = merchant.post("/v1/payments", json=GOOD)

    assert (reply.status_code, wholly(merchant, reply)["code"]) == (
        400,
        "idempotency_key_required",
    )


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", f"/v1/payments/{LOST}", 404, "payment_not_found"),
        ("GET", "/v1/payments/../../etc/passwd", 404, "not_found"),
        ("GET", "/v1/payments/%00", 404, "payment_not_found"),
        ("POST", f"/v1/payments/{LOST}/cancel", 404, "payment_not_found"),
        ("POST", f"/v1/payments/{LOST}/attempts", 404, "payment_not_found"),
        ("GET", "/v1/nothing", 404, "not_found"),
        ("GET", "/pay/" + "ab" * 32, 404, "not_found"),
        ("GET", "/pay/short", 404, "not_found"),
        ("DELETE", "/v1/payments", 405, "method_not_allowed"),
        ("PUT", f"/v1/payments/{LOST}", 405, "method_not_allowed"),
        ("GET", "/v1/payments?limit=0", 422, "invalid_field"),
        ("GET", "/v1/payments?limit=101", 422, "invalid_field"),
        ("GET", "/v1/payments?limit=1&limit=2", 422, "invalid_field"),
        ("GET", "/v1/payments?statsu=open", 422, "unknown_parameter"),
        ("GET", "/v1/payments?status=paid", 422, "invalid_field"),
        ("GET", "/v1/payments?created[gte]=yesterday", 422, "invalid_field"),
        ("GET", "/v1/payments?created[gte]=2026-01-01T00:00:00", 422, "invalid_field"),
        ("GET", "/v1/payments?starting_after=1", 422, "invalid_field"),
        ("GET", "/v1/payments?phone=123", 422, "invalid_field"),
        ("GET", "/v1/payments?reference=%00", 422, "invalid_field"),
        ("GET", f"/v1/payments/{LOST}?wait=31", 422, "invalid_field"),
    ],
    ids=lambda part: str(part)[:60],
)
def test_a_bad_address_or_filter_is_refused(
    merchant: httpx2.Client, method: str, path: str, status: int, code: str
) -> None:
    headers = {"Content-Type": "application/json", "Idempotency-Key": "order-10042-v1"}

    reply = merchant.request(method, path, content=b"{}", headers=headers)

    assert (reply.status_code, problem(reply)["code"]) == (status, code)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "shop",
        "ftp://shop.example/x",
        "https://",
        "https://u:p@shop.example/x",
        "http://:80/",
    ],
)
def test_a_bad_webhook_url_is_refused(merchant: httpx2.Client, url: str) -> None:
    reply = merchant.post("/v1/webhook_endpoints", json={"url": url})

    assert reply.status_code == 422
    assert problem(reply)["code"] in {"webhook_url_invalid", "invalid_field"}


def test_a_body_without_a_declared_size_is_limited_too(merchant: httpx2.Client) -> None:
    def dripping() -> Iterator[bytes]:
        for _ in range(300):
            yield b"x" * 1024

    headers = {"Content-Type": "application/json", "Idempotency-Key": "order-10042-v1"}
    reply = merchant.post("/v1/payments", content=dripping(), headers=headers)

    assert (reply.status_code, wholly(merchant, reply)["code"]) == (413, "body_too_large")


def test_health_is_told_without_a_key(running: tuple[Installation, Gateway]) -> None:
    _, gateway = running
    with gateway.calls() as stranger:
        assert stranger.get("/livez").status_code == 200
        ready = stranger.get("/readyz")
        assert "pokea_callbacks_total" in stranger.get("/metrics").text

    assert ready.json()["status"] == "ready"
    assert set(ready.json()["checks"].values()) == {True}
