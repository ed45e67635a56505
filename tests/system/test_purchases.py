"""Whole purchases against the simulator: real pushes, real callbacks, real questions."""

from typing import Any

import pytest

from harness.installation import problem
from harness.processes import eventually
from harness.receiver import listening
from harness.town import Town

pytestmark = pytest.mark.system

PAYS = "254700000000"


def test_a_customer_who_pays_has_paid(town: Town) -> None:
    payment = town.asks(PAYS, key="order-paid-1", metadata={"order_id": "1"})
    assert payment["status"] == "processing"

    paid = town.ends(payment)

    assert paid["status"] == "succeeded"
    assert paid["amount_received"] == "150.00"
    assert paid["receipt_status"] == "verified"
    assert paid["corroboration"]["witnesses"] == ["stk_callback", "stk_query"]
    moved = town.safaricom.get("/_sim/truth").json()["movements"]
    assert [one["amount"] for one in moved if one["receipt"] == paid["receipt"]] == ["150.00"]


@pytest.mark.parametrize(
    ("phone", "code", "provider_code"),
    [
        ("254700001032", "customer_cancelled", "1032"),
        ("254700002001", "wrong_pin", "2001"),
        ("254700000001", "insufficient_funds", "1"),
        ("254700001037", "customer_unreachable", "1037"),
        ("254700001019", "customer_timeout", "1019"),
    ],
)
def test_a_customer_who_does_not_pay_can_try_again_on_the_same_payment(
    town: Town, phone: str, code: str, provider_code: str
) -> None:
    payment = town.asks(phone, key=f"order-retry-{provider_code}")

    failed = town.ends(payment, within_s=60)
    assert (failed["status"], failed["status_reason"]) == ("open", code)
    failure = failed["latest_attempt"]["failure"]
    assert (failure["code"], failure["provider"]["code"]) == (code, provider_code)
    again = town.prompts_again(payment, phone=PAYS)

    assert again.status_code == 201
    assert town.ends(payment)["status"] == "succeeded"


def test_a_callback_that_comes_twice_pays_once(town: Town) -> None:
    paid = town.ends(town.asks("254700090002", key="order-twice-1"))

    assert (paid["status"], paid["amount_received"]) == ("succeeded", "150.00")


def test_a_callback_quicker_than_the_answer_pays(town: Town) -> None:
    assert town.ends(town.asks("254700090006", key="order-quick-1"))["status"] == "succeeded"


def test_a_wrong_amount_is_for_a_person(town: Town) -> None:
    ended = town.ends(town.asks("254700090004", key="order-amount-1"))

    assert (ended["status"], ended["status_reason"]) == ("requires_review", "contested_amount")
    assert ended["amount_received"] == "0.00"


def test_a_query_that_denies_the_callback_is_for_a_person(town: Town) -> None:
    ended = town.ends(town.asks("254700090007", key="order-denied-1"))

    assert (ended["status"], ended["status_reason"]) == ("requires_review", "contested_query")


def test_a_revoked_token_is_renewed_and_the_customer_prompted_once(town: Town) -> None:
    paid = town.ends(town.asks("254700090009", key="order-token-1"))

    assert paid["status"] == "succeeded"


def test_an_html_answer_leaves_doubt_and_no_second_prompt(town: Town) -> None:
    payment = town.asks("254700090008", key="order-html-1")

    assert payment["status"] == "processing"
    assert payment["latest_attempt"]["status"] == "unknown"
    again = town.prompts_again(payment)
    assert again.status_code == 409
    assert problem(again)["code"] == "payment_in_flight"


def test_waiting_for_the_end_answers_when_it_comes(town: Town) -> None:
    payment = town.asks(PAYS, key="order-wait-1")

    waited = town.merchant.get(f"/v1/payments/{payment['id']}", params={"wait": 20}).json()

    assert waited["status"] == "succeeded"


@pytest.mark.prove
def test_a_callback_that_never_comes_is_resolved_by_asking(town: Town) -> None:
    payment = town.asks("254700090001", key="order-silent-1")

    paid = town.ends(payment, within_s=240)

    assert (paid["status"], paid["receipt_status"]) == ("succeeded", "pending")


# ── webhooks ─────────────────────────────────────────────────────────────────────────────


def register(town: Town, url: str) -> str:
    made = town.merchant.post("/v1/webhook_endpoints", json={"url": url})
    assert made.status_code == 201, made.text
    secret: str = made.json()["secret"]
    return secret


def test_a_merchant_is_told_everything_in_order_and_signed(town: Town) -> None:
    with listening() as shop:
        shop.secret = register(town, shop.url)
        payment = town.asks(PAYS, key="order-told-1")
        town.ends(payment)

        def told() -> list[Any]:
            heard = shop.of(payment["id"])
            return heard if len(heard) >= 3 else []

        heard = eventually(told)

    assert [one.event["type"] for one in heard] == [
        "payment.created",
        "payment.processing",
        "payment.succeeded",
    ]
    assert [one.event["sequence"] for one in heard] == [1, 2, 3]
    assert all(one.webhook_id == one.event["id"] for one in heard)
    assert all(len(one.body) < 20_000 for one in heard)
    assert b"254700000000" not in b"".join(one.body for one in heard)


def test_a_merchant_that_was_down_is_told_again(town: Town) -> None:
    with listening() as shop:
        shop.secret = register(town, shop.url)
        shop.answers = [503]
        opened = town.asks(None, key="order-down-1")

        def told() -> list[Any]:
            heard = shop.of(opened["id"])
            return heard if len(heard) == 2 else []

        first, second = eventually(told)

    assert (first.tries, second.tries) == (1, 2)
    assert first.webhook_id == second.webhook_id
    assert first.body == second.body


def test_a_url_is_registered_once_and_listed_without_its_secret(town: Town) -> None:
    url = "http://127.0.0.1:9/hooks/once"
    secret = register(town, url)

    again = town.merchant.post("/v1/webhook_endpoints", json={"url": url})
    listed = town.merchant.get("/v1/webhook_endpoints")

    assert (again.status_code, problem(again)["code"]) == (409, "webhook_endpoint_exists")
    assert url in {one["url"] for one in listed.json()["data"]}
    assert secret not in listed.text
