from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from harness.examples import NOW
from pokea.daraja.values import Money
from pokea.domain.day_close import (
    AccountDay,
    ClosedDay,
    DayFigures,
    InDoubt,
    Unmatched,
    obstacles,
)
from pokea.domain.ids import AttemptId
from pokea.domain.ledger import LedgerAccount
from pokea.domain.statement import Period
from pokea.domain.statement_import import covers_day, day_period, joined

DAY = date(2026, 11, 23)
MORNING_AFTER = datetime(2026, 11, 24, 5, tzinfo=UTC)


def an_account(
    account: LedgerAccount = LedgerAccount.MPESA_UTILITY, *, ours: int = 100, theirs: int = 100
) -> AccountDay:
    return AccountDay(
        account=account,
        ledger_in=Money.shillings(ours),
        ledger_out=Money.zero(),
        lines=1,
        paid_in=Money.shillings(theirs),
        withdrawn=Money.zero(),
        opening=500,
        closing=500 + theirs * 100,
        whole=True,
        covered=True,
    )


def a_day(*accounts: AccountDay) -> DayFigures:
    return DayFigures(
        day=DAY,
        accounts=accounts or (an_account(),),
        collecting=LedgerAccount.MPESA_UTILITY,
        open_breaks=0,
        in_doubt=(),
        unmatched=Unmatched(receipts=0, amount=Money.zero()),
    )


def reason(figures: DayFigures, now: datetime = MORNING_AFTER) -> str:
    (only,) = obstacles(figures, now)
    return only


def test_a_day_that_agrees_can_be_closed() -> None:
    assert obstacles(a_day(), MORNING_AFTER) == []


def test_a_day_is_over_at_midnight_in_nairobi() -> None:
    midnight = day_period(DAY).end

    assert obstacles(a_day(), midnight) == []
    assert "not over" in reason(a_day(), midnight - timedelta(seconds=1))


def test_open_breaks_stand_against_closing() -> None:
    assert reason(replace(a_day(), open_breaks=1)).startswith("1 break is open")
    assert reason(replace(a_day(), open_breaks=7)).startswith("7 breaks are open")


def test_a_day_without_a_statement_says_how_to_get_one() -> None:
    assert "pokea statement import" in reason(a_day(replace(an_account(), covered=False)))


def test_an_account_that_did_not_move_needs_no_statement() -> None:
    still = replace(
        an_account(LedgerAccount.MPESA_WORKING, ours=0, theirs=0), lines=0, covered=False
    )

    assert obstacles(a_day(an_account(), still), MORNING_AFTER) == []


def test_charges_that_moved_need_their_statement_too() -> None:
    charges = replace(an_account(LedgerAccount.MPESA_CHARGES_PAID), covered=False)

    assert "charges paid account" in reason(a_day(an_account(), charges))


def test_a_statement_with_a_gap_is_not_enough() -> None:
    assert "lines are missing" in reason(a_day(replace(an_account(), whole=False)))


@pytest.mark.parametrize(("ours", "words"), [(110, "KES 10.00 more"), (90, "KES -10.00 more")])
def test_books_that_moved_otherwise_say_by_how_much(ours: int, words: str) -> None:
    assert words in reason(a_day(an_account(ours=ours)))


def test_a_day_begins_where_the_day_before_ended() -> None:
    closed = ClosedDay(
        day=DAY - timedelta(days=1),
        closed_at=NOW,
        closed_by="Achieng",
        accounts=(replace(an_account(), closing=400),),
    )

    assert "began this one with KES 5.00" in reason(replace(a_day(), before=closed))
    agrees = replace(closed, accounts=(replace(an_account(), closing=500),))
    assert obstacles(replace(a_day(), before=agrees), MORNING_AFTER) == []


def test_attempts_in_doubt_are_named_as_far_as_a_sentence_can() -> None:
    attempts = tuple(
        InDoubt(
            attempt_id=AttemptId(f"att_{number}"),
            state="unknown",
            amount=Money.shillings(5),
            since=NOW,
        )
        for number in range(4)
    )

    assert "(att_0, att_1, att_2, …)" in reason(replace(a_day(), in_doubt=attempts))


def test_unmatched_money_is_allowed() -> None:
    waiting = Unmatched(receipts=3, amount=Money.shillings(900))

    assert obstacles(replace(a_day(), unmatched=waiting), MORNING_AFTER) == []


def test_every_reason_is_told_at_once() -> None:
    worst = replace(
        a_day(replace(an_account(), covered=False)),
        open_breaks=2,
    )

    assert len(obstacles(worst, NOW)) == 3


# ── what statements cover together ───────────────────────────────────────────────────────


def hours(start: int, end: int) -> Period:
    midnight = day_period(DAY).start
    return Period(start=midnight + timedelta(hours=start), end=midnight + timedelta(hours=end))


def test_periods_that_touch_are_one() -> None:
    assert joined([hours(6, 12), hours(0, 6), hours(5, 7), hours(13, 24)]) == [
        hours(0, 12),
        hours(13, 24),
    ]


@pytest.mark.parametrize(
    ("periods", "covered"),
    [
        ([hours(0, 24)], True),
        ([hours(-24, 48)], True),
        ([hours(0, 12), hours(12, 24)], True),
        ([hours(0, 12), hours(13, 24)], False),
        ([hours(0, 23)], False),
        ([], False),
    ],
)
def test_a_day_is_covered_when_nothing_of_it_is_left_out(
    periods: list[Period], *, covered: bool
) -> None:
    assert covers_day(periods, DAY) is covered
