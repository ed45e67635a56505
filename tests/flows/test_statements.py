"""Statements are compared with the books, and change them where only they know."""

from datetime import timedelta

import pytest

from harness.examples import NOW
from harness.paper import Paper
from harness.reconciling import (
    LATER,
    MINE,
    found,
    has_heard,
    imports,
)
from harness.world import World
from pokea.daraja.values import Receipt
from pokea.domain.attempt import AttemptState
from pokea.domain.ids import BreakId
from pokea.domain.payment import PaymentState
from pokea.domain.statement_import import Found
from pokea.flows.errors import Clashes
from pokea.flows.ports import SaysPaid
from pokea.flows.resolve_break import resolve_break
from pokea.store.tables import breaks, receipts

pytestmark = pytest.mark.anyio


# ── what agrees ──────────────────────────────────────────────────────────────────────────


async def test_a_receipt_that_the_statement_shows_is_verified(world: World) -> None:
    await has_heard(world, "UAF0000001")

    done = await imports(world, Paper().paid("UAF0000001"))

    assert done.statement.found == Found(agreed=1)
    assert [row.verified_at for row in world.rows(receipts)] == [NOW + LATER]
    assert found(world) == []
    assert "c2b.verified" in world.told()
    assert world.told()[-1] == "reconciliation.completed"


async def test_a_prompt_that_nobody_answered_for_is_settled_by_its_line(world: World) -> None:
    attempt = await world.opens(100)

    await imports(world, Paper().paid("UAF0000001", typed="INV-1"))

    assert await world.stands(attempt) == (AttemptState.SUCCEEDED, PaymentState.SUCCEEDED)
    assert (await world.payment(attempt)).receipt == Receipt("UAF0000001")
    assert world.booked() == [(1010, 1100, 10_000)]
    assert found(world) == []


async def test_a_claim_that_waited_for_its_second_witness_has_it(world: World) -> None:
    attempt = await world.opens(100)
    await world.hears_paid(attempt)
    claim = (await world.attempt(attempt.id)).claim
    assert claim is not None

    await imports(world, Paper().paid(claim.receipt.code, typed="INV-1"))

    assert await world.stands(attempt) == (AttemptState.SUCCEEDED, PaymentState.SUCCEEDED)


# ── what is missing here ─────────────────────────────────────────────────────────────────


async def test_a_payment_that_we_missed_is_recovered(world: World) -> None:
    done = await imports(world, Paper().paid("UAF0000001", 250))

    assert done.statement.found == Found(missing_here=1)
    (row,) = world.rows(receipts)
    assert (row.receipt, row.recovered, row.amount_cents) == ("UAF0000001", True, 25_000)
    assert world.booked() == [(1010, 2100, 25_000)]
    assert found(world) == [("missing_here", "recovered", "resolved", "pokea", "UAF0000001")]
    assert "reconciliation.difference" not in world.told()


async def test_money_that_left_unknown_is_booked_and_asked_about(world: World) -> None:
    paper = Paper().moves("UAF0000001", -500_00, "Business Payment to Customer via API")

    await imports(world, paper)

    assert world.booked() == [(1900, 1010, 50_000)]
    assert found(world) == [("missing_here", "unknown_debit", "open", None, "UAF0000001")]
    assert world.told()[-2:] == ["reconciliation.completed", "reconciliation.difference"]


async def test_money_that_came_and_is_no_payment_is_in_suspense(world: World) -> None:
    await imports(world, Paper().moves("UAF0000001", 500_00, "A word of 2027"))

    assert world.booked() == [(1010, 2100, 50_000)]
    assert world.rows(receipts) == []
    assert found(world) == [("missing_here", "unknown_credit", "open", None, "UAF0000001")]


async def test_a_payout_and_its_charge_are_two_lines(world: World) -> None:
    paper = Paper().moves("UAF0000001", -500_00, "Salary Payment")
    paper.moves("UAF0000001", -9_00, "Salary Payment Charge")

    done = await imports(world, paper)

    assert done.statement.found == Found(agreed=1, missing_here=1)
    assert sorted(world.booked()) == [(1900, 1010, 50_000), (5010, 1010, 900)]


