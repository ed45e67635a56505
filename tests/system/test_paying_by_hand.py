"""A prompt that failed does not end a sale: the customer pays at M-PESA's menu instead."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from harness.processes import eventually, run_to_end
from harness.town import Town

pytestmark = [pytest.mark.browser, pytest.mark.system]

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WANJIKU = "254712345678"
PATIENCE_MS = 20_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 360, "height": 740})
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def announced(town: Town) -> Town:
    """A town whose shortcode has told Safaricom where to announce money paid by hand."""
    installation = town.installation
    told = run_to_end(["register-urls"], installation.environment, installation.folder)
    assert told.returncode == 0, told.stderr
    return town


def declined(town: Town, key: str) -> dict[str, Any]:
    """A payment whose customer cancels the prompt."""
    town.safaricom.post(f"/_sim/phones/{WANJIKU}/next", json={"action": "cancel"})
    payment = town.ends(town.asks(WANJIKU, key=key))
    assert payment["latest_attempt"]["failure"]["code"] == "customer_cancelled"
    return payment


def pays_by_hand(town: Town, entered: dict[str, str]) -> None:
    """The customer does what the page says, letter by letter."""
    paid = town.safaricom.post("/_sim/c2b", json={"msisdn": WANJIKU} | entered)
    assert paid.status_code == 200, paid.text


def read_steps(page: Page) -> dict[str, str]:
    """What the page asks to be entered, in the order of the menu."""
    shortcode, account, amount = page.locator(".other .code").all_inner_texts()
    return {"shortcode": shortcode, "account": account, "amount": amount}


def sees(page: Page, heading: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(heading, timeout=PATIENCE_MS)


def test_a_customer_who_cancelled_pays_by_hand_and_the_page_turns_paid(
    announced: Town, page: Page
) -> None:
    payment = declined(announced, "order-by-hand-1")
    page.goto(payment["checkout_url"])
    sees(page, "You cancelled the payment")
    expect(page.get_by_text("Choose Pay Bill")).to_be_visible()
    page.evaluate("window.sameDocument = true")

    pays_by_hand(announced, read_steps(page))

    sees(page, "Paid. Thank you!")
    assert page.evaluate("window.sameDocument")
    paid = announced.ends(payment)
    assert (paid["status"], paid["amount_received"]) == ("succeeded", "150.00")
    assert paid["receipt"] in page.inner_text("main")


def test_without_a_script_and_in_kiswahili_it_is_the_same(
    announced: Town, browser: Browser
) -> None:
    payment = declined(announced, "order-by-hand-2")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{payment['checkout_url']}?lang=sw")
    expect(page.get_by_text("Chagua Pay Bill")).to_be_visible()

    pays_by_hand(announced, read_steps(page))

    eventually(lambda: announced.ends(payment)["status"] == "succeeded")
    page.reload()
    sees(page, "Umelipa. Asante!")
    context.close()


def test_the_account_number_may_be_typed_as_people_type(announced: Town) -> None:
    payment = announced.asks(None, key="order-by-hand-3", reference="order without a number")
    by_hand = payment["instructions"]["paybill"]
    typed = by_hand["account_number"].lower()

    pays_by_hand(
        announced,
        {
            "shortcode": by_hand["business_number"],
            "account": f"{typed[:4]} {typed[4:]}",
            "amount": by_hand["amount"],
        },
    )

    shown = eventually(lambda: paid(announced, payment))
    assert shown["instructions"] is None


def paid(town: Town, payment: dict[str, Any]) -> dict[str, Any] | None:
    """The payment, once it is paid."""
    found: dict[str, Any] = town.merchant.get(f"/v1/payments/{payment['id']}").json()
    return found if found["status"] == "succeeded" else None
