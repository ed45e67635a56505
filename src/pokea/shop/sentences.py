"""The gateway's codes in the words of a shopkeeper."""

from pokea.shop.gateway import Refused
from pokea.shop.orders import Order
from pokea.shop.sales import UNREACHABLE

NO_PHONE = "Type the M-PESA number that will pay, such as 0712 345 678."
STALE_FORM = "This page was open for a long time. Please press the button once more."

_REFUSALS = {
    UNREACHABLE: "We could not reach the payment service just now. Your order is kept, and "
    "nothing has to be typed again.",
    "invalid_phone": "That does not look like a Kenyan mobile number. Try 0712 345 678.",
    "amount_above_maximum": "One M-PESA payment carries at most KSh 250,000, so this one "
    "cannot be paid here. Visit us and we will find a way together.",
    "prompt_rate_limited": "This phone had too many payment prompts. Wait ten minutes, or "
    "use another number.",
    "idempotency_key_reused": "The payment service knows an older order by this number. "
    "Please start a new order.",
}

_UNEXPLAINED = (
    "The payment service did not accept this order. Please tell us, and we will look."
)

_FIELDS = {
    "phone": _REFUSALS["invalid_phone"],
    "amount": "M-PESA cannot carry this amount in one payment. Visit us and we will find a "
    "way together.",
}

_FAILURES = {
    "customer_cancelled": "The prompt was cancelled on the phone.",
    "customer_unreachable": "The phone could not be reached.",
    "customer_timeout": "The prompt was not answered in time.",
    "insufficient_funds": "There was not enough money in M-PESA.",
    "wrong_pin": "The M-PESA PIN was not right.",
    "customer_limit": "It would pass an M-PESA limit.",
    "too_soon": "M-PESA wants two minutes between two payments of the same amount.",
    "subscriber_busy": "Another M-PESA prompt was still open on that phone.",
}

_WORDS = {
    "placed": "Not paid yet",
    "open": "Not paid yet",
    "processing": "Waiting for the phone",
    "succeeded": "Paid",
    "partially_paid": "Partly paid",
    "requires_review": "Being checked",
    "expired": "Expired",
    "canceled": "Cancelled",
}


def refusal(refused: Refused) -> str:
    """Say why the gateway did not take the order's payment."""
    return _REFUSALS.get(refused.code) or _FIELDS.get(refused.field) or _UNEXPLAINED


def kept(order: Order) -> str:
    """Say why an order has no payment yet."""
    return _REFUSALS.get(order.failure or UNREACHABLE, _UNEXPLAINED)


def failure(order: Order) -> str | None:
    """Say why the last attempt came to nothing, if it did."""
    if order.status != "open" or not order.failure:
        return None
    return _FAILURES.get(order.failure, "M-PESA did not complete it.")


def status(order: Order) -> str:
    """Name the order's state in a word or two."""
    if failure(order):
        return "Not paid: try again"
    return _WORDS.get(order.status, "Being checked")
