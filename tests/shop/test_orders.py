"""An order's page: paid by the event or by asking, never by coming back."""

from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest

from pokea.shop.app import create_app
from pokea.shop.settings import Settings, read_settings

if TYPE_CHECKING:
    from tests.shop.conftest import Clock, FakeGateway, Visitor

pytestmark = pytest.mark.anyio


async def test_coming_back_is_not_paying(visitor: "Visitor") -> None:
    await visitor.buys()

    page = await visitor.sees("/orders/1?session=chk_1&status=paid")

    assert "Waiting for the phone" in page
    assert 'href="http://gateway.test/pay/tok1"' in page


async def test_a_lost_webhook_is_healed_by_asking(
    visitor: "Visitor", gateway: "FakeGateway"
) -> None:
    await visitor.buys()
    gateway.pays("pay_1")

    page = await visitor.sees("/orders/1")

    assert "Your order is paid" in page
    assert "TKQ4XM81ZP" in page


async def test_a_page_that_is_watched_does_not_flood_the_gateway(
    visitor: "Visitor", gateway: "FakeGateway", shop_clock: "Clock"
) -> None:
    await visitor.buys()

    for _ in range(10):
        await visitor.sees("/orders/1/status")
    assert gateway.asked == 1

    shop_clock.advance(5)
    gateway.pays("pay_1")
    status = (await visitor.http.get("/orders/1/status")).json()
    assert (status["paid"], status["receipt"]) == (True, "TKQ4XM81ZP")
    assert gateway.asked == 2


async def test_a_gateway_that_is_down_leaves_the_page_as_it_was(
    visitor: "Visitor", gateway: "FakeGateway"
) -> None:
    await visitor.buys()
    gateway.is_down = True

    assert "Waiting for the phone" in await visitor.sees("/orders/1")


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("customer_cancelled", "The prompt was cancelled on the phone."),
        ("wrong_pin", "The M-PESA PIN was not right."),
        ("insufficient_funds", "There was not enough money in M-PESA."),
        ("customer_timeout", "The prompt was not answered in time."),
        ("customer_unreachable", "The phone could not be reached."),
        ("next_years_code", "M-PESA did not complete it."),
    ],
)
async def test_a_failed_attempt_can_be_tried_again_at_the_same_checkout(
    visitor: "Visitor", gateway: "FakeGateway", code: str, sentence: str
) -> None:
    await visitor.buys()
    gateway.fails("pay_1", code)

    page = await visitor.sees("/orders/1")

    assert sentence in page
    assert '<a class="button" href="http://gateway.test/pay/tok1">Try again</a>' in page


async def test_yesterdays_orders_are_still_there(
    visitor: "Visitor", gateway: "FakeGateway", settings: Settings, shop_clock: "Clock"
) -> None:
    await visitor.buys("chai")
    gateway.pays("pay_1")
    await visitor.sees("/orders/1")

    shop_clock.advance(86_400)
    tomorrow = httpx2.ASGITransport(app=create_app(settings, now=shop_clock))
    async with httpx2.AsyncClient(transport=tomorrow, base_url="http://shop.test") as http:
        page = (await http.get("/orders")).text

    assert "Order 1 · Chai na mandazi" in page
    assert "24 Nov 2026, 11:00" in page
    assert "Paid" in page


def test_settings_come_from_flags_and_secrets_from_the_environment() -> None:
    secrets = {"SHOP_API_KEY": "sk_test_1", "SHOP_WEBHOOK_SECRET": "whsec_1"}

    settings = read_settings(
        ["--port", "5003", "--gateway", "http://g.test/", "--data-file", "x/shop.db"], secrets
    )

    assert settings.url == "http://127.0.0.1:5003"
    assert settings.gateway == "http://g.test"
    assert settings.data_file == Path("x/shop.db")


def test_a_missing_secret_ends_in_a_sentence() -> None:
    with pytest.raises(SystemExit, match="SHOP_API_KEY"):
        read_settings([], {})
