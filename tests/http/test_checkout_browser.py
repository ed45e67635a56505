"""The checkout page in a real browser, against a stage that plays the gateway's routes."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from typing_extensions import override

from pokea.daraja.values import AccountReference, Shortcode
from pokea.domain.instructions import Instructions
from pokea.http.checkout.page import headers, render, status_json
from pokea.http.checkout.view import CheckoutState, CheckoutView
from pokea.http.checkout.wording import pick_language

pytestmark = pytest.mark.browser

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PAYBILL = Instructions(
    business=Shortcode("400200"), account=AccountReference("K7QM2X9D"), parts=(250_000, 1)
)
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@dataclass
class Stage:
    """One payment whose view the test changes; `streaming` off is a proxy that cuts SSE."""

    view: CheckoutView
    base: str = ""
    streaming: bool = True
    posted: list[dict[str, list[str]]] = field(default_factory=list[dict[str, list[str]]])
    changed: Condition = field(default_factory=Condition)
    closed: bool = False

    def becomes(self, state: CheckoutState, **changes: Any) -> None:
        with self.changed:
            self.view = replace(
                self.view, state=state, sequence=self.view.sequence + 1, **changes
            )
            self.changed.notify_all()


def handler(stage: Stage) -> type[BaseHTTPRequestHandler]:
    class Routes(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            if url.path == "/shop":
                self.answer(b"<h1>The shop</h1>", {"Content-Type": "text/html"})
            elif url.path == "/pay/tok":
                language = pick_language(parse_qs(url.query).get("lang", [None])[0])
                self.answer(render(stage.view, language, "/pay/tok", NOW), headers())
            elif url.path == "/pay/tok/status":
                self.answer(status_json(stage.view, NOW), {"Content-Type": "application/json"})
            elif url.path == "/pay/tok/events" and stage.streaming:
                self.stream()
            else:
                self.send_error(404)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            stage.posted.append(parse_qs(body))
            soon = NOW + timedelta(seconds=60)
            stage.becomes(
                CheckoutState.WAITING, masked_phone="2547*****678", prompt_expires_at=soon
            )
            self.send_response(303)
            self.send_header("Location", self.path)
            self.end_headers()

        def answer(self, body: bytes, with_headers: dict[str, str]) -> None:
            self.send_response(200)
            for name, value in with_headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def stream(self) -> None:
            self.answer(b"", {"Content-Type": "text/event-stream"})
            said = b""
            while not stage.closed and stage.streaming:
                with stage.changed:
                    now = status_json(stage.view, NOW)
                    if now == said:
                        stage.changed.wait(timeout=1)
                        continue
                try:
                    self.wfile.write(b"data: " + now + b"\n\n")
                except OSError:
                    return
                said = now

        @override
        def log_message(self, format: str, *args: Any) -> None:
            """Keep the test's output to the tests."""

    return Routes


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def stage() -> Iterator[Stage]:
    view = CheckoutView(
        state=CheckoutState.FORM,
        amount="1250.00",
        merchant_name="Duka la Wanjiku",
        reference="ORDER-7",
        sequence=1,
    )
    stage = Stage(view)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(stage))
    server.daemon_threads = True
    stage.base = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield stage
    stage.closed = True
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 360, "height": 640})
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    context.close()
    assert problems == []


def heading(page: Page, words: str) -> None:
    # The page itself waits five seconds in two places; ten is more on any machine.
    expect(page.get_by_role("heading", level=1)).to_have_text(words, timeout=10_000)


def test_a_payer_pays_and_is_brought_back_without_a_reload(stage: Stage, page: Page) -> None:
    page.goto(f"{stage.base}/pay/tok?lang=en")
    page.get_by_label("M-PESA phone number").fill("0712 345 678")
    page.get_by_role("button", name="Send payment prompt").click()
    heading(page, "Check your phone")
    page.evaluate("window.sameDocument = true")

    stage.becomes(
        CheckoutState.PAID, receipt="TKQ4XM81ZP", return_url=f"{stage.base}/shop?from=pay"
    )

    heading(page, "Paid. Thank you!")
    assert page.evaluate("window.sameDocument")
    assert page.evaluate("document.activeElement.id") == "title"
    assert "TKQ4XM81ZP" in page.inner_text("main")
    heading(page, "The shop")
    assert stage.posted == [{"phone": ["0712 345 678"]}]


