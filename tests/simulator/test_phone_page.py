"""The simulated phone in a real browser."""

import base64
from collections.abc import Generator
from urllib.parse import urlsplit

import httpx2
import pytest
from playwright.sync_api import Browser, Page, Response, expect, sync_playwright

from pokea.simulator.live import LiveSimulator, live_simulator
from pokea.simulator.testing import stk_body

pytestmark = pytest.mark.browser
_CHROMIUM = "/usr/bin/chromium"
_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
]  # fmt: skip
_WANJIKU = "254712345678"


@pytest.fixture(scope="module")
def browser() -> Generator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=_CHROMIUM, args=_FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def running() -> Generator[LiveSimulator]:
    with live_simulator(seed=1) as simulator:
        yield simulator


@pytest.fixture
def page(browser: Browser, running: LiveSimulator) -> Generator[Page]:
    context = browser.new_context(viewport={"width": 360, "height": 640})
    opened = context.new_page()
    broken: list[str] = []
    opened.on("pageerror", lambda error: broken.append(str(error)))
    opened.on("console", lambda m: broken.append(m.text) if m.type == "error" else None)
    opened.goto(f"{running.phone}?msisdn={_WANJIKU}")
    expect(opened.get_by_role("radio", name="Wanjiku")).to_be_checked()
    yield opened
    context.close()
    assert broken == []


def _push(running: LiveSimulator, shillings: int = 1250, phone: str = _WANJIKU) -> str:
    given = running.credentials
    pair = f"{given['consumer_key']}:{given['consumer_secret']}".encode()
    with httpx2.Client(base_url=running.url, trust_env=False) as http:
        token = http.get(
            "/oauth/v1/generate?grant_type=client_credentials",
            headers={"Authorization": f"Basic {base64.b64encode(pair).decode()}"},
        ).json()["access_token"]
        ack = http.post(
            "/mpesa/stkpush/v1/processrequest",
            json=stk_body(phone, shillings),
            headers={"Authorization": f"Bearer {token}"},
        )
    return ack.json()["CheckoutRequestID"]


def _end(running: LiveSimulator, checkout_id: str) -> str:
    prompts = running.side("GET", "/prompts")
    return next(p["result_code"] for p in prompts if p["checkout_id"] == checkout_id)


def test_a_prompt_appears_by_itself_and_is_paid_by_keyboard(
    running: LiveSimulator, page: Page
) -> None:
    checkout_id = _push(running)

    expect(
        page.get_by_text("Do you want to pay KSh 1,250.00 to DUKA LA WANJIKU")
    ).to_be_visible()
    expect(page.get_by_label("M-PESA PIN")).to_be_focused()
    page.keyboard.type("1234")
    page.keyboard.press("Enter")

    expect(page.get_by_text("Confirmed. KSh1,250.00 paid to DUKA LA WANJIKU")).to_be_visible()
    assert _end(running, checkout_id) == "0"


def test_the_pin_pad_and_cancel(running: LiveSimulator, page: Page) -> None:
    wrong = _push(running)
    for _ in range(4):
        page.get_by_role("button", name="0", exact=True).click()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("You entered the wrong PIN")).to_be_visible()

    cancelled = _push(running)
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.get_by_text("You cancelled the request")).to_be_visible()

    assert (_end(running, wrong), _end(running, cancelled)) == ("2001", "1032")


def test_the_operator_chooses_the_next_action_and_answers_an_open_prompt(
    running: LiveSimulator, page: Page
) -> None:
    page.get_by_role("button", name="No money").click()
    expect(page.get_by_text("Next for Wanjiku: no money.")).to_be_visible()
    scripted = _push(running)
    expect(page.get_by_text("insufficient funds")).to_be_visible()

    answered = _push(running)
    expect(page.get_by_role("button", name="Send")).to_be_visible()
    page.get_by_role("button", name="Busy line").click()
    expect(page.get_by_role("button", name="Send")).to_be_hidden()

    assert (_end(running, scripted), _end(running, answered)) == ("1", "1001")


def test_a_phone_is_switched_off_and_on(running: LiveSimulator, page: Page) -> None:
    page.get_by_role("switch", name="Phone is on").uncheck()
    expect(page.get_by_text("Phone is off.")).to_be_visible()
    page.get_by_role("button", name="Switch on").click()

    expect(page.get_by_text("Phone is off.")).to_be_hidden()
    assert running.side("GET", f"/phones/{_WANJIKU}")["on"] is True


def test_several_phones_and_a_new_number(running: LiveSimulator, page: Page) -> None:
    _push(running, 10, "254722000111")
    page.get_by_role("radio", name="Otieno").check()
    expect(page.get_by_role("button", name="Send")).to_be_visible()

    page.get_by_label("Another number").fill("0799 123 456")
    page.get_by_role("button", name="Show", exact=True).click()

    expect(page.get_by_text("0799 123 456").first).to_be_visible()
    expect(page.get_by_role("button", name="Send")).to_be_hidden()


