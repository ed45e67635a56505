"""The merchant takes what came for a payment under review, for the whole debt."""

from collections.abc import Sequence

from pokea.daraja.values import Money
from pokea.domain import posting_rules
from pokea.domain.attempt import Attempt, AttemptState
from pokea.domain.decision import Applied
from pokea.domain.ids import PaymentId
from pokea.domain.payment import Accepted, PaymentState
from pokea.domain.receipt import ReceiptState
from pokea.flows.deps import Deps
from pokea.flows.desk import Desk
from pokea.flows.errors import Clashes, NotFound
from pokea.flows.open_payment import Merchant
from pokea.flows.ports import Tx


async def accept_payment(deps: Deps, merchant: Merchant, payment_id: PaymentId) -> None:
    """Accept a payment under review; accepting again changes nothing.

    Raises:
        Refusal: no such payment, it is not under review, or no money is proven to have come.
    """

    def write(tx: Tx) -> None:
        attempts = tx.attempts.lock_of_payment(payment_id)
        desk = Desk(tx, deps, deps.clock.now())
        desk.hold([payment_id])
        payment = tx.payments.get(payment_id)
        if payment is None or payment.account_id != merchant.account_id:
            raise NotFound("payment_not_found", "There is no such payment.")
        if payment.state is PaymentState.SUCCEEDED and payment.status_reason == "accepted":
            return
        proven = _proven(tx, attempts)
        amounts = [one.proven for one in proven if one.proven is not None]
        event = Accepted(proven=sum(amounts, Money.zero()) if amounts else None)
        decision = desk.tell(payment_id, event, proven[-1] if proven else None)
        if not isinstance(decision, Applied):
            raise _refusal(payment.state)
        for entry in posting_rules.acceptance(payment, proven, desk.at):
            desk.book(entry)
        desk.write()

    await deps.db.write(write)


def _proven(tx: Tx, attempts: Sequence[Attempt]) -> list[Attempt]:
    """The contested attempts whose true amount is known, and whose money is still here."""
    contested = AttemptState.CONTESTED
    found = [one for one in attempts if one.state is contested and one.proven is not None]
    rows = tx.receipts.lock({one.claim.receipt for one in found if one.claim is not None})
    gone = {row.attempt_id for row in rows.values() if row.state is ReceiptState.REVERSED}
    return [one for one in found if one.id not in gone]


def _refusal(state: PaymentState) -> Clashes:
    if state is PaymentState.REQUIRES_REVIEW:
        return Clashes(
            "nothing_to_accept",
            "Safaricom has not said yet what arrived for this payment, or gave it back.",
        )
    return Clashes(
        "payment_not_under_review", f"A payment that is {state.value} needs no decision."
    )
