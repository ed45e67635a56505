"""One money told twice, and money by hand told again and again: each counts once."""

import random
from typing import Final

import pytest
from sqlalchemy import func, select

from harness.by_hand import path_by_hand, shortcode_row
from harness.callbacks import confirmation_body, paid_body
from harness.installation import CLOCK, Installation, waiting_attempts
from harness.processes import eventually
from harness.truth import Truth
from harness.volley import Post, volley
from pokea.store.tables import attempts, inbox, journals, receipts

pytestmark = [pytest.mark.system, pytest.mark.slow]

AT_ONCE: Final = 100


@pytest.fixture
def mixing() -> random.Random:
    """The same order in every run."""
    return random.Random("told twice")  # noqa: S311 - an order, no secret


def test_a_callback_and_its_confirmation_are_one_money(
    installation: Installation, mixing: random.Random
) -> None:
    """A04: a hundred payments, each told by callback and by confirmation, in any order."""
    collector, now = shortcode_row(installation), CLOCK.now()
    prompted = waiting_attempts(installation, 100, account=collector.account_id)
    by_hand = path_by_hand(installation, collector, "c")
    posts: list[Post] = []
    for number, attempt in enumerate(prompted):
        receipt = f"UAF7X2K{number:03d}"
        told = paid_body(attempt, now, receipt=receipt)
        confirmed = confirmation_body(
            100,
            account=attempt.account_reference.text,
            receipt=receipt,
            payer=attempt.phone.digits,
            at=now,
        )
        posts.append(Post(path=installation.path_of(attempt.id), body=told))
        posts.append(Post(path=by_hand, body=confirmed))
    mixing.shuffle(posts)

    with installation.serve() as gateway, Truth(installation) as truth:
        for start in range(0, len(posts), AT_ONCE):
            replies = volley(gateway.url, posts[start : start + AT_ONCE])
            assert {reply.status for reply in replies} == {200}
        states = select(attempts.c.state).distinct()
        eventually(lambda: truth.rows(states) == [("succeeded",)])

        assert truth.rows(select(func.count()).select_from(journals)) == [(100,)]
        heard = truth.rows(select(attempts.c.witnesses).distinct())
        assert {frozenset(one.split(",")) for (one,) in heard} == {
            frozenset({"stk_callback", "c2b_confirmation"})
        }


def test_five_hundred_confirmations_sent_up_to_four_times_are_five_hundred_receipts(
    installation: Installation, mixing: random.Random
) -> None:
    """A05: money by hand, announced one to four times each."""
    collector, now = shortcode_row(installation), CLOCK.now()
    path = path_by_hand(installation, collector, "c")
    posts: list[Post] = []
    for number in range(500):
        body = confirmation_body(
            10 + number,
            account=f"INV-{number}",
            receipt=f"UAG7X2K{number:03d}",
            payer=f"25471{number:07d}",
            at=now,
        )
        posts += [Post(path=path, body=body)] * mixing.randint(1, 4)
    mixing.shuffle(posts)

    with installation.serve() as gateway, Truth(installation) as truth:
        for start in range(0, len(posts), AT_ONCE):
            replies = volley(gateway.url, posts[start : start + AT_ONCE])
            assert {reply.status for reply in replies} == {200}

        assert truth.rows(select(func.count()).select_from(receipts)) == [(500,)]
        assert truth.rows(select(func.count()).select_from(journals)) == [(500,)]
        assert truth.rows(select(func.sum(inbox.c.seen))) == [(len(posts),)]
