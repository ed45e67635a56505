"""The whole purchase, as a person makes it: shop, checkout and phone in a real browser."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from harness.ports import free_row

pytestmark = [pytest.mark.browser, pytest.mark.system]

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 20_000

ENDINGS = {
    "cancel": "You cancelled the payment",
    "wrong_pin": "Wrong PIN",
    "no_money": "Not enough money in M-PESA",
    "off": "We could not reach that phone",
    "ignore": "The prompt expired",
}
"""What the customer does, and the checkout's sentence for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """Everything that `pokea demo` starts."""

    shop: str
    phone: str
    simulator: str
    gateway: str
    api_key: str

    def says(self, path: str, **what: object) -> None:
        """Use the simulator's side door."""
        url = f"{self.simulator}/_sim/{path}"
        httpx2.post(url, json=what, trust_env=False).raise_for_status()


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Generator[Town]:
    folder: Path = tmp_path_factory.mktemp("town")
    command = [sys.executable, "-m", "pokea.cli", "demo", "--json", "--no-browser"]
    command += ["--port", str(free_row(3)), "--data-dir", str(folder)]
    demo = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert demo.stdout is not None
    told = json.loads(demo.stdout.readline())
    yield Town(**{name: told[name] for name in Town.__slots__})
    demo.send_signal(signal.SIGINT)
    try:
        assert demo.wait(20) == 0
    finally:
        demo.stdout.close()
        if demo.poll() is None:
            os.killpg(demo.pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def browser() -> Generator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Generator[Page]:
    context = browser.new_context(viewport={"width": 360, "height": 740}, locale="en-KE")
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


def buy(page: Page, town: Town, phone: str) -> str:
    """Buy the basket; returns the order's own page."""
    page.goto(f"{town.shop}/goods/kiondo")
    page.get_by_label("M-PESA phone number").fill(phone)
    page.get_by_role("button", name="Pay KSh 1,250").click()
    page.wait_for_url("**/pay/**")
    newest = httpx2.get(f"{town.shop}/orders", trust_env=False).text
    number = newest.partition('href="/orders/')[2].partition('"')[0]
    return f"{town.shop}/orders/{number}"


def pay_on_the_phone(page: Page, town: Town, msisdn: str, pin: str = "1234") -> None:
    """Type a PIN on the simulated phone, in another tab."""
    phone = page.context.new_page()
    phone.goto(f"{town.phone}?msisdn={msisdn}")
    phone.get_by_label("M-PESA PIN").fill(pin)
    phone.get_by_role("button", name="Send", exact=True).click()
    phone.close()


def sees(page: Page, heading: str) -> None:
    expect(page.get_by_role("heading", name=heading)).to_be_visible(timeout=PATIENCE_MS)


def test_a_purchase_turns_checkout_and_order_paid_without_a_reload(
    page: Page, town: Town
) -> None:
    order_page = buy(page, town, "0712 345 678")
    order = page.context.new_page()
    order.goto(order_page)
    page.evaluate("window.neverReloaded = true")
    order.evaluate("window.neverReloaded = true")
    sees(page, "Check your phone")

    pay_on_the_phone(page, town, "254712345678")

    sees(page, "Paid. Thank you!")
    receipt = page.locator("dd.code").inner_text()
    expect(order.get_by_text("Your order is paid")).to_be_visible(timeout=PATIENCE_MS)
    expect(order.get_by_text(receipt)).to_be_visible()
    assert page.evaluate("window.neverReloaded") is True
    assert order.evaluate("window.neverReloaded") is True


@pytest.mark.parametrize("spelling", ["+254 722 000 111", "254-722-000-111", "0722000111"])
def test_any_spelling_of_the_number_gets_the_prompt(
    page: Page, town: Town, spelling: str
) -> None:
    town.says("phones/254722000111/next", action="cancel")

    buy(page, town, spelling)

    sees(page, ENDINGS["cancel"])


@pytest.mark.parametrize("number", range(len(ENDINGS)), ids=list(ENDINGS))
def test_each_ending_has_its_own_sentence_and_the_same_order_can_be_paid_again(
    page: Page, town: Town, number: int
) -> None:
    action, sentence = list(ENDINGS.items())[number]
    msisdn = f"25471100000{number}"
    town.says(f"phones/{msisdn}/next", action=action)

    order = buy(page, town, msisdn)
    if action == "ignore":
        sees(page, "Check your phone")
        town.says("clock/advance", seconds=70)
    sees(page, sentence)
    page.get_by_role("button", name="Send prompt again").click()
    sees(page, "Check your phone")
    pay_on_the_phone(page, town, msisdn)

    sees(page, "Paid. Thank you!")
    page.goto(order)
    expect(page.get_by_text("Your order is paid")).to_be_visible(timeout=PATIENCE_MS)


def test_a_wrong_number_is_said_at_the_field_and_keeps_what_was_typed(
    page: Page, town: Town
) -> None:
    page.goto(f"{town.shop}/goods/kiondo")
    page.get_by_label("M-PESA phone number").fill("0202222222")
    page.get_by_role("button", name="Pay KSh 1,250").click()

    expect(page.get_by_label("M-PESA phone number")).to_have_value("0202222222")
    assert "/pay/" not in page.url


def test_the_checkout_speaks_kiswahili(page: Page, town: Town) -> None:
    town.says("phones/254722000111/next", action="cancel")
    buy(page, town, "0722000111")
    sees(page, ENDINGS["cancel"])

    page.get_by_role("link", name="Kiswahili").click()

    sees(page, "Umeghairi malipo")
