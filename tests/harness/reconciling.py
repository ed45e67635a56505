"""Reconciling, as tests tell it: what was heard, what the statement shows, what differs."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from harness.examples import ACCOUNT, NOW, SHORTCODE
from harness.paper import Paper
from harness.world import World
from pokea.daraja.values import Money, Receipt
from pokea.domain.corroboration import Witness
from pokea.domain.ids import BreakId
from pokea.domain.receipt import MoneyHeard
from pokea.flows.import_statement import Imported, ImportOrder, import_statement
from pokea.flows.link_chain import link_chain
from pokea.flows.ports import Tx
from pokea.flows.resolve_break import of_merchant, resolve_break
from pokea.flows.take_receipts import take_receipts
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

LATER: Final = timedelta(hours=4)
ORDER: Final = ImportOrder(
    account_id=ACCOUNT, livemode=False, shortcode=SHORTCODE, by="Achieng"
)
MINE: Final = of_merchant(ACCOUNT, livemode=False)


async def has_heard(world: World, *codes: str, shillings: int = 100) -> None:
    """Confirmations of payments by hand arrived just now."""
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
        take_receipts(tx, world.deps, world.collector, told, world.clock.now())

    await world.deps.db.write(write)


async def imports(world: World, paper: Paper | StatementFile, **changed: Any) -> Imported:
    """Somebody imports a statement, some hours later."""
    world.clock.at = max(world.clock.at, NOW + LATER)
    file = paper.file() if isinstance(paper, Paper) else paper
    return await import_statement(world.deps, file, replace(ORDER, **changed))


async def resolves(world: World, row: Any, *, adjust_books: bool = False) -> None:
    """Somebody resolves a break."""
    await resolve_break(
        world.deps,
        BreakId(row.id),
        MINE,
        by="Achieng",
        note="voucher 77",
        adjust_books=adjust_books,
    )


def found(world: World) -> list[tuple[str, str, str, str | None, str]]:
    """Kind, cause, state, who resolved it and receipt of every break."""
    return [
        (row.kind, row.cause, row.state, row.resolved_by, row.receipt)
        for row in sorted(world.rows(breaks), key=lambda row: row.receipt or "")
    ]


async def unsound(world: World) -> list[str]:
    """What is wrong with the books, when all that is due was done."""
    await world.passes()
    await link_chain(world.deps.db)
    report = await world.deps.auditor.report(world.clock.now())
    return [finding.detail for finding in report.broken]


def everything(world: World) -> Sequence[int]:
    """How many rows there are of everything that an import may add."""
    tables = (statements, statement_lines, statement_faults, breaks, receipts, journals, events)
    return [len(world.rows(table)) for table in tables]
