"""Somebody knows a prompt's path: what they post there, from wherever, moves no money.

The gateway believes Safaricom's own addresses only, behind a proxy of ours; so the simulator
says where it calls from, and whoever does not is a stranger. After every test the books are
compared with the simulator's own list of what moved.
"""

from collections.abc import Iterator
from typing import Final

import pytest

from harness.callbacks import paid_body
from harness.moved import booked, lines_of, moved, prompted, told_of
from harness.time_travel import TimeMachine, a_town_in_time
from harness.town import Town
from harness.volley import Post, volley
from pokea.domain.attempt import Attempt

pytestmark = [pytest.mark.system, pytest.mark.slow]

SAFARICOM: Final = "196.201.214.200"
WARY: Final = {
    "POKEA_TRUSTED_PROXIES": "127.0.0.1/32",
    "POKEA_CALLBACK_ALLOWLIST": "196.201.214.0/24",
}
AT_ONCE: Final = 100
PAID: Final = [(1010, 1100, 15_000)]


@pytest.fixture(scope="module")
def wary(module_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TimeMachine]:
    """A town whose gateway believes one network, which the simulator calls from."""
    with a_town_in_time(module_url, tmp_path_factory.mktemp("town"), WARY) as made:
        switch = {"callback_source": SAFARICOM}
        made.town.safaricom.patch("/_sim/switches", json=switch).raise_for_status()
        yield made


@pytest.fixture
def balanced(wary: TimeMachine) -> Iterator[TimeMachine]:
    yield wary
    assert booked(wary.town) == moved(wary.town)


def posts(town: Town, attempt: Attempt, *bodies: bytes, source: str | None = None) -> None:
    """Callbacks on a prompt's path, a hundred at once; all are answered alike."""
    headers = {} if source is None else {"X-Forwarded-For": source}
    path = town.installation.path_of(attempt.id)
    made = [Post(path=path, body=body, headers=headers) for body in bodies]
    for start in range(0, len(made), AT_ONCE):
        replies = volley(town.url, made[start : start + AT_ONCE])
        assert {(one.status, one.body) for one in replies} == {
            (200, b'{"ResultCode":0,"ResultDesc":"Accepted"}')
        }


def genuine(town: Town, attempt: Attempt) -> bytes:
    """The callback that Safaricom sent on a prompt's path, byte by byte."""
    path = town.installation.path_of(attempt.id)
    sent = town.safaricom.get("/_sim/deliveries").json()
    (body,) = [one["body"] for one in sent if one["url"].endswith(path)]
    found: str = body
    return found.encode()


def test_a_thousand_perfect_bodies_from_a_stranger_settle_nothing(
    balanced: TimeMachine,
) -> None:
    """F03: a thousand receipts for a prompt that nobody paid."""
    town, phone = balanced.town, "254712530001"
    town.next_at(phone, action="wait")
    payment = town.asks(phone, key="order-f03", expires_in=3600)
    attempt, now = prompted(town, payment), balanced.ahead.now()

    bodies = [paid_body(attempt, now, receipt=f"UF03X2K{number:03d}") for number in range(1000)]
    posts(town, attempt, *bodies)
    balanced.passes(seconds=20)

    assert set(balanced.truth.became(attempt)) == {"quarantined"}
    assert balanced.truth.asked(attempt) >= 1
    assert town.shows(payment)["status"] == "processing"
    assert told_of(town, payment).count("security.callback_quarantined") == 1
    balanced.passes(minutes=20)
    assert town.shows(payment)["status"] == "open"
    assert lines_of(town, payment) == []


