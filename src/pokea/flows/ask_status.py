"""What became of a receipt: asked when only a word that names it will do."""

from pokea.daraja.values import Receipt
from pokea.domain.attempt import Attempt, AttemptState
from pokea.domain.attempt_steps import AMOUNT_CONTEST, OPEN_CONTESTS
from pokea.domain.corroboration import Rules
from pokea.domain.ids import AttemptId
from pokea.domain.inquiry import Inquiry, InquiryKind, Question
from pokea.flows.deps import Deps
from pokea.flows.open_inquiry import Owner, open_inquiry
from pokea.flows.ports import Tx


def ask_status(
    tx: Tx,
    deps: Deps,
    receipt: Receipt,
    owner: Owner,
    *,
    attempt_id: AttemptId | None = None,
    by_hand: bool = False,
) -> Inquiry | None:
    """Have Safaricom asked about a receipt; None when it cannot or need not be."""
    if deps.inquirer is None:
        return None
    question = Question(kind=InquiryKind.STATUS, about=receipt, attempt_id=attempt_id)
    return open_inquiry(tx, deps, owner, question, by_hand=by_hand)


def ask_about_attempt(tx: Tx, deps: Deps, attempt: Attempt) -> None:
    """Ask for the word that an attempt waits for, if only a receipt's own will do."""
    if deps.inquirer is None:
        return
    receipt = receipt_in_doubt(attempt, deps.rules)
    if receipt is not None:
        ask_status(tx, deps, receipt, attempt, attempt_id=attempt.id)


def receipt_in_doubt(attempt: Attempt, rules: Rules) -> Receipt | None:
    """The receipt that a second witness must name, or that a contest is about."""
    claimed = None if attempt.claim is None else attempt.claim.receipt
    match attempt.state:
        case AttemptState.CONFIRMING | AttemptState.FAILED | AttemptState.EXPIRED:
            return claimed if attempt.amount >= rules.receipt_witness_above else None
        case AttemptState.CONTESTED if attempt.contest == AMOUNT_CONTEST:
            return None if attempt.proven is not None else attempt.told_receipt
        case AttemptState.CONTESTED:
            return claimed if attempt.contest in OPEN_CONTESTS else None
        case _:
            return None
