"""One key, one payment, one prompt: over HTTP, with a simulated Safaricom that counts."""

from typing import Any

import httpx2
import pytest

from harness.installation import problem
from harness.town import Town
from harness.volley import Post, volley

pytestmark = pytest.mark.system

BODY = {"amount": "150.00", "phone": "254700000000", "reference": "order-7"}


def ask(town: Town, key: str, body: Any = None, **more: Any) -> httpx2.Response:
    """The merchant asks, with a key."""
    headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
    if isinstance(body, str):
        return town.merchant.post("/v1/payments", content=body, headers=headers)
    return town.merchant.post("/v1/payments", json=(body or BODY) | more, headers=headers)


def prompts(town: Town) -> int:
    """How often Safaricom was asked to prompt a phone."""
    return len(town.safaricom.get("/_sim/prompts").json())


def test_a_hundred_equal_requests_at_once_are_one_payment_and_one_prompt(town: Town) -> None:
    before = prompts(town)
    key = town.merchant.headers["authorization"]
    post = Post(
        path="/v1/payments",
        body=b'{"amount":"150.00","phone":"254700000000"}',
        headers={"Authorization": key, "Idempotency-Key": "order-storm-1"},
    )

    replies = volley(town.url, [post] * 100)

    ids = {reply.body.partition(b'"id":"')[2][:30] for reply in replies if reply.status == 201}
    assert {reply.status for reply in replies} <= {201, 409}
    assert len(ids) == 1
    assert prompts(town) == before + 1


def test_the_same_again_is_the_same_answer(town: Town) -> None:
    before = prompts(town)
    first = ask(town, "order-same-1")
    town.ends(first.json())

    again = ask(town, "order-same-1")

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()  # as it was then, not as it is now
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert prompts(town) == before + 1


def test_other_spacing_and_order_are_the_same_request(town: Town) -> None:
    first = ask(town, "order-spacing-1", '{"amount":"150.00","reference":"order-8"}')

    again = ask(town, "order-spacing-1", '{ "reference" : "order-8",\n"amount": "150.00" }')

    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"


@pytest.mark.parametrize(
    "change",
    [{"amount": "151.00"}, {"phone": "254700001032"}, {"metadata": {"a": "b"}}],
    ids=str,
)
def test_a_key_for_something_else_is_refused_and_names_the_first(
    town: Town, change: dict[str, Any]
) -> None:
    key = f"order-other-{next(iter(change))}"
    first = ask(town, key)
    before = prompts(town)

    other = ask(town, key, **change)

    assert other.status_code == 409
    assert problem(other)["code"] == "idempotency_key_reused"
    assert problem(other)["resource_id"] == first.json()["id"]
    assert prompts(town) == before


def test_a_refused_request_leaves_its_key_free(town: Town) -> None:
    refused = ask(town, "order-free-1", amount="10.50")
    assert refused.status_code == 422

    accepted = ask(town, "order-free-1")

    assert accepted.status_code == 201
    assert "idempotent-replayed" not in accepted.headers


def test_a_payment_is_found_by_its_key(town: Town) -> None:
    payment = ask(town, "order-found-1").json()

    listed = town.merchant.get("/v1/payments", params={"idempotency_key": "order-found-1"})

    assert [one["id"] for one in listed.json()["data"]] == [payment["id"]]


def test_payments_are_found_and_paged(town: Town) -> None:
    made = [ask(town, f"order-page-{n}", reference="paged").json()["id"] for n in range(3)]

    first = town.merchant.get("/v1/payments", params={"reference": "paged", "limit": 2}).json()
    rest = town.merchant.get(
        "/v1/payments",
        params={"reference": "paged", "limit": 2, "starting_after": first["next_cursor"]},
    ).json()

    assert (first["has_more"], rest["has_more"]) == (True, False)
    assert [one["id"] for one in first["data"] + rest["data"]] == made[::-1]