def test_paying_a_bill_by_hand(running: LiveSimulator, page: Page) -> None:
    page.get_by_text("Pay a bill or a shop").click()
    page.get_by_label("Account").fill("INV-7")
    page.get_by_label("Amount (KSh)").fill("300")
    page.get_by_role("button", name="Pay", exact=True).click()

    expect(page.get_by_text("Paid: U")).to_be_visible()
    movement = running.side("GET", "/truth")["movements"][0]
    assert (movement["reference"], movement["amount"]) == ("INV-7", "300.00")


def test_a_scenario_is_played_from_the_panel(running: LiveSimulator, page: Page) -> None:
    page.get_by_label("Scenario").select_option("callbacks_lost")
    page.get_by_role("button", name="Play").click()

    expect(page.get_by_text("1 fault rule is in force.")).to_be_visible()
    assert running.side("GET", "/faults")[0]["plan"]["callback"] == "drop"


def test_the_balance_shows_on_request(page: Page) -> None:
    page.get_by_role("button", name="Show balance").click()

    expect(page.get_by_role("button", name="KSh 5,000.00")).to_be_visible()


@pytest.mark.parametrize("width", [320, 360, 1280])
def test_nothing_scrolls_sideways(running: LiveSimulator, page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    _push(running)
    expect(page.get_by_role("button", name="Send")).to_be_visible()

    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_targets_are_large_enough_for_thumbs(running: LiveSimulator, page: Page) -> None:
    _push(running)
    expect(page.get_by_role("button", name="Send")).to_be_visible()

    heights = page.evaluate(
        "[...document.querySelectorAll('button')].filter(b => b.offsetParent)"
        ".map(b => b.getBoundingClientRect().height)"
    )
    assert round(min(heights)) >= 44


def test_the_page_is_light_and_asks_nobody_else(
    browser: Browser, running: LiveSimulator
) -> None:
    context = browser.new_context(color_scheme="dark", reduced_motion="reduce")
    page = context.new_page()
    seen: list[Response] = []
    page.on("response", lambda response: seen.append(response))  # noqa: PLW0108 Playwright marks it

    page.goto(running.phone)
    expect(page.get_by_text("SIMULATED · not Safaricom")).to_be_visible()

    files = [found for found in seen if "stream" not in found.url]
    assert sum(len(found.body()) for found in files) <= 30_000
    assert {urlsplit(found.url).netloc for found in seen} == {urlsplit(running.url).netloc}
    context.close()


def test_a_till_is_paid_by_keyboard_alone(running: LiveSimulator, page: Page) -> None:
    page.get_by_text("Pay a bill or a shop").focus()
    for key in ("Enter", "Tab", "ArrowRight", "Tab"):
        page.keyboard.press(key)
    page.keyboard.type("5123456")
    page.keyboard.press("Tab")
    page.keyboard.type("40")
    page.keyboard.press("Enter")

    expect(page.get_by_text("Paid: U")).to_be_visible()
    assert running.side("GET", "/truth")["movements"][0]["credit"] == "org:4123456:merchant"


_CONTROLS = """[...document.querySelectorAll("button, input, select, summary")]
  .filter(found => found.offsetParent && !(found.type === "radio" && !found.checked))"""


def test_every_control_is_reached_with_the_tab_key(running: LiveSimulator, page: Page) -> None:
    _push(running)
    expect(page.get_by_label("M-PESA PIN")).to_be_focused()
    page.evaluate("document.addEventListener('focusin', e => { e.target.dataset.met = '1' })")
    page.evaluate("document.activeElement.blur()")

    for _ in range(page.evaluate(f"{_CONTROLS}.length") + 5):
        page.keyboard.press("Tab")

    missed = page.evaluate(f"{_CONTROLS}.filter(found => !found.dataset.met).map(f => f.id)")
    assert missed == []


def test_the_operator_chooses_a_fault(running: LiveSimulator, page: Page) -> None:
    page.get_by_role("button", name="Callbacks lost").click()

    expect(page.get_by_text("1 fault rule is in force.")).to_be_visible()
    assert running.side("GET", "/faults")[0]["plan"]["callback"] == "drop"


def test_a_phone_speaks_kiswahili_when_its_owner_wants(
    running: LiveSimulator, page: Page
) -> None:
    page.get_by_role("switch", name="SMS in Kiswahili").check()
    expect(page.get_by_role("switch", name="SMS in Kiswahili")).to_be_checked()
    _push(running)
    page.get_by_role("button", name="Cancel", exact=True).click()

    expect(page.get_by_text("Umeghairi ombi.")).to_be_visible()
