"""When silence is questioned: on a schedule that only ever runs late."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.world import START
from pokea.daraja.values import Money
from pokea.domain.corroboration import (
    CHECK_OFFSETS,
    QUERY_TRUSTED_AFTER,
    QUERY_TWICE_APART,
    Policy,
    Rules,
    confirm_again_at,
    next_check,
)

names = st.text("0123456789ABCDEF", min_size=1, max_size=26)


def schedule(subject: str) -> list[timedelta]:
    """Every check of one attempt, counted from its dispatch."""
    due, found = next_check(subject, START, START), list[timedelta]()
    while due is not None:
        found.append(due - START)
        due = next_check(subject, START, due)
    return found


@given(names)
def test_the_schedule_only_moves_forward_and_ends(subject: str) -> None:
    offsets = schedule(subject)

    assert len(offsets) == len(CHECK_OFFSETS)
    assert all(first < second for first, second in pairwise(offsets))


@given(names)
def test_jitter_makes_a_check_later_by_a_tenth_at_most_and_never_earlier(subject: str) -> None:
    for due, offset in zip(schedule(subject), CHECK_OFFSETS, strict=True):
        assert offset <= due <= offset * 1.1


@given(names)
def test_waiting_for_fifteen_minutes_ends_within_sixteen(subject: str) -> None:
    sixth = schedule(subject)[5]

    assert CHECK_OFFSETS[5] == timedelta(minutes=15)
    assert sixth <= timedelta(minutes=16)


@given(names)
def test_the_check_at_95_seconds_is_always_past_the_early_zeros(subject: str) -> None:
    third = schedule(subject)[2]

    assert CHECK_OFFSETS[2] == timedelta(seconds=95)
    assert third >= QUERY_TRUSTED_AFTER


def test_the_same_attempt_always_has_the_same_schedule_and_another_one_another() -> None:
    assert schedule("att_1") == schedule("att_1")
    assert len({tuple(schedule(f"att_{number}")) for number in range(50)}) > 1


@pytest.mark.parametrize(
    ("waited", "pause"),
    [(0, 1), (1, 1), (2, 1), (10, 5), (60, 30), (3600, 1800), (7200, 3600), (86_400, 3600)],
)
def test_a_claim_is_asked_about_soon_and_then_ever_more_slowly(waited: int, pause: int) -> None:
    now = START + timedelta(seconds=waited)

    assert confirm_again_at(START, now) == now + timedelta(seconds=pause)


def test_the_rules_of_belief_are_the_written_ones() -> None:
    rules = Rules()

    assert rules.policy is Policy.STRICT
    assert rules.receipt_witness_above == Money.shillings(50_000)
    assert rules.single_witness_max == Money.shillings(20_000)
    assert rules.corroborate_wait == timedelta(seconds=20)
    assert timedelta(seconds=60) == QUERY_TWICE_APART
