"""A person has looked at a break: what it was, and whether the books follow the statement."""

from collections.abc import Callable

from pokea.domain.ids import AccountId, BreakId
from pokea.domain.reconciliation import Break, BreakState, Scope, resolve
from pokea.domain.statement_books import adjustment
from pokea.flows.deps import Deps
from pokea.flows.errors import Clashes, NotFound
from pokea.flows.ports import Tx


async def resolve_break(
    deps: Deps,
    break_id: BreakId,
    owned_by: Callable[[Break], bool],
    *,
    by: str,
    note: str,
    adjust_books: bool = False,
) -> Break:
    """Resolve a break. With ``adjust_books`` the difference is booked as M-PESA shows it.

    Raises:
        Refusal: there is no such break, it is resolved, or there is nothing to adjust.
    """

    def write(tx: Tx) -> Break:
        one = tx.breaks.lock(break_id)
        if one is None or not owned_by(one):
            raise NotFound("break_not_found", "There is no such item.")
        if one.state is BreakState.RESOLVED:
            raise Clashes("break_resolved", f"{one.resolved_by} has resolved it: {one.note}")
        if adjust_books:
            _adjust(tx, deps, one)
        resolved = resolve(one, by=by, note=note, at=deps.clock.now(), adjusted=adjust_books)
        tx.breaks.save([resolved])
        return resolved

    return await deps.db.write(write)


def of_merchant(account_id: AccountId, *, livemode: bool) -> Callable[[Break], bool]:
    """Whether a break is this merchant's, in this mode."""
    return lambda one: one.account_id == account_id and one.livemode is livemode


def _adjust(tx: Tx, deps: Deps, one: Break) -> None:
    if not one.may_adjust:
        raise Clashes(
            "nothing_to_adjust",
            "The books have this money already, in suspense; resolve it with a note alone.",
        )
    collector = tx.shortcodes.get(one.shortcode_id)
    if collector is None:
        raise NotFound("break_not_found", "There is no such item.")
    scope = Scope(collector=collector, account=one.account)
    entry = adjustment(scope, one, deps.clock.now())
    if entry is not None:
        tx.journals.add([entry])
