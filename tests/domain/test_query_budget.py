"""The bucket of questions: steady, with reserves for those who wait, and yielding."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from harness.examples import NOW, a_full_attempt, an_attempt
from pokea.domain.attempt import AttemptState
from pokea.domain.query_budget import (
    QUESTION,
    RECOVERY,
    SLOW_DOWN,
    Allowance,
    Bucket,
    Pace,
    Urgency,
    urgency_of,
)

LIVE = Allowance(120)
SECOND = timedelta(seconds=1)


def asked(allowance: Allowance, urgency: Urgency, bucket: Bucket, at: datetime) -> int:
    """How many questions such a bucket gives at one moment."""
    count = 0
    while True:
        bucket, wait = allowance.taken(bucket, urgency, QUESTION, at)
        if wait:
            return count
        count += 1


def test_a_third_of_the_minutes_questions_may_come_at_once() -> None:
    assert asked(LIVE, Urgency.CUSTOMER, LIVE.full(NOW), NOW) == 40


def test_after_a_year_of_quiet_the_bucket_is_full_and_no_more() -> None:
    for allowance in (Allowance(5), LIVE, Allowance(60_000)):
        later = NOW + timedelta(days=365)

        assert allowance.refilled(Bucket(0, NOW), later) == allowance.full(later)


def test_what_nobody_waits_for_leaves_a_reserve_to_those_who_do() -> None:
    bucket = LIVE.full(NOW)

    spare = asked(LIVE, Urgency.SPARE, bucket, NOW)
    doubt = asked(LIVE, Urgency.DOUBT, bucket, NOW)

    assert (spare, doubt) == (20, 30)


def test_even_the_sandboxs_five_a_minute_serve_everybody_in_turn() -> None:
    sandbox = Allowance(5)

    for urgency in Urgency:
        assert asked(sandbox, urgency, sandbox.full(NOW), NOW) >= 1


def test_an_empty_bucket_says_how_long_to_wait_and_keeps_its_word() -> None:
    _, wait = LIVE.taken(Bucket(0, NOW), Urgency.CUSTOMER, QUESTION, NOW)

    assert wait == timedelta(seconds=0.5)
    _, again = LIVE.taken(Bucket(0, NOW), Urgency.CUSTOMER, QUESTION, NOW + wait)
    assert not again


def test_a_clock_that_runs_behind_takes_nothing_away() -> None:
    bucket = LIVE.full(NOW)

    after, wait = LIVE.taken(bucket, Urgency.CUSTOMER, QUESTION, NOW - timedelta(hours=1))

    assert not wait
    assert after == Bucket(LIVE.capacity - QUESTION, NOW)


@given(
    per_minute=st.integers(1, 100_000),
    pauses=st.lists(st.integers(0, 3_000_000), min_size=1, max_size=200),
)
def test_no_minute_has_more_questions_than_it_may_and_one_burst(
    per_minute: int, pauses: list[int]
) -> None:
    allowance = Allowance(per_minute)
    bucket, at, times = allowance.full(NOW), NOW, list[datetime]()

    for pause in pauses:
        at += timedelta(microseconds=pause)
        bucket, wait = allowance.taken(bucket, Urgency.CUSTOMER, QUESTION, at)
        if not wait:
            times.append(at)

    for begin in times:
        within = [one for one in times if begin <= one < begin + timedelta(minutes=1)]
        assert len(within) <= per_minute + allowance.capacity // QUESTION


@given(looks=st.integers(1, 2_000))
def test_looking_often_wins_and_loses_no_question(looks: int) -> None:
    bucket, sandbox = Bucket(0, NOW), Allowance(5)

    for number in range(1, looks + 1):
        bucket = sandbox.refilled(bucket, NOW + 12 * SECOND * number / looks)

    assert bucket.left in {QUESTION - 1, QUESTION}  # five a minute are one in twelve seconds


def test_a_refusal_halves_the_pace_and_time_restores_it() -> None:
    slow = Pace().slowed(NOW - SLOW_DOWN, None).slowed(NOW, None)

    assert slow.cost == 4 * QUESTION
    assert slow.at(NOW + RECOVERY - SECOND).cost == 4 * QUESTION
    assert slow.at(NOW + RECOVERY).cost == 2 * QUESTION
    assert slow.at(NOW + 2 * RECOVERY).cost == QUESTION
    assert slow.at(NOW + 99 * RECOVERY).cost == QUESTION


def test_questions_that_were_refused_together_halve_the_pace_once() -> None:
    pace = Pace()
    for seconds in (0, 0, 1, 2, 4):
        pace = pace.slowed(NOW + seconds * SECOND, None)

    assert pace.cost == 2 * QUESTION
    assert pace.silent_until == NOW + 4 * SECOND + SLOW_DOWN


def test_looking_at_a_pace_does_not_delay_its_recovery() -> None:
    pace = Pace().slowed(NOW - SLOW_DOWN, None).slowed(NOW, None)

    for second in range(1, 241):
        pace = pace.at(NOW + second * SECOND)

    assert pace.cost == QUESTION


def test_nobody_asks_until_the_time_that_safaricom_named() -> None:
    assert Pace().slowed(NOW, timedelta(seconds=30)).silent_until == NOW + 30 * SECOND


def test_refusals_without_end_still_leave_a_question_now_and_then() -> None:
    pace, now = Pace(), NOW
    for _ in range(20):
        now += SLOW_DOWN
        pace = pace.slowed(now, None)

    bucket, wait = LIVE.taken(LIVE.full(now), Urgency.CUSTOMER, pace.cost, now)

    assert not wait
    assert bucket.left == LIVE.capacity - 16 * QUESTION


def test_who_waits_is_known_from_the_attempt() -> None:
    waiting = replace(an_attempt(), state=AttemptState.AWAITING_CUSTOMER)
    confirming = replace(a_full_attempt(), state=AttemptState.CONFIRMING)
    settled = replace(a_full_attempt(), state=AttemptState.SUCCEEDED)

    assert urgency_of(waiting) is Urgency.DOUBT
    assert urgency_of(confirming) is Urgency.CUSTOMER
    assert urgency_of(settled) is Urgency.SPARE
