"""``pokea statement import`` and ``pokea reconcile``: files in, a day's figures out.

They work beside a running ``pokea serve``: each piece of a file is one short transaction.
"""

import asyncio
import contextlib
import getpass
import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from pokea.daraja.values import Shortcode
from pokea.domain.day_close import AccountDay, account_name, shillings
from pokea.domain.event import rfc3339
from pokea.domain.ids import AccountId, BreakId
from pokea.domain.reconciliation import Break, business_day, explain
from pokea.domain.statement import StatementAccount
from pokea.domain.statement_import import StatementImport
from pokea.flows.import_statement import Imported, ImportOrder, import_statement
from pokea.flows.ports import BreakFilter
from pokea.flows.reconcile_day import DayReport, close_day, look_at_day
from pokea.flows.represent_statement import represent_break, represent_statement
from pokea.flows.resolve_break import of_merchant, resolve_break
from pokea.observe import set_up_logs
from pokea.settings import BadSettings, Settings
from pokea.statement_file import open_statement
from pokea.wiring import Gateway, open_beside

SHOWN: Final = 20
"""Open breaks and faults on a screen; the API has all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """An import, and what of it needs somebody."""

    imported: Imported
    shortcode: Shortcode
    open_items: int
    breaks: tuple[Break, ...]
    faults: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What a person says of a break."""

    break_id: str
    note: str
    adjust_books: bool


# ── pokea statement import ───────────────────────────────────────────────────────────────


def import_file(
    settings: Settings, path: Path, *, account: StatementAccount | None, by: str, quiet: bool
) -> ImportReport:
    """Import a file, with a progress bar where somebody looks.

    Raises:
        Refusal: the file is no statement, or not of this installation.
        BadSettings: the gateway was never started here.
    """
    with _beside(settings) as gateway, path.open("rb") as file:
        source = open_statement(file, path.name)
        order = ImportOrder(
            account_id=_merchant(gateway),
            livemode=settings.livemode,
            shortcode=Shortcode(settings.mpesa_shortcode),
            by=by or _operator(),
            account=account,
        )
        with _progress(source.length, quiet=quiet) as tell:
            imported = asyncio.run(import_statement(gateway.deps, source, order, tell))
        return _report(gateway, imported, order.shortcode)


def _report(gateway: Gateway, imported: Imported, shortcode: Shortcode) -> ImportReport:
    name = imported.statement.id
    wanted = BreakFilter(statement_id=name, open_only=True, limit=SHOWN)
    return gateway.db.write_here(
        lambda tx: ImportReport(
            imported=imported,
            shortcode=shortcode,
            open_items=tx.breaks.open_of(name),
            breaks=tuple(tx.breaks.page(wanted)[:SHOWN]),
            faults=tuple(
                (fault.number, fault.reason) for fault in tx.statements.faults(name, SHOWN)
            ),
        )
    )


