"""A statement is imported: read piece by piece, compared, and what it covers is looked through.

Each piece is one transaction, and every line has an identity, so a process that dies half-way
loses nothing and doubles nothing: the same file goes on where it stopped, and in the end is the
same. The same file again changes nothing. Source: STATE_MACHINES section 9.
"""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Final, Protocol

from pokea.daraja.values import Money, Shortcode
from pokea.domain.errors import Bug
from pokea.domain.event import Event, EventType, event_body
from pokea.domain.ids import AccountId, EventId, StatementId
from pokea.domain.receipt import Collector
from pokea.domain.reconciliation import LEDGER_ACCOUNTS, Scope, collecting_account
from pokea.domain.statement import Row, StatementAccount, StatementLine
from pokea.domain.statement_import import ImportState, Reading, StatementImport
from pokea.domain.statement_layout import Layout
from pokea.flows.compare_lines import Comparison, compare_lines
from pokea.flows.deps import Deps
from pokea.flows.errors import Clashes, Unacceptable
from pokea.flows.find_unshown import find_unshown, resolve_gone
from pokea.flows.give_back import give_back
from pokea.flows.ports import Tx
from pokea.flows.publish import publish
from pokea.flows.represent_statement import represent_statement

PIECE: Final = 1000
"""Lines in one transaction: short enough that on SQLite no callback waits for long."""

LINES_MAX: Final = 250_000
"""Rows of one file: a month of a busy paybill. The identities of all are held in memory."""


