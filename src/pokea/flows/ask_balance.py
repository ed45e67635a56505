"""What M-PESA says that a shortcode's accounts hold: asked every quarter of an hour."""

from collections.abc import Mapping

from pokea.domain.inquiry import Inquiry, InquiryKind, Question
from pokea.domain.routine import Routine
from pokea.flows.compare_balance import Counted, compare_balance
from pokea.flows.deps import Deps
from pokea.flows.errors import NotNow
from pokea.flows.open_inquiry import Owner, is_halted, open_inquiry
from pokea.flows.ports import Tx


def ask_balance(tx: Tx, deps: Deps, owner: Owner, *, by_hand: bool = False) -> Inquiry | None:
    """Have Safaricom asked for the balances; None when it cannot be."""
    if deps.inquirer is None:
        return None
    question = Question(kind=InquiryKind.BALANCE)
    return open_inquiry(tx, deps, owner, question, by_hand=by_hand)


async def look_at_balance(deps: Deps, routine: Routine) -> Mapping[str, str]:
    """The duty: compare the last answer with the books, then ask for the next."""
    owner = await deps.db.read(lambda tx: _owner(tx, deps, routine))
    counted = await compare_balance(deps, owner, Counted.read(routine.state))
    await deps.db.write(lambda tx: _ask(tx, deps, owner))
    return counted.written()


def _owner(tx: Tx, deps: Deps, routine: Routine) -> Owner:
    owner = None
    if routine.shortcode is not None:
        owner = tx.shortcodes.of(routine.shortcode, livemode=deps.livemode)
    if owner is None:
        raise NotNow("the shortcode has no merchant yet; run: pokea init")
    return owner


def _ask(tx: Tx, deps: Deps, owner: Owner) -> None:
    if is_halted(tx, deps, owner):
        raise NotNow(
            "the initiator was refused twice and might be locked; correct its password, then:"
            " pokea balance --ask"
        )
    ask_balance(tx, deps, owner)
