"""A day's figures, what stands against closing it, and what comes after it was closed."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from harness.examples import NOW, SHORTCODE
from harness.paper import Paper, opened
from harness.reconciling import found, has_heard, imports, resolves
from harness.world import World
from pokea.daraja.values import Money, Shortcode
from pokea.domain.day_close import AccountDay
from pokea.domain.ledger import LedgerAccount
from pokea.domain.reconciliation import business_day
from pokea.flows.errors import Clashes
from pokea.flows.reconcile_day import DayReport, close_day, look_at_day
from pokea.store.tables import breaks, journals, statement_lines

pytestmark = pytest.mark.anyio

DAY = business_day(NOW)
MORNING_AFTER = NOW + timedelta(days=1)


async def looks(world: World, day: date = DAY) -> DayReport:
    return await look_at_day(world.deps, SHORTCODE, day, livemode=False)


async def closes(world: World, day: date = DAY) -> DayReport:
    world.clock.at = max(world.clock.at, MORNING_AFTER)
    return await close_day(world.deps, SHORTCODE, day, "Achieng", livemode=False)


def utility(report: DayReport) -> AccountDay:
    (only,) = (
        one for one in report.figures.accounts if one.account is LedgerAccount.MPESA_UTILITY
    )
    return only


async def on_the_morning_after(world: World, paper: Paper) -> None:
    world.clock.at = MORNING_AFTER
    await imports(world, paper)


# ── figures ──────────────────────────────────────────────────────────────────────────────


async def test_a_day_shows_both_sides_and_agrees(world: World) -> None:
    await has_heard(world, "UAF0000001", "UAF0000002")
    paper = Paper().paid("UAF0000001").paid("UAF0000002").paid("UAF0000003", 50)
    await on_the_morning_after(world, paper.moves("UAF0000004", -20_00, "Salary Payment"))

    day = utility(await looks(world))

    assert (day.paid_in, day.withdrawn) == (Money.shillings(250), Money.shillings(20))
    assert (day.ledger_in, day.ledger_out) == (Money.shillings(250), Money.shillings(20))
    assert (day.difference, day.covered, day.whole) == (0, True, True)
    assert (day.opening, day.closing) == (1_000_000_00, 1_000_230_00)


async def test_a_prompts_money_counts_in_the_day_that_its_line_says(world: World) -> None:
    attempt = await world.opens(100)
    await world.hears_paid(attempt)
    claim = (await world.attempt(attempt.id)).claim
    assert claim is not None
    await on_the_morning_after(world, Paper().paid(claim.receipt.code, typed="INV-1"))

    day = utility(await looks(world))

    assert (day.ledger_in, day.difference) == (Money.shillings(100), 0)


async def test_a_difference_is_gone_once_the_books_follow(world: World) -> None:
    await has_heard(world, "UAF0000001", "UAF0000002", "UAF0000003")
    await on_the_morning_after(world, Paper().paid("UAF0000001", 110).paid("UAF0000002", 90))
    before = utility(await looks(world))

    for row in world.rows(breaks):
        await resolves(world, row, adjust_books=True)

    assert before.difference == 100_00  # 10 less, 10 more, and one that M-PESA never had
    assert utility(await looks(world)).difference == 0


async def test_charges_have_figures_of_their_own(world: World) -> None:
    await on_the_morning_after(world, Paper().paid("UAF0000001"))
    charges = Paper(account="Charges Paid Account", balance=0)
    await on_the_morning_after(world, charges.moves("UAF0000001", -1_00, "Pay Bill Charge"))

    report = await looks(world)

    assert [(one.account.value, one.difference) for one in report.figures.accounts] == [
        (1010, 0),
        (1040, 0),
    ]
    assert report.obstacles == ()


# ── closing ──────────────────────────────────────────────────────────────────────────────


async def test_a_day_that_agrees_is_closed_and_stays_so(world: World) -> None:
    await on_the_morning_after(world, Paper().paid("UAF0000001"))

    first, again = await closes(world), await closes(world)

    assert first.figures.closed is not None
    assert first.figures.closed.closed_by == "Achieng"
    assert again.figures.closed == first.figures.closed


async def test_unmatched_money_is_shown_and_allowed(world: World) -> None:
    await on_the_morning_after(world, Paper().paid("UAF0000001", 70))

    report = await closes(world)

    assert report.figures.unmatched.amount == Money.shillings(70)
    assert report.figures.closed is not None


async def test_a_day_without_a_statement_is_not_closed(world: World) -> None:
    await has_heard(world, "UAF0000001")

    report = await closes(world)

    assert report.figures.closed is None
    assert len(report.obstacles) == 1
    assert "No statement of the utility account" in report.obstacles[0]


async def test_an_open_break_keeps_its_day_open(world: World) -> None:
    await on_the_morning_after(world, Paper().moves("UAF0000001", -5_00, "Salary Payment"))
    refused = await closes(world)

    await resolves(world, refused.breaks[0])

    assert refused.obstacles == ("1 break is open; each says what to do about it.",)
    assert (await closes(world)).figures.closed is not None


async def test_an_attempt_in_doubt_keeps_its_day_open(world: World) -> None:
    attempt = await world.opens(100)
    await on_the_morning_after(world, Paper().paid("UAF0000001", 77))

    report = await closes(world)

    assert [one.attempt_id for one in report.figures.in_doubt] == [attempt.id]
    assert report.figures.closed is None


async def test_a_day_is_not_closed_before_it_is_over(world: World) -> None:
    await imports(world, Paper().paid("UAF0000001"))

    report = await looks(world)

    assert report.obstacles[0] == "The day is not over in Nairobi."


async def test_half_a_days_statement_is_not_enough(world: World) -> None:
    await on_the_morning_after(world, Paper(has_period=False).paid("UAF0000001"))

    assert "covers the whole day" in (await closes(world)).obstacles[0]


async def test_a_day_must_begin_where_the_day_before_ended(world: World) -> None:
    await on_the_morning_after(world, Paper().paid("UAF0000001"))
    await closes(world)
    tomorrow = Paper(day=DAY + timedelta(days=1), balance=5_00)
    world.clock.at = NOW + timedelta(days=2)
    await imports(world, tomorrow.paid("UAF0000002", at=NOW + timedelta(days=1)))

    report = await closes(world, DAY + timedelta(days=1))

    assert "lines between are missing" in report.obstacles[0]


async def test_a_shortcode_that_never_collected_has_no_days(world: World) -> None:
    with pytest.raises(Clashes):
        await look_at_day(world.deps, Shortcode("600111"), DAY, livemode=False)


# ── after closing ────────────────────────────────────────────────────────────────────────


async def test_a_late_line_counts_today_and_is_asked_about(world: World) -> None:
    await on_the_morning_after(world, Paper().paid("UAF0000001"))
    closed = (await closes(world)).figures.closed
    late = Paper().paid("UAF0000001").paid("UAF0000002", 30)
    await imports(world, late.moves("UAF0000003", -5_00, "Salary Payment"))

    days = {row.receipt: row.day for row in world.rows(statement_lines)}
    today = business_day(world.clock.now()).isoformat()
    assert days == {
        "UAF0000001": DAY.isoformat(),
        "UAF0000002": today,
        "UAF0000003": today,
    }
    assert [one[1:3] for one in found(world)[-2:]] == [("day_closed", "open")] * 2
    assert {row.day for row in world.rows(breaks) if row.cause == "day_closed"} == {today}
    assert all(row.at >= MORNING_AFTER for row in world.rows(journals) if row.kind == "stmt")
    assert (await looks(world)).figures.closed == closed


async def test_money_that_arrives_after_its_statement_is_looked_for_in_it(world: World) -> None:
    await on_the_morning_after(world, Paper().paid("UAF0000001"))
    await has_heard(world, "UAF0000002")

    report = await closes(world)

    assert [one.cause for one in report.breaks] == ["not_shown"]
    assert report.figures.closed is None


async def test_two_statements_cover_a_day_together(world: World) -> None:
    first = replace(Paper(), balance=1_000_00).paid("UAF0000001")
    text = first.text().replace("23:59:59", "13:00:00")
    second = Paper(balance=first.balance).paid("UAF0000002", at=NOW + timedelta(hours=3))
    rest = second.text().replace("00:00:00 to", "13:00:01 to")
    world.clock.at = MORNING_AFTER

    for part in (text, rest):
        await imports(world, opened(part))

    assert (await closes(world)).figures.closed is not None
