"""Fast: one believed callback settles at once; the second witness is fetched afterwards."""

import pytest

from domain.story import fast


def test_one_believed_callback_pays_in_the_commit_that_stores_it() -> None:
    fast("""
        push 1000
        | 20s callback paid NLJ7RT61SV -> succeeded, corroboration pending, asks in 5s,
            payment succeeded, receipt NLJ7RT61SV, utility +1000
    """)


@pytest.mark.parametrize("before", ["dispatch 1000", "dispatch 1000 | 10s unanswered"])
def test_a_callback_pays_before_the_push_is_answered(before: str) -> None:
    fast(f"{before} | 1s callback paid NLJ7RT61SV -> succeeded, utility +1000")


def test_the_second_witness_confirms() -> None:
    fast("""
        push 1000
        | 20s callback paid NLJ7RT61SV
        | 5s query nothing -> succeeded, corroboration pending
        | 30s query paid -> succeeded, corroboration confirmed, asks no more, tells nothing
    """)


def test_the_second_witness_disagrees_only_when_it_says_so_twice_a_minute_apart() -> None:
    fast("""
        push 1000
        | 20s callback paid NLJ7RT61SV
        | 5s query failed -> succeeded, corroboration pending, asks in 60s
        | 30s query failed -> corroboration pending, asks in 30s
        | 30s query failed -> succeeded, corroboration disagrees, asks no more,
            payment succeeded, tells security.callback_conflict
        | 1s query failed -> repeated, asks no more
        | 1s query nothing -> repeated, asks no more
    """)


def test_a_second_witness_that_comes_round_confirms() -> None:
    fast("""
        push 1000 | 20s callback paid NLJ7RT61SV
        | 5s query failed -> corroboration pending
        | 60s query paid -> corroboration confirmed
    """)


def test_a_late_callback_pays_at_once_after_a_failure_or_an_expiry() -> None:
    fast("""
        push 1000 | 20s callback failed wrong_pin -> failed
        | 1m callback paid NLJ7RT61SV -> succeeded, payment succeeded, utility +1000
    """)
    fast("""
        push 1000 | 15m query nothing -> expired
        | 1m callback paid NLJ7RT61SV -> succeeded, payment succeeded, utility +1000
    """)


def test_a_failure_after_the_settlement_overturns_nothing() -> None:
    fast("""
        push 1000 | 20s callback paid NLJ7RT61SV
        | 1s callback failed wrong_pin -> conflicting result, succeeded
        | 1s callback disagrees amount -> succeeded, corroboration disagrees,
            payment succeeded, tells security.callback_conflict
        | 1s callback disagrees amount -> conflicting amount, tells nothing
    """)


def test_a_query_alone_needs_two_words_here_too() -> None:
    fast("""
        push 1000
        | 95s query paid -> awaiting_customer
        | 60s query paid -> succeeded, receipt_status pending, utility +1000
        | 1m callback paid NLJ7RT61SV -> succeeded, receipt NLJ7RT61SV
    """)


def test_a_denial_from_before_the_callback_does_not_count_against_it() -> None:
    fast("""
        push 1000
        | 35s query failed wrong_pin -> awaiting_customer
        | 30s callback paid NLJ7RT61SV -> succeeded, utility +1000
        | 40s query failed wrong_pin -> corroboration pending, asks in 60s
    """)