@contextmanager
def _progress(total: int, *, quiet: bool) -> Generator[Callable[[int], None]]:
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda _done: None
        return
    with Progress(
        TextColumn("Importing"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    ) as progress:
        task = progress.add_task("rows", total=total)
        yield lambda done: progress.update(task, completed=done)


def import_as_text(report: ImportReport, *, as_json: bool) -> str:
    """What the command prints."""
    one = report.imported.statement
    if as_json:
        shown = represent_statement(one, report.shortcode, open_items=report.open_items)
        return json.dumps(
            shown
            | {
                "repeated": report.imported.repeated,
                "faults": [{"line": line, "reason": why} for line, why in report.faults],
                "open_items": [represent_break(item) for item in report.breaks],
            }
        )
    lines = [_headline(report, one)]
    lines += [f"  line {line}: {why}" for line, why in report.faults]
    if len(report.faults) < one.tally.faulty:
        lines.append(f"  … and {one.tally.faulty - len(report.faults)} more")
    lines += [_break_text(item) for item in report.breaks]
    if len(report.breaks) < report.open_items:
        lines.append(f"… and {report.open_items - len(report.breaks)} more open.")
    return "\n".join(lines)


def _headline(report: ImportReport, one: StatementImport) -> str:
    if report.imported.repeated:
        return (
            f"This very file was imported before, as {one.id} by {one.imported_by};"
            f" nothing was changed. {report.open_items} of its items need somebody."
        )
    tally, found = one.tally, one.found
    parts = [
        f"{tally.lines:,} lines",
        f"{found.agreed:,} agreed",
        f"{tally.known:,} known already" if tally.known else "",
        f"{tally.repeated:,} repeated" if tally.repeated else "",
        f"{found.missing_here:,} missing here",
        f"{found.missing_there:,} missing there",
        f"{found.amount_differs:,} differing",
        f"{tally.faulty:,} rows not read" if tally.faulty else "",
        f"{report.open_items:,} need somebody",
    ]
    told = f"{one.id}: " + " · ".join(part for part in parts if part)
    if one.covers is None:
        told += "\nIt does not cover its period: " + _gap(one)
    return told


def _gap(one: StatementImport) -> str:
    if one.tally.faulty:
        return "rows of it could not be read."
    if one.balances.whole is False:
        return "its balances do not lead from one line to the next, so lines are missing."
    return "it has no lines."


# ── pokea reconcile ──────────────────────────────────────────────────────────────────────


def look(settings: Settings, day: date | None, *, close: bool, by: str) -> DayReport:
    """A day's figures, yesterday's where none is named; closed if asked and possible.

    Raises:
        Refusal: Pokea does not collect on this shortcode yet.
    """
    with _beside(settings) as gateway:
        shortcode, livemode = Shortcode(settings.mpesa_shortcode), settings.livemode
        wanted = day or business_day(gateway.deps.clock.now()) - timedelta(days=1)
        if close:
            closing = close_day(
                gateway.deps, shortcode, wanted, by or _operator(), livemode=livemode
            )
            return asyncio.run(closing)
        return asyncio.run(look_at_day(gateway.deps, shortcode, wanted, livemode=livemode))


def resolve(settings: Settings, said: Resolution, *, by: str) -> Break:
    """Resolve a break.

    Raises:
        Refusal: there is none, it is resolved, or there is nothing to adjust.
    """
    with _beside(settings) as gateway:
        return asyncio.run(
            resolve_break(
                gateway.deps,
                BreakId(said.break_id),
                of_merchant(_merchant(gateway), livemode=settings.livemode),
                by=by or _operator(),
                note=said.note,
                adjust_books=said.adjust_books,
            )
        )


def day_as_text(report: DayReport, *, as_json: bool) -> str:
    """What the command prints of a day."""
    figures = report.figures
    if as_json:
        return json.dumps(_day_as_json(report))
    lines = [f"{figures.day:%A %d %B %Y}, {report.collector.shortcode}", _heading()]
    lines += [_account_text(one) for one in figures.accounts]
    if figures.unmatched.receipts:
        lines.append(
            f"Waiting for an owner: {figures.unmatched.receipts} receipts, KES"
            f" {figures.unmatched.amount} (a day may be closed with them)."
        )
    lines += [_break_text(item) for item in report.breaks]
    if figures.closed is not None:
        lines.append(
            f"Closed by {figures.closed.closed_by} at {rfc3339(figures.closed.closed_at)}."
        )
    elif report.obstacles:
        lines.append("The day cannot be closed:")
        lines += [f"  - {reason}" for reason in report.obstacles]
    else:
        lines.append("Books and statement agree; nothing stands against --close.")
    return "\n".join(lines)


def break_as_text(one: Break, *, as_json: bool) -> str:
    """What the command prints of a break that was resolved."""
    if as_json:
        return json.dumps(represent_break(one))
    followed = " The books follow the statement now." if one.adjusted else ""
    return f"{one.id} is resolved by {one.resolved_by}.{followed}"


def _day_as_json(report: DayReport) -> dict[str, object]:
    figures = report.figures
    closed = figures.closed
    return {
        "object": "business_day",
        "day": figures.day.isoformat(),
        "shortcode": report.collector.shortcode.digits,
        "accounts": [_account_as_json(one) for one in figures.accounts],
        "open_breaks": figures.open_breaks,
        "in_doubt": [one.attempt_id for one in figures.in_doubt],
        "unmatched": {
            "receipts": figures.unmatched.receipts,
            "amount": str(figures.unmatched.amount),
        },
        "can_close": not report.obstacles and closed is None,
        "obstacles": list(report.obstacles),
        "closed_at": None if closed is None else rfc3339(closed.closed_at),
        "closed_by": None if closed is None else closed.closed_by,
        "breaks": [represent_break(item) for item in report.breaks],
    }


def _account_as_json(one: AccountDay) -> dict[str, object]:
    return {
        "account": one.account.value,
        "name": account_name(one.account),
        "covered": one.covered,
        "lines": one.lines,
        "books_in": str(one.ledger_in),
        "books_out": str(one.ledger_out),
        "paid_in": str(one.paid_in),
        "withdrawn": str(one.withdrawn),
        "opening_balance": None if one.opening is None else shillings(one.opening),
        "closing_balance": None if one.closing is None else shillings(one.closing),
        "difference": shillings(one.difference),
    }


def _heading() -> str:
    heads = ("books in", "paid in", "books out", "withdrawn", "closing", "difference")
    return f"{'':22}" + "".join(f"{head:>16}" for head in heads)


def _account_text(one: AccountDay) -> str:
    figures = (
        str(one.ledger_in),
        str(one.paid_in) if one.covered else "no statement",
        str(one.ledger_out),
        str(one.withdrawn) if one.covered else "",
        "" if one.closing is None else shillings(one.closing),
        shillings(one.difference) if one.covered else "",
    )
    return f"{account_name(one.account):22}" + "".join(f"{text:>16}" for text in figures)


# ── what both need ───────────────────────────────────────────────────────────────────────


def _break_text(one: Break) -> str:
    told = explain(one)
    receipt = "" if one.receipt is None else f" {one.receipt}"
    return (
        f"{one.id}  {told.owner}: {one.kind.value.replace('_', ' ')}{receipt},"
        f" here KES {one.ours}, M-PESA KES {one.theirs} {one.side.value}\n"
        f"    {told.reason}\n    {told.action}"
    )


@contextmanager
def _beside(settings: Settings) -> Generator[Gateway]:
    set_up_logs(level=settings.pokea_log_level)
    gateway = open_beside(settings)
    try:
        yield gateway
    finally:
        gateway.close()


def _merchant(gateway: Gateway) -> AccountId:
    first = gateway.db.write_here(lambda tx: tx.accounts.first())
    if first is None:
        raise BadSettings("There is no merchant yet. Make one first: pokea init")
    return first


def _operator() -> str:
    """Who is at the keyboard, as far as the machine knows."""
    with contextlib.suppress(OSError, KeyError):
        return getpass.getuser()
    return "the command line"
