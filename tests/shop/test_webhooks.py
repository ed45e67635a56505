"""The shop's webhook: what is truly signed counts once; nothing else counts at all."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.shop.conftest import FakeGateway, Visitor

from tests.shop.conftest import Event

pytestmark = pytest.mark.anyio

OTHER_SECRET = "whsec_" + "B" * 43 + "="


async def status(visitor: "Visitor") -> str:
    """The order's state from the list, which asks nobody."""
    page = await visitor.sees("/orders")
    return page.split('<span class="state')[1].split(">")[1].split("<")[0]


def paid(gateway: "FakeGateway", event_id: str = "evt_1", **changes: Any) -> Event:
    payment = gateway.payments["pay_1"] | {
        "status": "succeeded",
        "receipt": "TKQ4XM81ZP",
        "sequence": 3,
    }
    return Event(event_id, "payment.succeeded", payment | changes)


async def test_a_signed_success_pays_the_order(
    visitor: "Visitor", gateway: "FakeGateway"
) -> None:
    await visitor.buys()

    assert await visitor.hears(paid(gateway)) == 204

    assert await status(visitor) == "Paid"
    assert "TKQ4XM81ZP" in await visitor.sees("/orders/1")


async def test_a_wrong_signature_touches_nothing(
    visitor: "Visitor", gateway: "FakeGateway"
) -> None:
    await visitor.buys()
    forged = paid(gateway)
    forged.secret = OTHER_SECRET

    assert await visitor.hears(forged) == 401

    assert await status(visitor) == "Waiting for the phone"


@pytest.mark.parametrize("age", [timedelta(seconds=310), timedelta(seconds=-310)])
async def test_a_signature_of_another_hour_touches_nothing(
    visitor: "Visitor", gateway: "FakeGateway", age: timedelta
) -> None:
    await visitor.buys()
    old = paid(gateway)
    old.age = age

    assert await visitor.hears(old) == 401
    assert await status(visitor) == "Waiting for the phone"


@pytest.mark.parametrize(
    "spoilt",
    [
        {"webhook-signature": "nonsense"},
        {"webhook-signature": "v1,%%%"},
        {"webhook-signature": ""},
        {"webhook-timestamp": "yesterday"},
        {"webhook-id": "evt_2"},
    ],
)
async def test_spoilt_headers_touch_nothing(
    visitor: "Visitor", gateway: "FakeGateway", spoilt: dict[str, str]
) -> None:
    await visitor.buys()
    event = paid(gateway)

    reply = await visitor.http.post(
        "/webhooks/pokea", content=event.body, headers=event.headers | spoilt
    )

    assert reply.status_code == 401
    assert await status(visitor) == "Waiting for the phone"


async def test_one_changed_byte_touches_nothing(
    visitor: "Visitor", gateway: "FakeGateway"
) -> None:
    await visitor.buys()
    event = paid(gateway)

    body = event.body.replace(b"1250.00", b"9250.00")
    reply = await visitor.http.post("/webhooks/pokea", content=body, headers=event.headers)

    assert reply.status_code == 401


async def test_the_same_delivery_twice_has_one_effect(
    visitor: "Visitor", gateway: "FakeGateway"
) -> None:
    await visitor.buys()
    await visitor.hears(paid(gateway, receipt="TKQ4XM81ZP"))

    assert await visitor.hears(paid(gateway, receipt="SECOND0000")) == 204

    page = await visitor.sees("/orders/1")
    assert "TKQ4XM81ZP" in page
    assert "SECOND0000" not in page


async def test_older_news_after_newer_changes_nothing(
    visitor: "Visitor", gateway: "FakeGateway"
) -> None:
    await visitor.buys()
    gateway.fails("pay_1", "wrong_pin")
    newer = Event("evt_2", "payment.attempt_failed", dict(gateway.payments["pay_1"]))
    older = Event("evt_1", "payment.processing", newer.payment | {"sequence": 2, "status": "x"})

    await visitor.hears(newer)
    assert await visitor.hears(older) == 204

    assert await status(visitor) == "Not paid: try again"


async def test_a_paid_order_stays_paid(visitor: "Visitor", gateway: "FakeGateway") -> None:
    await visitor.buys()
    await visitor.hears(paid(gateway))
    expired = gateway.payments["pay_1"] | {"status": "expired", "sequence": 9}

    await visitor.hears(Event("evt_9", "payment.expired", expired))

    assert await status(visitor) == "Paid"


async def test_only_succeeded_says_paid(visitor: "Visitor", gateway: "FakeGateway") -> None:
    await visitor.buys()
    event = paid(gateway)
    event.type = "payment.duplicate_funds"

    assert await visitor.hears(event) == 204

    assert await status(visitor) == "Waiting for the phone"


async def test_another_amount_does_not_pay(visitor: "Visitor", gateway: "FakeGateway") -> None:
    await visitor.buys()

    await visitor.hears(paid(gateway, amount="1.00"))

    assert await status(visitor) == "Waiting for the phone"


async def test_a_payment_of_nobody_is_noted_and_answered_well(
    visitor: "Visitor", gateway: "FakeGateway"
) -> None:
    await visitor.buys()

    assert await visitor.hears(paid(gateway, id="pay_of_another")) == 204

    assert await status(visitor) == "Waiting for the phone"


@pytest.mark.parametrize("body", ["not json", "[]", '{"type": "payment.succeeded"}'])
async def test_a_signed_body_that_is_no_event_is_refused(visitor: "Visitor", body: str) -> None:
    assert await visitor.hears(Event("evt_1", "", {}, raw=body)) == 400


async def test_an_event_of_another_kind_is_welcome_and_ignored(visitor: "Visitor") -> None:
    assert await visitor.hears(Event("evt_1", "balance.low", {"sequence": 1})) == 204