class StatementSource(Protocol):
    """An opened file; ``rows`` begins at its first row again whenever it is called."""

    @property
    def name(self) -> str: ...  # noqa: D102 - the class says it
    @property
    def sha256(self) -> bytes: ...  # noqa: D102
    @property
    def length(self) -> int: ...  # noqa: D102
    @property
    def layout(self) -> Layout: ...  # noqa: D102

    def rows(self) -> Iterator[Row]:
        """Every row with its number."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOrder:
    """Who has a statement imported, and for what. ``account`` is for a file that says none."""

    account_id: AccountId
    livemode: bool
    shortcode: Shortcode
    by: str
    account: StatementAccount | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """The import as it is; ``repeated`` when this very file had been imported before."""

    statement: StatementImport
    repeated: bool


async def import_statement(
    deps: Deps,
    file: StatementSource,
    order: ImportOrder,
    tell: Callable[[int], None] = lambda _rows: None,
) -> Imported:
    """Import a file; ``tell`` hears how many of its rows are done.

    Raises:
        Refusal: the file is not of this merchant's shortcode, or too long.
    """
    if file.length > LINES_MAX:
        raise Unacceptable(
            "statement_too_long",
            f"The file has {file.length:,} rows; at most {LINES_MAX:,} are imported at once."
            " Export fewer days at a time.",
            param="file",
        )
    scope = await deps.db.read(lambda tx: _scope(tx, file.layout, order))
    at = deps.clock.now()
    begun = await deps.db.write(lambda tx: _begin(tx, deps, file, order, scope))
    if begun.state is ImportState.COMPLETED:
        return Imported(statement=begun, repeated=True)
    reading, rows, done = Reading(layout=file.layout, until=at), file.rows(), 0
    while piece := await asyncio.to_thread(lambda: list(islice(rows, PIECE))):
        lines = await asyncio.to_thread(reading.take, piece)
        if lines:
            comparison = Comparison(statement_id=begun.id, scope=scope, at=deps.clock.now())
            await deps.db.write(_comparing(deps, comparison, lines))
        done += len(piece)
        tell(done)
    finished = await deps.db.write(lambda tx: _finish(tx, deps, begun.id, scope, reading))
    return Imported(statement=finished, repeated=False)


def _comparing(
    deps: Deps, comparison: Comparison, lines: list[StatementLine]
) -> Callable[[Tx], None]:
    return lambda tx: compare_lines(tx, deps, comparison, lines)


# ── whose statement it is ────────────────────────────────────────────────────────────────


def _scope(tx: Tx, layout: Layout, order: ImportOrder) -> Scope:
    collector = tx.shortcodes.of(order.shortcode, livemode=order.livemode)
    if collector is None:
        raise Clashes(
            "shortcode_unknown",
            f"Pokea does not collect on {order.shortcode} yet; start pokea serve once.",
        )
    told = layout.head.shortcode
    if told not in {None, collector.shortcode, collector.till}:
        raise Unacceptable(
            "statement_of_another",
            f"This is a statement of {told}; this installation collects on"
            f" {_collects_on(collector)}.",
            param="file",
        )
    account = layout.head.account
    if None not in {account, order.account} and account is not order.account:
        raise Unacceptable(
            "statement_of_another",
            f"The file says that it is of the {account} account, not of the {order.account}.",
            param="account",
        )
    found = account or order.account
    ledger = collecting_account(collector) if found is None else LEDGER_ACCOUNTS[found]
    return Scope(collector=collector, account=ledger)


def _collects_on(collector: Collector) -> str:
    till = "" if collector.till is None else f" (till {collector.till})"
    return f"{collector.shortcode}{till}"


def _begin(
    tx: Tx, deps: Deps, file: StatementSource, order: ImportOrder, scope: Scope
) -> StatementImport:
    known = tx.statements.with_file(file.sha256, order.account_id, livemode=order.livemode)
    if known is not None:
        return known
    new = StatementImport(
        id=StatementId(deps.ids.new("statement")),
        account_id=order.account_id,
        livemode=order.livemode,
        shortcode_id=scope.shortcode_id,
        account=scope.account,
        file_name=file.name,
        file_sha256=file.sha256,
        imported_by=order.by,
        created_at=deps.clock.now(),
    )
    tx.statements.add(new)
    return new


# ── the end ──────────────────────────────────────────────────────────────────────────────


def _finish(
    tx: Tx, deps: Deps, statement_id: StatementId, scope: Scope, reading: Reading
) -> StatementImport:
    begun = tx.statements.get(statement_id)
    if begun is None:
        raise Bug(f"{statement_id} is gone")
    if begun.state is ImportState.COMPLETED:
        return begun  # another process read the same file, and was quicker
    at = deps.clock.now()
    read = replace(
        begun,
        period=reading.period,
        balances=reading.balances,
        paid_in=Money.cents(reading.paid_in),
        withdrawn=Money.cents(reading.withdrawn),
        tally=reading.tally(),
        seen_up_to=tx.breaks.newest_receipt(scope),
    )
    tx.statements.add_faults(statement_id, reading.faults)
    if scope.collects:
        give_back(tx, deps, scope, at)
    resolve_gone(tx, scope, at)
    find_unshown(tx, deps, scope, read, at)
    found = tx.statements.found(statement_id)
    known = read.tally.lines - found.agreed - found.missing_here - found.amount_differs
    finished = replace(
        read,
        state=ImportState.COMPLETED,
        completed_at=at,
        tally=reading.tally(known=known),
        found=found,
    )
    tx.statements.save(finished)
    publish(tx, deps.ids, _events(tx, deps, scope, finished, at))
    return finished


def _events(
    tx: Tx, deps: Deps, scope: Scope, finished: StatementImport, at: datetime
) -> list[Event]:
    left = tx.breaks.open_of(finished.id)
    told = [EventType.RECONCILIATION_COMPLETED]
    if left:
        told.append(EventType.RECONCILIATION_DIFFERENCE)
    shown = represent_statement(finished, scope.collector.shortcode, open_items=left)
    events: list[Event] = []
    for sequence, kind in enumerate(told, start=1):
        event_id = EventId(deps.ids.new("event"))
        events.append(
            Event(
                id=event_id,
                account_id=finished.account_id,
                livemode=finished.livemode,
                type=kind,
                object_id=finished.id,
                sequence=sequence,
                at=at,
                body=event_body(
                    event_id=event_id, kind=kind, at=at, sequence=sequence, obj=shown
                ),
            )
        )
    return events
