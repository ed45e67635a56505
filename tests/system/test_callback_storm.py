"""A hundred copies of one callback at the same moment have one effect, on real sockets."""

from pathlib import Path

import pytest
from sqlalchemy import select

from harness.callbacks import paid_body
from harness.installation import CLOCK, Gateway, Installation, waiting_attempts
from harness.truth import Truth
from harness.volley import Post, volley
from pokea.store.tables import inbox

pytestmark = pytest.mark.system

ACCEPTED = b'{"ResultCode":0,"ResultDesc":"Accepted"}'


def test_a_hundred_copies_at_once_are_a_hundred_times_200_and_one_effect(
    installation: Installation, fast_gateway: Gateway
) -> None:
    (attempt,) = waiting_attempts(installation, 1)
    post = Post(path=installation.path_of(attempt.id), body=paid_body(attempt, CLOCK.now()))

    replies = volley(fast_gateway.url, [post] * 100)

    assert [reply.status for reply in replies] == [200] * 100
    assert {reply.body for reply in replies} == {ACCEPTED}
    with Truth(installation) as truth:
        assert truth.effects(attempt) == (1, 1)
        assert truth.column(inbox.c.seen) == [100]
        assert truth.column(inbox.c.state) == ["applied"]


def test_copies_to_two_gateways_on_one_database_have_one_effect(
    postgresql_url: str, tmp_path: Path
) -> None:
    fast = {"POKEA_CORROBORATION": "fast"}
    installation = Installation(postgresql_url, tmp_path / "run", settings=fast)
    attempts = waiting_attempts(installation, 5)
    posts = [
        Post(
            path=installation.path_of(attempt.id),
            body=paid_body(attempt, CLOCK.now(), receipt=f"UAF7X2K9Q{number}"),
        )
        for number, attempt in enumerate(attempts)
    ]

    with installation.serve("--no-worker") as one, installation.serve("--no-worker") as two:
        first = [reply.status for reply in volley(one.url, posts * 10)]
        second = [reply.status for reply in volley(two.url, posts * 10)]

    assert first + second == [200] * 100
    with Truth(installation) as truth:
        assert [truth.effects(attempt) for attempt in attempts] == [(1, 1)] * 5
        assert truth.rows(select(inbox.c.seen)) == [(20,)] * 5
