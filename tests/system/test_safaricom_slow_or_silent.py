"""Safaricom is slow, silent, or gives no tokens: payments wait, and nobody else does."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final

import httpx2
import pytest
from sqlalchemy import select

from harness.installation import Installation
from harness.odd_daraja import Odd, OddDaraja, odd_daraja
from harness.processes import eventually
from harness.time_travel import TimeMachine, a_town_in_time
from harness.town import Town
from harness.truth import Truth
from harness.volley import Post, volley
from pokea.store.tables import events

pytestmark = [pytest.mark.system, pytest.mark.slow]

BUDGET: Final = {"POKEA_QUERIES_PER_MINUTE": "120"}
ENDS: Final = ("payment.succeeded", "payment.attempt_failed")


# ── no callback ever comes (C04) ─────────────────────────────────────────────────────────


@pytest.fixture
def frugal(database_url: str, tmp_path: Path) -> Iterator[TimeMachine]:
    """A town that may ask Safaricom 120 times a minute, and whose time a test moves."""
    with a_town_in_time(database_url, tmp_path / "town", BUDGET) as made:
        yield made


@pytest.mark.parametrize(
    "payments", [pytest.param(20), pytest.param(200, marks=pytest.mark.prove)]
)
def test_without_any_callback_everybodys_payment_ends_as_it_really_did(
    frugal: TimeMachine, payments: int
) -> None:
    """C04: one payment every three seconds, half of them paid, and every callback lost."""
    town = frugal.town
    phones = [f"25471104{number:04d}" for number in range(payments)]
    asked: list[dict[str, Any]] = []
    with town.trouble(product="stk_push", callback="drop"):
        for number, phone in enumerate(phones):
            town.next_at(phone, action="cancel" if number % 2 else "pay")
            asked.append(town.asks(phone, key=f"order-{phone}", expires_in=3600))
            frugal.passes(seconds=3)
        frugal.passes(minutes=5)

    ended = [town.shows(payment) for payment in asked]
    assert [one["status"] for one in ended[::2]] == ["succeeded"] * (payments // 2)
    assert {(one["status"], one["status_reason"]) for one in ended[1::2]} == {
        ("open", "customer_cancelled")
    }
    took = sorted(times_to_the_end(frugal.truth, asked))
    assert took[int(0.95 * len(took))] <= timedelta(seconds=180)


def times_to_the_end(truth: Truth, asked: Sequence[dict[str, Any]]) -> list[timedelta]:
    """How long each payment took from being asked for to its end."""
    ended = select(events.c.object_id, events.c.at).where(events.c.type.in_(ENDS))
    at: dict[str, datetime] = dict(truth.rows(ended))
    return [at[one["id"]] - datetime.fromisoformat(one["created_at"]) for one in asked]


# ── every answer takes 25 seconds (C08) ──────────────────────────────────────────────────


def waits_for_others(town: Town, prompts: int) -> list[float]:
    """How long reading a payment takes while so many prompts wait for Safaricom."""
    opened = town.asks(None, key=f"order-c08-{prompts}")
    key = town.installation.merchant["api_key"]
    posts = [
        Post(
            path="/v1/payments",
            body=b'{"amount":100,"phone":"2547110800%02d"}' % number,
            headers={"Authorization": f"Bearer {key}", "Idempotency-Key": f"c08-{number:04d}"},
        )
        for number in range(prompts)
    ]
    took: list[float] = []
    with ThreadPoolExecutor(1) as beside, town.trouble(sync_delay_s=25):
        asked = beside.submit(volley, town.url, posts)
        sleep(1)
        while not asked.done():
            began = monotonic()
            town.shows(opened)
            took.append(monotonic() - began)
            sleep(0.05)
        assert {reply.status for reply in asked.result()} == {201}
    return took


def test_prompts_that_wait_for_safaricom_keep_nobody_else_waiting(town: Town) -> None:
    """C08: thirty prompts hang in Safaricom; whoever reads a payment is answered."""
    took = waits_for_others(town, 30)

    assert len(took) > 50
    assert max(took) < 5


@pytest.mark.prove
def test_reading_stays_quick_while_prompts_wait_for_safaricom(town: Town) -> None:
    """C08, timed: 99 of 100 reads within 300 ms."""
    took = sorted(waits_for_others(town, 60))

    assert took[int(0.99 * len(took))] <= 0.3


# ── no tokens (C10) ──────────────────────────────────────────────────────────────────────


@pytest.fixture
def safaricom() -> Iterator[OddDaraja]:
    with odd_daraja() as made:
        yield made


@pytest.fixture
def merchant(
    database_url: str, safaricom: OddDaraja, tmp_path: Path
) -> Iterator[httpx2.Client]:
    installation = Installation(database_url, tmp_path / "run", safaricom.url)
    key = installation.merchant["api_key"]
    with ExitStack() as running:
        gateway = running.enter_context(installation.serve())
        yield running.enter_context(gateway.calls(key))


@pytest.mark.parametrize("outage_s", [12, pytest.param(60, marks=pytest.mark.prove)])
def test_without_tokens_payments_wait_and_safaricom_is_not_stormed(
    merchant: httpx2.Client, safaricom: OddDaraja, outage_s: int
) -> None:
    """C10: no tokens for a while; five seconds after the first one all have been prompted."""
    good, safaricom.token = safaricom.token, Odd(status=503)
    began = monotonic()
    for number in range(20):
        asks_without_tokens(merchant, number)
        sleep(outage_s / 25)
    sleep(max(0, began + outage_s - monotonic()))
    asked_for_tokens = safaricom.tokens
    safaricom.token = good

    assert asked_for_tokens <= 10 * outage_s / 60 + 1
    assert safaricom.pushes == 0
    # The next request for a token is six seconds away at most, and then all are prompted.
    eventually(lambda: safaricom.pushes == 20, within_s=6 + 5)
    sleep(2)
    assert safaricom.pushes == 20


def asks_without_tokens(merchant: httpx2.Client, number: int) -> None:
    """A payment that is taken, and whose prompt waits."""
    body = {"amount": 100, "phone": f"2547111000{number:02d}"}
    keys = {"Idempotency-Key": f"order-c10-{number:02d}"}
    reply = merchant.post("/v1/payments", json=body, headers=keys)
    assert reply.status_code == 201, reply.text
    payment = reply.json()
    assert (payment["status"], payment["latest_attempt"]["status"]) == ("processing", "created")
