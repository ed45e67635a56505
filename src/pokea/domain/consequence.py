"""What an attempt's change means for its payment.

One pure function between two state machines, so that a push, a callback, a query and a sweep
all tell a payment the same thing.
"""

from typing import assert_never

from pokea.domain.attempt import IN_FLIGHT, Attempt, AttemptState
from pokea.domain.corroboration import Corroboration
from pokea.domain.payment import (
    AmountSettled,
    AttemptContested,
    AttemptFailed,
    AttemptPaid,
    PaymentEvent,
    ReceiptLearned,
)


def consequence(before: Attempt, after: Attempt) -> PaymentEvent | None:
    """The payment's event, or None when the change is the attempt's own affair."""
    match after.state:
        case AttemptState.SUCCEEDED:
            if before.state is not AttemptState.SUCCEEDED:
                return AttemptPaid(
                    attempt_id=after.id, amount=after.amount, receipt=after.receipt
                )
            if before.receipt is None and after.receipt is not None:
                return ReceiptLearned(attempt_id=after.id, receipt=after.receipt)
            denied = Corroboration.DISAGREES
            if after.corroboration is denied and before.corroboration is not denied:
                return AttemptContested(about="witness")
            return None
        case AttemptState.FAILED | AttemptState.EXPIRED:
            if before.state not in IN_FLIGHT:
                return None
            return AttemptFailed(attempt_id=after.id, failure=after.failure)
        case AttemptState.CONTESTED:
            if after.proven is not None and before.proven is None and after.claim is not None:
                return AmountSettled(
                    attempt_id=after.id, amount=after.proven, receipt=after.claim.receipt
                )
            if before.state is AttemptState.CONTESTED:
                return None
            return AttemptContested(about=after.contest or "evidence")
        case (
            AttemptState.CREATED
            | AttemptState.DISPATCHING
            | AttemptState.AWAITING_CUSTOMER
            | AttemptState.UNKNOWN
            | AttemptState.CONFIRMING
        ):
            return None
        case _:
            assert_never(after.state)
