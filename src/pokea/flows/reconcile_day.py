"""A business day is looked at, and closed when nothing stands against it.

Looking repairs: breaks whose cause is gone are resolved, and money that arrived for the day
after its statement was imported is looked for in it.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from pokea.daraja.values import Shortcode
from pokea.domain.day_close import AccountDay, ClosedDay, DayFigures, obstacles
from pokea.domain.receipt import Collector
from pokea.domain.reconciliation import (
    LEDGER_ACCOUNTS,
    Break,
    Scope,
    collecting_account,
)
from pokea.domain.statement_import import covers_day
from pokea.flows.deps import Deps
from pokea.flows.errors import Clashes
from pokea.flows.find_unshown import find_unshown, resolve_gone
from pokea.flows.ports import BreakFilter, Tx

SHOWN_MAX: Final = 100
"""Breaks that a look at a day shows; a day with more has one cause, not a hundred."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayReport:
    """A day, why it cannot be closed (empty when it can), and its open breaks."""

    collector: Collector
    figures: DayFigures
    obstacles: tuple[str, ...]
    breaks: tuple[Break, ...]


async def look_at_day(
    deps: Deps, shortcode: Shortcode, day: date, *, livemode: bool
) -> DayReport:
    """A day's figures and open breaks.

    Raises:
        Refusal: Pokea does not collect on this shortcode.
    """
    return await deps.db.write(lambda tx: _look(tx, deps, shortcode, day, livemode=livemode))


async def close_day(
    deps: Deps, shortcode: Shortcode, day: date, by: str, *, livemode: bool
) -> DayReport:
    """Close a day if nothing stands against it; the report says whether it is closed now.

    Raises:
        Refusal: Pokea does not collect on this shortcode.
    """

    def write(tx: Tx) -> DayReport:
        report = _look(tx, deps, shortcode, day, livemode=livemode)
        if report.obstacles or report.figures.closed is not None:
            return report
        closed = ClosedDay(
            day=day,
            closed_at=deps.clock.now(),
            closed_by=by,
            accounts=report.figures.accounts,
        )
        tx.days.close(report.collector.id, closed)
        return replace(report, figures=replace(report.figures, closed=closed))

    return await deps.db.write(write)


def _look(tx: Tx, deps: Deps, shortcode: Shortcode, day: date, *, livemode: bool) -> DayReport:
    collector = tx.shortcodes.of(shortcode, livemode=livemode)
    if collector is None:
        raise Clashes(
            "shortcode_unknown",
            f"Pokea does not collect on {shortcode} yet; start pokea serve once.",
        )
    now = deps.clock.now()
    known = tx.days.closed(collector.id, [day, day - timedelta(days=1)])
    scopes = [Scope(collector=collector, account=one) for one in LEDGER_ACCOUNTS.values()]
    if day not in known:
        for scope in scopes:
            _repair(tx, deps, scope, now)
    figures = DayFigures(
        day=day,
        accounts=known[day].accounts if day in known else _accounts(tx, scopes, day),
        collecting=collecting_account(collector),
        open_breaks=tx.days.open_breaks(collector.id, day),
        in_doubt=tuple(tx.days.in_doubt(collector.shortcode, day, livemode=livemode)),
        unmatched=tx.days.unmatched(
            collector.shortcode, collector.account_id, livemode=livemode
        ),
        closed=known.get(day),
        before=known.get(day - timedelta(days=1)),
    )
    wanted = BreakFilter(shortcode_id=collector.id, day=day, open_only=True, limit=SHOWN_MAX)
    return DayReport(
        collector=collector,
        figures=figures,
        obstacles=() if day in known else tuple(obstacles(figures, now)),
        breaks=tuple(tx.breaks.page(wanted)[:SHOWN_MAX]),
    )


def _repair(tx: Tx, deps: Deps, scope: Scope, now: datetime) -> None:
    resolve_gone(tx, scope, now)
    latest = tx.statements.latest(scope)
    if latest is not None:
        find_unshown(tx, deps, scope, latest, now)


def _accounts(tx: Tx, scopes: list[Scope], day: date) -> tuple[AccountDay, ...]:
    found = [
        replace(
            tx.days.figures(scope, day), covered=covers_day(tx.statements.covered(scope), day)
        )
        for scope in scopes
    ]
    return tuple(
        one
        for one, scope in zip(found, scopes, strict=True)
        if scope.collects or one.has_moved or one.covered
    )
