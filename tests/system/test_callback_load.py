"""Callbacks at a steady pace, alone and beside a stranger's flood: all are answered 200."""

from collections.abc import Sequence
from typing import Final

import pytest

from harness.callbacks import paid_body
from harness.flood import flood_ended, start_flood
from harness.installation import CLOCK, Installation, waiting_attempts
from harness.truth import Truth
from harness.volley import Post, Reply, stream
from pokea.domain.attempt import Attempt

pytestmark = [pytest.mark.system, pytest.mark.slow]

PER_S: Final = 200
FAST: Final = {"POKEA_CORROBORATION": "fast"}


def prompted(installation: Installation, for_s: int) -> list[Attempt]:
    """Enough customers for a pace and a time."""
    installation.settings.update(FAST)
    return waiting_attempts(installation, PER_S * for_s)


def paid(installation: Installation, attempts: Sequence[Attempt]) -> list[Post]:
    """Safaricom says paid, for each."""
    now = CLOCK.now()
    return [
        Post(
            path=installation.path_of(attempt.id),
            body=paid_body(attempt, now, receipt=f"UAF{number:07d}"),
        )
        for number, attempt in enumerate(attempts)
    ]


def all_count_once(installation: Installation, attempts: Sequence[Attempt]) -> bool:
    """Whether each has one journal entry and one success."""
    with Truth(installation) as truth:
        booked, told = truth.all_effects()
    ids, payments = {one.id for one in attempts}, {one.payment_id for one in attempts}
    return booked == dict.fromkeys(ids, 1) and told == dict.fromkeys(payments, 1)


def slowest(replies: Sequence[Reply], percent: float) -> float:
    """How long so many percent of the answers took at most."""
    took = sorted(reply.took_s for reply in replies)
    return took[min(int(len(took) * percent / 100), len(took) - 1)]


def test_two_hundred_callbacks_a_second_are_all_answered_and_applied(
    installation: Installation,
) -> None:
    """A12: no error, and every effect once."""
    attempts = prompted(installation, 5)
    with installation.serve() as gateway:
        replies = stream(gateway.url, paid(installation, attempts), per_s=PER_S)

    assert {reply.status for reply in replies} == {200}
    assert all_count_once(installation, attempts)


@pytest.mark.prove
def test_two_hundred_callbacks_a_second_for_five_minutes_are_answered_quickly(
    installation: Installation,
) -> None:
    """A12, timed: 99 of 100 answers within 150 ms, none after two seconds."""
    attempts = prompted(installation, 300)
    with installation.serve() as gateway:
        replies = stream(gateway.url, paid(installation, attempts), per_s=PER_S)

    assert {reply.status for reply in replies} == {200}
    assert all_count_once(installation, attempts)
    assert slowest(replies, 99) <= 0.15
    assert slowest(replies, 100) <= 2


def flooded(installation: Installation, *, for_s: int, by_per_s: int) -> list[Reply]:
    """Genuine callbacks while a stranger guesses paths; every guess is answered 404."""
    attempts = prompted(installation, for_s)
    guess = "/i/s/" + "ab" * 32
    with installation.serve() as gateway:
        flood = start_flood(gateway.url, guess, per_s=by_per_s, for_s=for_s)
        replies = stream(gateway.url, paid(installation, attempts), per_s=PER_S)
        answered = flood_ended(flood)

    assert set(answered) == {404}
    assert {reply.status for reply in replies} == {200}
    assert all_count_once(installation, attempts)
    return replies


def test_a_strangers_flood_refuses_no_genuine_callback(installation: Installation) -> None:
    """A13: never a 429 for a right path, and every effect once."""
    flooded(installation, for_s=3, by_per_s=1000)


@pytest.mark.prove
def test_a_strangers_flood_of_five_thousand_a_second_delays_nobody_much(
    installation: Installation,
) -> None:
    """A13, timed: 99 of 100 genuine answers within half a second."""
    replies = flooded(installation, for_s=60, by_per_s=5000)

    assert slowest(replies, 99) <= 0.5
