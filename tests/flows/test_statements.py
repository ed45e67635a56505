"""Statements are imported, compared with the books, and change them where only they know."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pokea.flows.take_receipts import take_receipts

from harness.examples import ACCOUNT, NOW, SHORTCODE, TILL, named
from harness.paper import Paper, opened, receipt_code
from harness.world import World, a_world
from pokea.daraja.values import Money, Receipt, Shortcode
from pokea.domain.attempt import AttemptState
from pokea.domain.corroboration import Witness
from pokea.domain.ids import BreakId, ShortcodeId
from pokea.domain.payment import PaymentState
from pokea.domain.receipt import Collector, MoneyHeard
from pokea.domain.statement import StatementAccount
from pokea.domain.statement_import import Found, Tally
from pokea.flows import import_statement as flow
from pokea.flows.errors import Clashes, NotFound, Unacceptable
from pokea.flows.import_statement import Imported, ImportOrder, import_statement
from pokea.flows.ports import BreakFilter, SaysPaid, Tx
from pokea.flows.resolve_break import of_merchant, resolve_break
from pokea.statement_file import StatementFile
from pokea.store.tables import (
    breaks,
    events,
    journals,
    receipts,
    statement_faults,
    statement_lines,
    statements,
)

pytestmark = pytest.mark.anyio

LATER = timedelta(hours=4)
ORDER = ImportOrder(account_id=ACCOUNT, livemode=False, shortcode=SHORTCODE, by="Achieng")
MINE = of_merchant(ACCOUNT, livemode=False)


PAYBILL = Collector(
    id=ShortcodeId(named("sc", 1)),
    account_id=ACCOUNT,
    livemode=False,
    shortcode=SHORTCODE,
    till=None,
)


@pytest.fixture
async def world(database_url: str, anyio_backend: str) -> AsyncGenerator[World]:
    assert anyio_backend == "asyncio"
    async with a_world(database_url) as made:
        await made.deps.db.write(lambda tx: tx.shortcodes.add(PAYBILL, NOW))
        yield made


async def has_heard(world: World, *codes: str, shillings: int = 100) -> None:
    """Confirmations of payments by hand arrived an hour ago."""
    told = [
        MoneyHeard(
            receipt=Receipt(code),
            shortcode=SHORTCODE,
            amount=Money.shillings(shillings),
            paid_at=NOW,
            witness=Witness.C2B_CONFIRMATION,
            account="INV-9",
        )
        for code in codes
    ]

    def write(tx: Tx) -> None:
        take_receipts(tx, world.deps, PAYBILL, told, NOW)

    await world.deps.db.write(write)


async def imports(world: World, paper: Paper | StatementFile, **changed: Any) -> Imported:
    """Somebody imports a statement, at noon."""
    world.clock.at = max(world.clock.at, NOW + LATER)
    file = paper.file() if isinstance(paper, Paper) else paper
    return await import_statement(world.deps, file, replace(ORDER, **changed))


def found(world: World) -> list[tuple[str, str, str, str | None, str]]:
    """Kind, cause, state, who resolved it and receipt of every break."""
    return [
        (row.kind, row.cause, row.state, row.resolved_by, row.receipt)
        for row in sorted(world.rows(breaks), key=lambda row: row.receipt or "")
    ]


def everything(world: World) -> Sequence[int]:
    tables = (statements, statement_lines, statement_faults, breaks, receipts, journals, events)
    return [len(world.rows(table)) for table in tables]


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


# ── again, and in pieces ─────────────────────────────────────────────────────────────────


async def test_the_same_file_again_changes_nothing(world: World) -> None:
    paper = Paper().paid("UAF0000001").moves("UAF0000002", -5_00, "Salary Payment")
    first = await imports(world, paper)
    before = everything(world)

    again = await imports(world, paper)

    assert again.repeated
    assert again.statement.id == first.statement.id
    assert everything(world) == before


async def test_of_an_overlapping_export_only_new_lines_count(world: World) -> None:
    await imports(world, Paper().paid("UAF0000001").paid("UAF0000002"))
    whole = Paper().paid("UAF0000001").paid("UAF0000002").paid("UAF0000003")

    done = await imports(world, whole)

    assert done.statement.tally == Tally(lines=3, known=2)
    assert done.statement.found == Found(missing_here=1)
    assert len(world.rows(receipts)) == 3


async def test_repeated_lines_in_another_order_count_once(world: World) -> None:
    paper = Paper()
    for number in range(20):
        paper.paid(receipt_code(number), at=NOW + timedelta(seconds=number))
    paper.rows += paper.rows[:5]

    done = await imports(world, paper.shuffled())

    assert done.statement.tally == Tally(lines=20, repeated=5)
    assert done.statement.balances.whole is True
    assert len(world.rows(receipts)) == 20


class Dies(Exception):
    """The process is gone."""


async def test_what_was_broken_off_goes_on_to_the_same_end(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "PIECE", 4)
    paper = Paper()
    for number in range(10):
        paper.paid(receipt_code(number), at=NOW + timedelta(seconds=number))

    def dies(rows: int) -> None:
        if rows >= 8:
            raise Dies

    world.clock.at = NOW + LATER
    with pytest.raises(Dies):
        await import_statement(world.deps, paper.file(), ORDER, dies)
    halfway = len(world.rows(receipts))
    done = await imports(world, paper)

    assert 0 < halfway < 10
    assert not done.repeated
    assert done.statement.found == Found(missing_here=10)
    assert done.statement.tally == Tally(lines=10)
    assert len(world.rows(receipts)) == 10
    assert len(world.booked()) == 10


async def test_rows_that_cannot_be_read_are_kept_with_their_numbers(world: World) -> None:
    paper = Paper().paid("UAF0000001")
    paper.rows.append(["UAF0000002", "never", "?", "Completed", "", "5.00", "", "", "", ""])

    done = await imports(world, paper)

    faults = await world.deps.db.read(lambda tx: tx.statements.faults(done.statement.id, 10))
    assert [(fault.number, '"never"' in fault.reason) for fault in faults] == [(6, True)]
    assert done.statement.covers is None


# ── whose statement ──────────────────────────────────────────────────────────────────────


async def test_a_statement_of_another_business_is_refused(world: World) -> None:
    with pytest.raises(Unacceptable) as refused:
        await imports(world, Paper(shortcode="600999").paid("UAF0000001"))

    assert refused.value.code == "statement_of_another"
    assert world.rows(statements) == []


async def test_an_account_that_the_file_names_otherwise_is_refused(world: World) -> None:
    with pytest.raises(Unacceptable):
        await imports(world, Paper().paid("UAF0000001"), account=StatementAccount.WORKING)


async def test_a_file_that_says_no_account_takes_the_one_that_is_named(world: World) -> None:
    text = Paper().moves("UAF0000001", -9_00, "Pay Bill Charge").text()
    file = opened(text.replace("Account,Utility Account\r\n", ""))

    await imports(world, file, account=StatementAccount.CHARGES)

    assert world.booked() == [(5010, 1040, 900)]


async def test_a_shortcode_that_never_collected_is_named(world: World) -> None:
    with pytest.raises(Clashes) as refused:
        await imports(world, Paper().paid("UAF0000001"), shortcode=Shortcode("600111"))

    assert refused.value.code == "shortcode_unknown"


async def test_a_file_beyond_the_limit_is_refused_before_anything(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "LINES_MAX", 3)

    with pytest.raises(Unacceptable):
        await imports(world, Paper().paid("UAF0000001"))
    assert world.rows(statements) == []


async def test_a_till_collects_in_its_merchant_account(world: World) -> None:
    await world.deps.db.write(lambda tx: tx.shortcodes.change_till(PAYBILL.id, TILL))
    paper = Paper(shortcode=TILL.digits, account="Merchant Account")

    await imports(world, paper.paid("UAF0000001"))

    assert world.booked() == [(1020, 2100, 10_000)]


# ── breaks ───────────────────────────────────────────────────────────────────────────────


async def test_what_stands_in_suspense_is_resolved_by_a_note_alone(world: World) -> None:
    await imports(world, Paper().moves("UAF0000001", -5_00, "Salary Payment"))
    (row,) = world.rows(breaks)

    with pytest.raises(Clashes) as refused:
        await resolve_break(
            world.deps, BreakId(row.id), MINE, by="Achieng", note="?", adjust_books=True
        )
    await resolve_break(world.deps, BreakId(row.id), MINE, by="Achieng", note="wages")

    assert refused.value.code == "nothing_to_adjust"
    assert world.booked() == [(1900, 1010, 500)]


async def test_somebody_elses_break_does_not_exist(world: World) -> None:
    await imports(world, Paper().moves("UAF0000001", -5_00, "Salary Payment"))
    (row,) = world.rows(breaks)

    with pytest.raises(NotFound):
        await resolve_break(
            world.deps,
            BreakId(row.id),
            of_merchant(ACCOUNT, livemode=True),
            by="Otieno",
            note="mine",
        )


async def test_items_come_in_pages_and_by_kind(world: World) -> None:
    await has_heard(world, "UAF0000001", shillings=5)
    paper = Paper().paid("UAF0000001", 6)
    for number in range(2, 6):
        paper.moves(receipt_code(number), -5_00, "Salary Payment")
    done = await imports(world, paper)

    def read(tx: Tx) -> list[int]:
        wanted = BreakFilter(statement_id=done.statement.id, limit=2)
        first = tx.breaks.page(wanted)
        rest = tx.breaks.page(replace(wanted, starting_after=first[1].id, limit=10))
        differing = replace(wanted, kind=first[0].kind, limit=10)
        return [len(first), len(rest), len(tx.breaks.page(differing))]

    pages = await world.deps.db.read(read)

    assert pages[:2] == [3, 3]
    assert pages[2] in {1, 4}
