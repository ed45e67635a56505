"""A visitor buys: one form is one order is one payment, whatever the line does."""

from typing import TYPE_CHECKING

import httpx2
import pytest

from pokea.shop.app import create_app
from pokea.shop.settings import Settings

if TYPE_CHECKING:
    from tests.shop.conftest import Clock, FakeGateway, Visitor

pytestmark = pytest.mark.anyio


async def test_buying_sends_the_contracts_payment_and_the_visitor_to_the_checkout(
    visitor: "Visitor", gateway: "FakeGateway"
) -> None:
    reply = await visitor.buys(phone="0712 345 678")

    assert reply.status_code == 303
    assert reply.headers["location"] == "http://gateway.test/pay/tok1"
    body, _ = gateway.keys["order-1-v1"]
    assert body == {
        "amount": "1250.00",
        "currency": "KES",
        "method": "stk_push",
        "phone": "0712 345 678",
        "account_reference": "ORDER-1",
        "reference": "order-1",
        "description": "Order 1",
        "return_url": "http://shop.test/orders/1",
        "metadata": {"order_id": "1", "placed_at": "2026-11-24T08:00:00+00:00"},
    }


async def test_the_same_form_twice_is_one_order(
    visitor: "Visitor", gateway: "FakeGateway"
) -> None:
    first = await visitor.buys(form="form-1")
    second = await visitor.buys(form="form-1")

    assert first.headers["location"] == second.headers["location"]
    assert len(gateway.payments) == 1
    assert "Order 2" not in await visitor.sees("/orders")


async def test_a_phone_that_is_refused_is_said_at_the_field_and_may_be_corrected(
    visitor: "Visitor", gateway: "FakeGateway"
) -> None:
    reply = await visitor.buys(phone="my phone", form="form-1")

    assert reply.status_code == 422
    assert "does not look like a Kenyan mobile number" in reply.text
    assert 'value="my phone"' in reply.text
    assert 'value="form-1"' in reply.text

    corrected = await visitor.buys(phone="+254 712 345678", form="form-1")

    assert corrected.status_code == 303
    assert [body["phone"] for body, _ in gateway.keys.values()] == ["+254 712 345678"]


async def test_no_phone_is_asked_for_without_an_order(visitor: "Visitor") -> None:
    reply = await visitor.buys(phone="  ")

    assert reply.status_code == 422
    assert "Type the M-PESA number" in reply.text
    assert "No orders yet" in await visitor.sees("/orders")


async def test_more_than_mpesa_can_carry_is_said_politely(visitor: "Visitor") -> None:
    reply = await visitor.buys("pikipiki")

    assert reply.status_code == 422
    assert "at most KSh 250,000" in reply.text


async def test_a_gateway_that_is_down_costs_no_order(
    visitor: "Visitor", gateway: "FakeGateway"
) -> None:
    gateway.is_down = True
    reply = await visitor.buys()
    assert reply.headers["location"] == "/orders/1"
    assert "Your order is kept" in await visitor.sees("/orders/1")

    gateway.is_down = False
    again = await visitor.http.post("/orders/1/pay")

    assert again.headers["location"] == "http://gateway.test/pay/tok1"


async def test_an_answer_that_was_lost_does_not_open_a_second_payment(
    visitor: "Visitor", gateway: "FakeGateway"
) -> None:
    gateway.loses_answers = True
    await visitor.buys(phone="0712 345 678", form="form-1")

    gateway.loses_answers = False
    again = await visitor.buys(phone="0722 000 111", form="form-1")

    assert again.headers["location"] == "http://gateway.test/pay/tok1"
    assert len(gateway.payments) == 1


async def test_a_shop_that_lost_its_book_does_not_take_an_old_payment_for_a_new_order(
    visitor: "Visitor", gateway: "FakeGateway", settings: Settings, shop_clock: "Clock"
) -> None:
    await visitor.buys()
    gateway.pays("pay_1")
    settings.data_file.unlink()
    shop_clock.advance(60)
    shop = create_app(settings, transport=httpx2.ASGITransport(app=gateway.app), now=shop_clock)

    transport = httpx2.ASGITransport(app=shop)
    async with httpx2.AsyncClient(transport=transport, base_url="http://shop.test") as http:
        reply = await http.post("/goods/kiondo", data={"phone": "0712", "order": "form-2"})

        assert reply.status_code == 422
        assert "Paid" not in (await http.get("/orders")).text


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "http://evil.test"},
        {"origin": "null"},
    ],
)
async def test_a_form_on_another_site_buys_nothing(
    visitor: "Visitor", headers: dict[str, str]
) -> None:
    reply = await visitor.http.post(
        "/goods/chai", data={"phone": "0712345678", "order": "x"}, headers=headers
    )

    assert reply.status_code == 403
    assert "No orders yet" in await visitor.sees("/orders")


async def test_our_own_form_is_ours(visitor: "Visitor") -> None:
    reply = await visitor.http.post(
        "/goods/chai",
        data={"phone": "0712345678", "order": "x"},
        headers={"origin": "http://shop.test", "sec-fetch-site": "same-origin"},
    )

    assert reply.status_code == 303


async def test_what_a_visitor_types_is_never_markup(visitor: "Visitor") -> None:
    reply = await visitor.buys(phone='"><script>alert(1)</script>')

    assert "<script>alert" not in reply.text


async def test_a_body_that_is_too_large_is_not_read(visitor: "Visitor") -> None:
    reply = await visitor.http.post("/goods/chai", content=b"x" * 10_000)

    assert reply.status_code == 413


@pytest.mark.parametrize("path", ["/goods/gold", "/orders/7", "/nowhere"])
async def test_what_is_not_here_is_said_kindly(visitor: "Visitor", path: str) -> None:
    reply = await visitor.http.get(path)

    assert reply.status_code == 404
    assert "Pole sana" in reply.text


async def test_the_shelf_has_every_price_and_asks_no_other_host(visitor: "Visitor") -> None:
    shelf = await visitor.http.get("/")

    for price in ("KSh 250<", "KSh 1,250<", "KSh 80<", "KSh 285,000<"):
        assert price in shelf.text
    assert "http" not in shelf.text
    assert "default-src 'self'" in shelf.headers["content-security-policy"]


async def test_a_refused_order_keeps_its_reason_and_is_corrected_in_place(
    visitor: "Visitor", gateway: "FakeGateway"
) -> None:
    await visitor.buys("chai", phone="my phone", form="form-1")
    assert "does not look like a Kenyan mobile number" in await visitor.sees("/orders/1")

    again = await visitor.http.post("/orders/1/pay")

    assert again.status_code == 422
    assert 'value="form-1"' in again.text
    assert gateway.payments == {}
