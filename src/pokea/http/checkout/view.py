"""What the checkout page is told about a payment, and the name of what the payer sees.

Kept free of templates so that the mapping from a payment to a sentence can be read, and
tested, as one table. The statuses are those of the payment and attempt machines.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pokea.domain.instructions import Instructions


class CheckoutState(StrEnum):
    """One member for each thing that the page can say."""

    FORM = "form"
    WAITING = "waiting"
    CONFIRMING = "confirming"
    PAID = "paid"
    CANCELLED = "cancelled"
    WRONG_PIN = "wrong_pin"
    INSUFFICIENT = "insufficient"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    BUSY = "busy"
    TOO_SOON = "too_soon"
    LIMIT = "limit"
    DOWN = "down"
    FAILED = "failed"
    PART = "part"
    REVIEW = "review"
    EXPIRED = "expired"
    CANCELED = "canceled"


PROMPTED = frozenset({CheckoutState.WAITING, CheckoutState.CONFIRMING})
"""Money may be moving: the page offers no second way to pay."""

RETRYABLE = frozenset(
    {
        CheckoutState.CANCELLED,
        CheckoutState.WRONG_PIN,
        CheckoutState.INSUFFICIENT,
        CheckoutState.TIMEOUT,
        CheckoutState.UNREACHABLE,
        CheckoutState.BUSY,
        CheckoutState.TOO_SOON,
        CheckoutState.LIMIT,
        CheckoutState.DOWN,
        CheckoutState.FAILED,
        CheckoutState.PART,
    }
)
"""Nobody is being asked: the payer may have another prompt sent on the same payment."""

SPENT = RETRYABLE - {CheckoutState.FAILED}
"""What may have been paid is known for certain: the other way to pay is shown at once."""

_FAILURES = {
    "customer_cancelled": CheckoutState.CANCELLED,
    "customer_unreachable": CheckoutState.UNREACHABLE,
    "customer_timeout": CheckoutState.TIMEOUT,
    "insufficient_funds": CheckoutState.INSUFFICIENT,
    "wrong_pin": CheckoutState.WRONG_PIN,
    "customer_limit": CheckoutState.LIMIT,
    "too_soon": CheckoutState.TOO_SOON,
    "subscriber_busy": CheckoutState.BUSY,
    "prompt_failed": CheckoutState.DOWN,
    "provider_unavailable": CheckoutState.DOWN,
    # The shop's own set-up or the payer's account: nothing that a sentence here could mend.
    "product_not_allowed": CheckoutState.FAILED,
    "account_inactive": CheckoutState.FAILED,
    # Whatever M-PESA said that is not in the closed list of final codes.
    "provider_refused": CheckoutState.FAILED,
}

_ATTEMPTS = {
    "created": CheckoutState.WAITING,
    "dispatching": CheckoutState.WAITING,
    "awaiting_customer": CheckoutState.WAITING,
    # Asked, and no answer: the payer may be looking at a prompt, so never "try again".
    "unknown": CheckoutState.CONFIRMING,
    "confirming": CheckoutState.CONFIRMING,
    "contested": CheckoutState.CONFIRMING,
    # The payment follows in the same commit; until it is read there, it is not paid.
    "succeeded": CheckoutState.CONFIRMING,
    # Silence to the end is not a final code, so this is not the "timeout" state.
    "expired": CheckoutState.FAILED,
}

_IN_FLIGHT = {"created", "dispatching", "awaiting_customer", "unknown", "confirming"}

_PAYMENTS = {
    "succeeded": CheckoutState.PAID,
    "requires_review": CheckoutState.REVIEW,
    "expired": CheckoutState.EXPIRED,
    "canceled": CheckoutState.CANCELED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutView:
    """One payment as its payer may see it.

    `amount` is the API's decimal string of shillings that are owed, or of all when none are;
    `received` is what has come. `masked_phone` is the API's masked
    number; the full one never reaches the page, except `typed_phone`, the payer's own typing
    given back with a `field_error`. `sequence` is the payment's. `by_hand` is how to pay at
    M-PESA's own menu, while there is anything to pay.
    """

    state: CheckoutState
    amount: str
    merchant_name: str
    reference: str
    sequence: int
    received: str = "0.00"
    masked_phone: str | None = None
    receipt: str | None = None
    prompt_expires_at: datetime | None = None
    return_url: str | None = None
    by_hand: Instructions | None = None
    test_mode: bool = False
    field_error: str | None = None
    typed_phone: str | None = None


def state_of(
    payment_status: str, attempt_status: str | None, failure_code: str | None
) -> CheckoutState:
    """Name what the payer sees, from the payment and its latest attempt.

    Raises:
        KeyError: a status that neither machine has; a failure code may be new, and is FAILED.
    """
    if payment_status in _PAYMENTS:
        return _PAYMENTS[payment_status]
    if payment_status == "partially_paid" and attempt_status not in _IN_FLIGHT:
        # By hand, and not enough: whatever the last prompt was, what is left can be paid.
        return CheckoutState.PART
    if payment_status not in {"open", "processing", "partially_paid"}:
        raise KeyError(payment_status)
    if attempt_status is None:
        return CheckoutState.FORM
    if attempt_status == "failed":
        return _FAILURES.get(failure_code or "", CheckoutState.FAILED)
    return _ATTEMPTS[attempt_status]
