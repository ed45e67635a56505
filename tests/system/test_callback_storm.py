"""Copies of one callback, at the same moment or for a while, have one effect."""

import json
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any, Final

import pytest
from sqlalchemy import func, select

from harness.callbacks import paid_body
from harness.installation import CLOCK, Gateway, Installation, waiting_attempts
from harness.truth import Truth
from harness.volley import Post, Reply, stream, volley
from pokea.domain.attempt import Attempt
from pokea.store.tables import inbox

pytestmark = pytest.mark.system

ACCEPTED: Final = b'{"ResultCode":0,"ResultDesc":"Accepted"}'
COPIES: Final = 1000


def test_a_hundred_copies_at_once_are_a_hundred_times_200_and_one_effect(
    installation: Installation, fast_gateway: Gateway
) -> None:
    """A01: a hundred connections, and the last bytes of all requests at the same moment."""
    (attempt,) = waiting_attempts(installation, 1)
    post = Post(path=installation.path_of(attempt.id), body=paid_body(attempt, CLOCK.now()))

    replies = volley(fast_gateway.url, [post] * 100)

    assert [reply.status for reply in replies] == [200] * 100
    assert {reply.body for reply in replies} == {ACCEPTED}
    with Truth(installation) as truth:
        assert truth.effects(attempt) == (1, 1)
        assert truth.column(inbox.c.seen) == [100]
        assert truth.column(inbox.c.state) == ["applied"]


@pytest.mark.slow
@pytest.mark.parametrize("for_s", [5, pytest.param(60, marks=pytest.mark.prove)])
def test_a_thousand_copies_among_other_requests_are_counted_and_have_one_effect(
    installation: Installation, for_s: int
) -> None:
    """A02: a thousand copies, while the merchant reads its payments."""
    installation.settings["POKEA_CORROBORATION"] = "fast"
    key = installation.merchant["api_key"]
    (attempt,) = waiting_attempts(installation, 1)
    post = Post(path=installation.path_of(attempt.id), body=paid_body(attempt, CLOCK.now()))

    with installation.serve() as gateway, reading(gateway, key) as read:
        replies = stream(gateway.url, [post] * COPIES, per_s=COPIES / for_s)

    assert statuses(replies) == {200}
    assert set(read) == {200}
    assert len(read) > 10
    with Truth(installation) as truth:
        assert truth.effects(attempt) == (1, 1)
        assert truth.column(inbox.c.seen) == [COPIES]


@contextmanager
def reading(gateway: Gateway, key: str) -> Generator[list[int]]:
    """Somebody reads payments while this lasts; the answers' statuses."""
    enough, read = Event(), list[int]()

    def read_on() -> None:
        with gateway.calls(key) as merchant:
            while not enough.wait(0.05):
                read.append(merchant.get("/v1/payments").status_code)

    with ThreadPoolExecutor(1) as beside:
        reader = beside.submit(read_on)
        try:
            yield read
        finally:
            enough.set()
            reader.result()


def test_twenty_spellings_of_one_callback_have_one_effect(
    installation: Installation, fast_gateway: Gateway
) -> None:
    """A03: other spaces, orders and types, the same meaning; the first counts."""
    (attempt,) = waiting_attempts(installation, 1)
    bodies = spellings(paid_body(attempt, CLOCK.now()))
    assert len(set(bodies)) == 20

    path = installation.path_of(attempt.id)
    replies = volley(fast_gateway.url, [Post(path=path, body=body) for body in bodies])

    assert statuses(replies) == {200}
    with Truth(installation) as truth:
        assert truth.effects(attempt) == (1, 1)
        assert sorted(truth.column(inbox.c.state)) == ["applied"] + ["duplicate"] * 19


def spellings(body: bytes) -> list[bytes]:
    """Twenty ways to write one callback."""
    found: list[bytes] = []
    for code in (0, "0"):
        for amount in ("100.0", "100.00", "100", '"100.00"', '"100"'):
            said: dict[str, Any] = json.loads(body)
            callback = said["Body"]["stkCallback"]
            callback["ResultCode"] = code
            turned = dict(reversed(callback.items()))
            for members in (callback, turned):
                text = json.dumps({"Body": {"stkCallback": members}})
                found.append(text.replace('"Value": 100.0', f'"Value": {amount}').encode())
    return found


def test_copies_to_two_gateways_on_one_database_have_one_effect(
    postgresql_url: str, tmp_path: Path
) -> None:
    """A06: two processes, and copies to both of them."""
    fast = {"POKEA_CORROBORATION": "fast"}
    installation = Installation(postgresql_url, tmp_path / "run", settings=fast)
    attempts = waiting_attempts(installation, 5)
    posts = [paid(installation, *numbered) for numbered in enumerate(attempts)]

    with (
        installation.serve("--no-worker") as one,
        installation.serve("--no-worker") as two,
        ThreadPoolExecutor(2) as at_once,
    ):
        first = at_once.submit(volley, one.url, posts * 10)
        second = at_once.submit(volley, two.url, posts * 10)
        replies = first.result() + second.result()

    assert [reply.status for reply in replies] == [200] * 100
    with Truth(installation) as truth:
        assert [truth.effects(attempt) for attempt in attempts] == [(1, 1)] * 5
        seen = select(func.sum(inbox.c.seen)).group_by(inbox.c.subject)
        assert truth.rows(seen) == [(20,)] * 5


def paid(installation: Installation, number: int, attempt: Attempt) -> Post:
    """Safaricom says paid."""
    body = paid_body(attempt, CLOCK.now(), receipt=f"UAF7X2K9Q{number}")
    return Post(path=installation.path_of(attempt.id), body=body)


def statuses(replies: Sequence[Reply]) -> set[int | None]:
    """The statuses among some replies."""
    return {reply.status for reply in replies}
