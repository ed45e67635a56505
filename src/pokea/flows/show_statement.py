"""Looking at imports and their items, as their merchant."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pokea.daraja.values import Shortcode
from pokea.domain.errors import Bug
from pokea.domain.ids import AccountId, StatementId
from pokea.domain.reconciliation import Break
from pokea.domain.statement import Faulty
from pokea.domain.statement_import import StatementImport
from pokea.flows.deps import Deps
from pokea.flows.errors import NotFound
from pokea.flows.ports import BreakFilter, StatementFilter, Tx

FAULTS_MAX: Final = 100
"""Rows that could not be read and are shown; a file with more has one cause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownStatement:
    """An import with what is shown beside it."""

    statement: StatementImport
    shortcode: Shortcode
    open_items: int
    faults: tuple[Faulty, ...] = ()


async def show_statement(
    deps: Deps, statement_id: StatementId, account_id: AccountId, *, livemode: bool
) -> ShownStatement:
    """One import of a merchant's.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """

    def read(tx: Tx) -> ShownStatement:
        found = _own(tx, statement_id, account_id, livemode=livemode)
        return _shown(tx, found, faults=tx.statements.faults(found.id, FAULTS_MAX))

    return await deps.db.read(read)


async def show_statements(deps: Deps, wanted: StatementFilter) -> list[ShownStatement]:
    """A page of imports, newest first, and one more when there is a next page."""
    return await deps.db.read(
        lambda tx: [_shown(tx, one) for one in tx.statements.page(wanted)]
    )


async def show_breaks(
    deps: Deps, wanted: BreakFilter, account_id: AccountId, *, livemode: bool
) -> list[Break]:
    """A page of an import's items, oldest first, and one more when there is a next page.

    Raises:
        NotFound: there is no such import, or it is somebody else's.
    """

    def read(tx: Tx) -> list[Break]:
        if wanted.statement_id is not None:
            _own(tx, wanted.statement_id, account_id, livemode=livemode)
        return tx.breaks.page(wanted)

    return await deps.db.read(read)


def _own(
    tx: Tx, statement_id: StatementId, account_id: AccountId, *, livemode: bool
) -> StatementImport:
    found = tx.statements.get(statement_id)
    if found is None or found.account_id != account_id or found.livemode is not livemode:
        raise NotFound("reconciliation_not_found", "There is no such reconciliation.")
    return found


def _shown(tx: Tx, one: StatementImport, *, faults: Sequence[Faulty] = ()) -> ShownStatement:
    collector = tx.shortcodes.get(one.shortcode_id)
    if collector is None:
        raise Bug(f"{one.id} is of no shortcode")
    return ShownStatement(
        statement=one,
        shortcode=collector.shortcode,
        open_items=tx.breaks.open_of(one.id),
        faults=tuple(faults),
    )