def test_the_way_back_can_be_stopped(stage: Stage, page: Page) -> None:
    stage.becomes(CheckoutState.PAID, return_url=f"{stage.base}/shop")
    page.goto(f"{stage.base}/pay/tok")

    page.get_by_role("button", name="Stay here").click()

    expect(page.locator("#going")).to_have_count(0)
    heading(page, "Paid. Thank you!")


def test_a_cut_stream_is_replaced_by_asking(stage: Stage, page: Page) -> None:
    stage.streaming = False
    stage.becomes(CheckoutState.WAITING, masked_phone="2547*****678")
    page.goto(f"{stage.base}/pay/tok?lang=sw")
    heading(page, "Angalia simu yako")

    stage.becomes(CheckoutState.CANCELLED)

    heading(page, "Umeghairi malipo")


def test_sending_again_is_one_press_for_the_same_number(stage: Stage, page: Page) -> None:
    stage.becomes(CheckoutState.WRONG_PIN, masked_phone="2547*****678")
    page.goto(f"{stage.base}/pay/tok")

    page.get_by_role("button", name="Send prompt again").click()

    heading(page, "Check your phone")
    assert stage.posted == [{"again": ["1"]}]


def test_a_busy_phone_rests_before_the_next_prompt(stage: Stage, page: Page) -> None:
    stage.becomes(CheckoutState.BUSY, masked_phone="2547*****678")
    page.clock.install()
    page.goto(f"{stage.base}/pay/tok")
    again = page.get_by_role("button", name="Send prompt again")
    expect(again).to_be_disabled()

    page.clock.fast_forward("01:01")

    expect(again).to_be_enabled()


def test_being_offline_is_said_and_ends_by_itself(stage: Stage, page: Page) -> None:
    stage.becomes(CheckoutState.WAITING, masked_phone="2547*****678")
    page.goto(f"{stage.base}/pay/tok")
    expect(page.get_by_text("You are offline")).to_be_hidden()

    page.context.set_offline(offline=True)
    expect(page.get_by_text("You are offline")).to_be_visible()
    stage.becomes(CheckoutState.CONFIRMING)
    page.context.set_offline(offline=False)

    expect(page.get_by_text("You are offline")).to_be_hidden()
    heading(page, "Confirming your payment")


def test_without_a_script_the_form_works_and_the_page_asks_again(
    stage: Stage, browser: Browser
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{stage.base}/pay/tok?lang=en")

    page.get_by_label("M-PESA phone number").fill("0712345678")
    page.get_by_role("button", name="Send payment prompt").click()
    heading(page, "Check your phone")
    stage.becomes(CheckoutState.PAID, receipt="TKQ4XM81ZP")

    heading(page, "Paid. Thank you!")
    context.close()


@pytest.mark.parametrize("state", CheckoutState)
def test_every_state_fits_a_small_phone_and_a_thumb(
    stage: Stage, page: Page, state: CheckoutState
) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    long = "Duka la Wanjiku na Wanawe, Mtaa wa Biashara"
    stage.becomes(state, merchant_name=long, masked_phone="2547*****678", by_hand=PAYBILL)

    page.goto(f"{stage.base}/pay/tok?lang=sw")

    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    small = page.evaluate(
        """[...document.querySelectorAll("a, button, summary, input:not([type=hidden])")]
        .filter((element) => element.checkVisibility())
        .filter((element) => element.getBoundingClientRect().height < 44)
        .map((element) => element.outerHTML)"""
    )
    assert small == []
    assert json.loads(page.get_attribute("main", "data-status") or "")["state"] == state
