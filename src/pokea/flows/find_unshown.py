"""What the books have and no statement shows, and breaks whose cause is gone.

Silence means something only where statements cover the whole time, and at the very edges of
that not even there: M-PESA's clock and a callback's differ by moments.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from pokea.daraja.values import Money
from pokea.domain.ids import BreakId, StatementId
from pokea.domain.reconciliation import (
    MACHINE,
    Break,
    BreakKind,
    Cause,
    Scope,
    business_day,
    resolve,
)
from pokea.domain.statement import Period, Side
from pokea.domain.statement_import import StatementImport, joined
from pokea.flows.deps import Deps
from pokea.flows.ports import Tx, Unshown

EDGE: Final = timedelta(minutes=2)
"""So near to the end of what is covered, a line may stand just beyond it."""


def find_unshown(tx: Tx, deps: Deps, scope: Scope, read: StatementImport, at: datetime) -> None:
    """Open a break for all money that a statement should show and does not.

    Looked through is what has arrived since the last import before this period, so money that
    came late for an older day is found too.
    """
    if not scope.collects or read.covers is None:
        return
    covered = joined([*tx.statements.covered(scope), read.covers])
    since = tx.statements.looked_at_before(scope, read.covers.start - EDGE)
    unshown = tx.breaks.unshown(scope, _inner(covered), since)
    _open(tx, deps, scope, read.id, unshown, at)


def resolve_gone(tx: Tx, scope: Scope, at: datetime) -> None:
    """Resolve the breaks that have ended by themselves."""
    gone = tx.breaks.gone(scope)
    tx.breaks.save([resolve(one, by=MACHINE, note="its cause is gone", at=at) for one in gone])


def _open(
    tx: Tx,
    deps: Deps,
    scope: Scope,
    statement_id: StatementId,
    unshown: Sequence[Unshown],
    at: datetime,
) -> None:
    subjects = {one.subject for one in unshown}
    if not subjects:
        return
    known = tx.breaks.of_subjects(scope, BreakKind.MISSING_THERE, subjects)
    closed = tx.days.closed(scope.shortcode_id, {business_day(one.at) for one in unshown})
    tx.breaks.add(
        [
            Break(
                id=BreakId(deps.ids.new("break")),
                account_id=scope.collector.account_id,
                livemode=scope.collector.livemode,
                shortcode_id=scope.shortcode_id,
                account=scope.account,
                statement_id=statement_id,
                kind=BreakKind.MISSING_THERE,
                cause=Cause.NO_RECEIPT if one.receipt is None else Cause.NOT_SHOWN,
                subject=one.subject,
                receipt=one.receipt,
                side=Side.IN,
                ours=one.amount,
                theirs=Money.zero(),
                at=one.at,
                day=business_day(at if business_day(one.at) in closed else one.at),
                opened_at=at,
            )
            for one in unshown
            if one.subject not in known
        ]
    )


def _inner(covered: Sequence[Period]) -> list[Period]:
    return [
        Period(start=one.start + EDGE, end=one.end - EDGE)
        for one in covered
        if one.end - one.start > 2 * EDGE
    ]
