"""How often one phone is prompted: each limit, a second before its end and at it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.world import START
from pokea.daraja.values import Money
from pokea.domain.prompting import Prompted, PromptLimit, too_soon

LIMIT = PromptLimit(
    prompts=3,
    within=timedelta(minutes=10),
    unpaid_a_day=10,
    same_amount_after=timedelta(seconds=120),
)
HOUR = 3600


def wait(*earlier: str, amount: int = 1000, limit: PromptLimit = LIMIT) -> int | None:
    """Seconds to wait after earlier prompts, each ``seconds ago amount [paid]``."""
    prompts = [_prompted(*one.split()) for one in earlier]
    soon = too_soon(prompts, Money.shillings(amount), START, limit)
    return None if soon is None else soon.wait_s


def _prompted(seconds: str, amount: str, paid: str = "") -> Prompted:
    at = START - timedelta(seconds=int(seconds))
    return Prompted(at=at, amount=Money.shillings(int(amount)), paid=bool(paid))


def test_a_phone_that_was_never_prompted_may_be() -> None:
    assert wait() is None


@pytest.mark.parametrize(
    ("earlier", "seconds"),
    [
        (["1 1", "2 2"], None),
        (["1 1", "2 2", "3 3"], 597),
        (["1 1", "2 2", "599 3"], 1),
        (["1 1", "2 2", "600 3"], None),
        (["3 1", "1 2", "2 3"], 597),
        (["1 1", "2 2", "3 3", "4 4"], 597),
        (["1 1 paid", "2 2", "3 3"], 597),
    ],
)
def test_three_in_ten_minutes_are_enough(earlier: list[str], seconds: int | None) -> None:
    assert wait(*earlier) == seconds


@pytest.mark.parametrize(
    ("earlier", "seconds"),
    [
        (["1 1000"], 119),
        (["119 1000"], 1),
        (["120 1000"], None),
        (["1 999"], None),
        (["1 999", "100 1000"], 20),
        (["100 1000", "50 1000"], 70),
        (["1 1000 paid"], 119),
    ],
)
def test_the_same_amount_waits_two_minutes(earlier: list[str], seconds: int | None) -> None:
    assert wait(*earlier) == seconds


def test_ten_a_day_are_enough_for_who_never_pays() -> None:
    nine = [f"{hours * HOUR} {hours}" for hours in range(1, 10)]

    assert wait(*nine) is None
    assert wait(*nine, f"{20 * HOUR} 20") == 4 * HOUR
    assert wait(*nine, f"{20 * HOUR} 20", f"{21 * HOUR} 21") == 4 * HOUR


def test_who_pays_now_and_then_may_be_prompted_more_often() -> None:
    ten = [f"{hours * HOUR} {hours}" for hours in range(1, 11)]

    assert wait(*ten) == 14 * HOUR
    assert wait(*ten, f"{20 * HOUR} 20 paid") is None


def test_a_limit_that_is_not_set_limits_nothing() -> None:
    limit = PromptLimit(prompts=100, within=timedelta(minutes=10))

    assert wait(*(f"{ago} 1000" for ago in range(1, 60)), limit=limit) is None


def test_the_wait_is_rounded_up_and_never_nothing() -> None:
    limit = PromptLimit(prompts=1, within=timedelta(milliseconds=1500))

    assert wait("1 1", limit=limit) == 1


@pytest.mark.parametrize(
    ("earlier", "why"),
    [
        (["1 1", "2 2", "3 3"], "was already prompted 3 times in 10 minutes"),
        (["1 1000"], "was prompted for this very amount a moment ago"),
        ([f"{one * HOUR} {one}" for one in range(1, 11)], "10 times in a day and never paid"),
    ],
)
def test_the_reason_is_said(earlier: list[str], why: str) -> None:
    prompts = [_prompted(*one.split()) for one in earlier]
    soon = too_soon(prompts, Money.shillings(1000), START, LIMIT)

    assert soon is not None
    assert why in soon.why


def test_without_such_a_limit_a_prompt_begun_meanwhile_blocks_nothing() -> None:
    unlimited = replace(LIMIT, same_amount_after=timedelta())

    assert wait("-1 1000", limit=unlimited) is None
    assert wait("-1 1000") == 121
