"""A file is imported once, in pieces, for the account that it is of."""

from dataclasses import replace
from datetime import timedelta

import pytest

from harness.examples import ACCOUNT, NOW, TILL
from harness.paper import Paper, opened, receipt_code
from harness.reconciling import (
    LATER,
    MINE,
    ORDER,
    everything,
    has_heard,
    imports,
    resolves,
)
from harness.world import World
from pokea.daraja.values import Shortcode
from pokea.domain.attempt import AttemptState
from pokea.domain.ids import BreakId
from pokea.domain.payment import PaymentState
from pokea.domain.reconciliation import BreakKind
from pokea.domain.statement import StatementAccount
from pokea.domain.statement_import import Found, Tally
from pokea.flows import import_statement as flow
from pokea.flows.errors import Clashes, NotFound, Unacceptable
from pokea.flows.import_statement import import_statement
from pokea.flows.link_chain import link_chain
from pokea.flows.ports import BreakFilter, Tx
from pokea.flows.resolve_break import of_merchant, resolve_break
from pokea.store.tables import breaks, receipts, statements

pytestmark = pytest.mark.anyio


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
    await world.deps.db.write(lambda tx: tx.shortcodes.change_till(world.collector.id, TILL))
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
        differing = replace(wanted, kind=BreakKind.AMOUNT_DIFFERS, limit=10)
        return [len(first), len(rest), len(tx.breaks.page(differing))]

    assert await world.deps.db.read(read) == [3, 3, 1]


async def test_after_all_of_it_the_books_are_sound(world: World) -> None:
    attempt = await world.opens(100)
    await has_heard(world, "UAF0000001", "UAF0000002")
    paper = Paper().paid("UAF0000001", 110).paid("UAF0000003", typed="INV-1")
    paper.moves("UAF0000004", -5_00, "Salary Payment").moves("UAF0000005", 7_00, "New words")
    await imports(world, paper)
    for row in world.rows(breaks):
        if row.state == "open":
            await resolves(world, row, adjust_books=row.kind != "missing_here")

    await link_chain(world.deps.db)
    report = await world.deps.auditor.report(world.clock.now())

    assert await world.stands(attempt) == (AttemptState.SUCCEEDED, PaymentState.SUCCEEDED)
    assert [finding.detail for finding in report.broken] == []
