"""The merchant takes what came for a payment under review, for the whole debt."""

from pokea.domain import posting_rules
from pokea.domain.attempt import Attempt, AttemptState
from pokea.domain.decision import Applied
from pokea.domain.ids import PaymentId
from pokea.domain.payment import Accepted, PaymentState
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
        proven = _proven(attempts)
        event = Accepted(proven=None if proven is None else proven.proven)
        decision = desk.tell(payment_id, event, proven)
        if not isinstance(decision, Applied):
            raise _refusal(payment.state)
        for entry in posting_rules.acceptance(payment, proven, desk.at):
            desk.book(entry)
        desk.write()

    await deps.db.write(write)


def _proven(attempts: list[Attempt]) -> Attempt | None:
    """The contested attempt whose true amount is known."""
    contested = AttemptState.CONTESTED
    found = [one for one in attempts if one.state is contested and one.proven is not None]
    return found[-1] if found else None


def _refusal(state: PaymentState) -> Clashes:
    if state is PaymentState.REQUIRES_REVIEW:
        return Clashes(
            "nothing_to_accept",
            "Safaricom has not said yet what arrived for this payment; it is being asked.",
        )
    return Clashes(
        "payment_not_under_review", f"A payment that is {state.value} needs no decision."
    )