def test_what_a_stranger_told_of_money_that_did_come_is_settled_by_our_own_question(
    balanced: TimeMachine,
) -> None:
    """F04: really paid, and the only callback comes from an address that is not listed."""
    town, phone = balanced.town, "254712540001"
    town.next_at(phone, action="pay", callback="drop")
    payment = town.asks(phone, key="order-f04", expires_in=3600)
    balanced.passes(seconds=5)
    attempt, (prompt,) = prompted(town, payment), town.prompts_to(phone)

    posts(town, attempt, paid_body(attempt, balanced.ahead.now(), receipt=prompt["receipt"]))
    balanced.passes(seconds=20)
    assert set(balanced.truth.became(attempt)) == {"quarantined"}
    assert town.shows(payment)["status"] == "processing"
    balanced.passes(minutes=5)

    assert town.shows(payment)["status"] == "succeeded"
    assert lines_of(town, payment) == PAID


@pytest.mark.parametrize(
    ("amount", "phone", "early"),
    [("150.00", "254712550001", "agree"), ("50000.00", "254712550002", "paid")],
    ids=["any amount", "a large one, and a query that says paid too early"],
)
def test_a_stolen_path_used_from_safaricoms_own_network_settles_nothing(
    balanced: TimeMachine, amount: str, phone: str, early: str
) -> None:
    """F05: right path, right address, perfect body, and nobody paid."""
    town = balanced.town
    town.next_at(phone, action="wait")
    with town.trouble(product="stk_query", phone=phone, query=early):
        payment = town.asks(phone, key=f"order-f05-{early}", amount=amount, expires_in=3600)
        attempt = prompted(town, payment)
        body = paid_body(attempt, balanced.ahead.now(), receipt="UF05X2K" + phone[-3:])
        posts(town, attempt, body, source=SAFARICOM)
        balanced.passes(seconds=50)
        assert town.shows(payment)["status"] == "processing"
    balanced.passes(minutes=20)

    shown = town.shows(payment)
    assert (shown["status"], shown["status_reason"]) == ("requires_review", "contested_query")
    assert shown["amount_received"] == "0.00"
    assert "payment.requires_review" in told_of(town, payment)
    assert lines_of(town, payment) == []


@pytest.mark.parametrize("later", [{"hours": 1}, {"days": 30}], ids=["an hour", "30 days"])
def test_a_genuine_callback_that_is_played_again_has_no_effect(
    balanced: TimeMachine, later: dict[str, float]
) -> None:
    """F08: recorded, and posted again, from anywhere, long after."""
    town, phone = balanced.town, f"2547125800{len(moved(balanced.town)):02d}"
    town.next_at(phone, action="pay")
    payment = town.asks(phone, key=f"order-f08-{phone}")
    balanced.passes(seconds=10)
    attempt, paid = prompted(town, payment), town.shows(payment)
    assert paid["status"] == "succeeded"
    body = genuine(town, attempt)

    balanced.passes(**later)
    for source in (SAFARICOM, None):
        posts(town, attempt, *[body] * 10, source=source)
    balanced.passes(minutes=5)

    after = town.shows(payment)
    assert {**after, "sequence": 0} == {**paid, "sequence": 0}
    assert told_of(town, payment).count("payment.succeeded") == 1
    assert lines_of(town, payment) == PAID


def test_a_genuine_callback_on_another_prompts_path_has_no_effect(
    balanced: TimeMachine,
) -> None:
    """F09: what was said of one payment, posted to the path of another."""
    town, paying, waiting = balanced.town, "254712590001", "254712590002"
    town.next_at(paying, action="pay")
    first = town.asks(paying, key="order-f09-paid")
    balanced.passes(seconds=10)
    town.next_at(waiting, action="wait")
    second = town.asks(waiting, key="order-f09-waiting", expires_in=3600)
    body = genuine(town, prompted(town, first))

    posts(town, prompted(town, second), body, source=SAFARICOM)
    balanced.passes(seconds=20)

    assert set(balanced.truth.became(prompted(town, second))) == {"conflict"}
    assert [town.shows(one)["status"] for one in (first, second)] == ["succeeded", "processing"]
    assert told_of(town, second)[-1] == "security.callback_conflict"
    balanced.passes(minutes=20)
    assert (lines_of(town, first), lines_of(town, second)) == (PAID, [])