async def test_a_transfer_is_booked_by_each_statement_on_its_own_side(world: World) -> None:
    there = Paper().moves("UAF0000001", -700_00, "Organization Settlement")
    here = Paper(account="Working Account").moves(
        "UAF0000001", 700_00, "Organization Settlement"
    )

    await imports(world, here)
    await imports(world, there)

    assert sorted(world.booked()) == [(1030, 1050, 70_000), (1050, 1010, 70_000)]
    assert found(world) == []


# ── what differs, and what the statement lacks ───────────────────────────────────────────


async def test_another_amount_changes_nothing_until_somebody_says_so(world: World) -> None:
    await has_heard(world, "UAF0000001", shillings=100)
    before = world.booked()

    done = await imports(world, Paper().paid("UAF0000001", 110))

    assert done.statement.found == Found(amount_differs=1)
    (row,) = world.rows(breaks)
    assert (row.ours_cents, row.theirs_cents, row.cause) == (10_000, 11_000, "amount")
    assert world.booked() == before


async def test_resolving_lets_the_books_follow_by_the_difference(world: World) -> None:
    await has_heard(world, "UAF0000001", shillings=100)
    await imports(world, Paper().paid("UAF0000001", 110))
    (row,) = world.rows(breaks)

    done = await resolve_break(
        world.deps, BreakId(row.id), MINE, by="Achieng", note="till slip", adjust_books=True
    )

    assert (done.resolved_by, done.adjusted) == ("Achieng", True)
    assert (1010, 2100, 1_000) in world.booked()
    with pytest.raises(Clashes) as again:
        await resolve_break(world.deps, BreakId(row.id), MINE, by="Otieno", note="too late")
    assert again.value.code == "break_resolved"


async def test_a_receipt_that_the_statement_lacks_is_a_break(world: World) -> None:
    await has_heard(world, "UAF0000001", "UAF0000002")

    done = await imports(world, Paper().paid("UAF0000001"))

    assert done.statement.found == Found(agreed=1, missing_there=1)
    assert found(world) == [("missing_there", "not_shown", "open", None, "UAF0000002")]


async def test_the_line_that_comes_later_resolves_it(world: World) -> None:
    await has_heard(world, "UAF0000001", "UAF0000002")
    await imports(world, Paper().paid("UAF0000001"))

    await imports(world, Paper().paid("UAF0000001").paid("UAF0000002"))

    assert found(world) == [("missing_there", "not_shown", "resolved", "pokea", "UAF0000002")]


async def test_a_statement_with_a_gap_accuses_nobody(world: World) -> None:
    await has_heard(world, "UAF0000001", "UAF0000002")
    paper = Paper().paid("UAF0000001").paid("UAF0000003").paid("UAF0000004")
    del paper.rows[1]

    done = await imports(world, paper)

    assert done.statement.balances.whole is False
    assert done.statement.found.missing_there == 0


async def test_outside_its_period_a_statement_says_nothing(world: World) -> None:
    await has_heard(world, "UAF0000001")
    yesterday = Paper(day=NOW.date() - timedelta(days=1))

    done = await imports(world, yesterday.paid("UAF0000009", at=NOW - timedelta(days=1)))

    assert done.statement.found == Found(missing_here=1)


async def test_a_payment_on_a_word_alone_is_looked_for(world: World) -> None:
    attempt = await world.opens(100)
    world.provider.otherwise = SaysPaid()
    await world.passes(minutes=5)
    assert (await world.attempt(attempt.id)).receipt is None
    assert (await world.attempt(attempt.id)).state is AttemptState.SUCCEEDED

    await imports(world, Paper().paid("UAF0000009", 77))

    assert ("missing_there", "no_receipt", "open", None, None) in found(world)
