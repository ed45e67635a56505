"""A token dies under many prompts: one new token, and no prompt is lost or doubled.

On PostgreSQL two gateways share the token; a SQLite file belongs to one gateway.
"""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest

from harness.installation import Gateway
from harness.moved import booked, moved
from harness.town import Town, a_town
from harness.volley import Post, Reply, volley

pytestmark = [pytest.mark.system, pytest.mark.slow]

PROMPTS: Final = 50
OAUTH: Final = "/oauth/v1/generate"


@pytest.fixture
def town(database_url: str, tmp_path: Path) -> Iterator[Town]:
    with a_town(database_url, tmp_path / "town") as made:
        yield made


@pytest.fixture
def gateways(town: Town) -> Iterator[list[str]]:
    """The addresses of all gateways on the database."""
    with ExitStack() as running:
        others: list[Gateway] = []
        if town.installation.on_postgresql:
            others.append(running.enter_context(town.installation.serve()))
        yield [town.url, *(one.url for one in others)]


def asks(town: Town, url: str, phones: list[str]) -> list[Reply]:
    """The merchant asks many customers at the same moment."""
    key = town.installation.merchant["api_key"]
    return volley(
        url,
        [
            Post(
                path="/v1/payments",
                body=b'{"amount":"150.00","phone":"%s"}' % phone.encode(),
                headers={"Authorization": f"Bearer {key}", "Idempotency-Key": f"c09-{phone}"},
            )
            for phone in phones
        ],
    )


def test_a_token_that_dies_under_fifty_prompts_is_renewed_once_and_each_is_sent_once(
    town: Town, gateways: list[str]
) -> None:
    """C09: two processes on PostgreSQL, and one on SQLite."""
    for number, url in enumerate(gateways):
        assert [reply.status for reply in asks(town, url, [f"25471209900{number}"])] == [201]
    phones = [f"2547120900{number:02d}" for number in range(PROMPTS)]
    shares = [phones[number :: len(gateways)] for number in range(len(gateways))]

    with (
        town.switched(autopilot_percent=100, reissue_retires_token=True),
        town.trouble(product="stk_push", sync="token_revoked", times=1),
        ThreadPoolExecutor(len(gateways)) as at_once,
    ):
        sent = [at_once.submit(asks, town, *one) for one in zip(gateways, shares, strict=True)]
        replies = [reply for one in sent for reply in one.result()]

    assert [reply.status for reply in replies] == [201] * PROMPTS
    assert town.safaricom.get("/_sim/calls").json()[OAUTH] <= 2
    assert [len(town.prompts_to(phone)) for phone in phones] == [1] * PROMPTS
    paid = [town.ends(json.loads(reply.body)) for reply in replies]
    assert {payment["status"] for payment in paid} == {"succeeded"}
    assert booked(town) == moved(town)
    assert len(moved(town)) == PROMPTS
