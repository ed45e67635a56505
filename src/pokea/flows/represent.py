"""How the API and its events show a payment: one shape for both.

Source: API section 6.1. Phones are masked; ``phone_token`` joins them.
"""

from datetime import timedelta
from typing import Final

from pokea.domain.attempt import Attempt, AttemptState, Failure
from pokea.domain.corroboration import Corroboration
from pokea.domain.event import rfc3339
from pokea.domain.instructions import Instructions, note, steps
from pokea.domain.language import LANGUAGES
from pokea.domain.payment import Payment, PaymentState

PROMPT_LIFE: Final = timedelta(seconds=60)
"""How long a prompt stays on a phone in production (SPEC 7.3)."""


def represent_payment(payment: Payment, attempt: Attempt | None) -> dict[str, object]:
    """A payment with its latest attempt, as JSON."""
    return {
        "id": payment.id,
        "object": "payment",
        "livemode": payment.livemode,
        "amount": str(payment.amount),
        "amount_received": str(payment.amount_received),
        "amount_refunded": str(payment.amount_refunded),
        "currency": "KES",
        "status": payment.state.value,
        "status_reason": payment.status_reason,
        "late": payment.late,
        "sequence": payment.sequence,
        "method": "stk_push",
        "shortcode": payment.shortcode.digits,
        "reference": payment.reference,
        "account_reference": payment.account_reference.text,
        "description": payment.description,
        "phone": None if attempt is None else attempt.phone.masked,
        "phone_token": None if attempt is None else attempt.phone_token,
        "customer": payment.customer_id,
        "latest_attempt": None if attempt is None else represent_attempt(attempt),
        "receipt": None if payment.receipt is None else payment.receipt.code,
        "receipt_status": payment.receipt_status.value,
        "corroboration": _witnesses(attempt),
        "review": _review(payment, attempt),
        "allow_partial": payment.allow_partial,
        "next_action": _next_action(payment, attempt),
        "return_url": payment.return_url,
        "created_at": rfc3339(payment.created_at),
        "expires_at": rfc3339(payment.expires_at),
        "metadata": dict(payment.metadata),
    }


def represent_attempt(attempt: Attempt) -> dict[str, object]:
    """One attempt, as JSON."""
    prompted = attempt.accepted_at
    return {
        "id": attempt.id,
        "status": attempt.state.value,
        "prompted_at": None if prompted is None else rfc3339(prompted),
        "prompt_expires_at": None if prompted is None else rfc3339(prompted + PROMPT_LIFE),
        "failure": None if attempt.failure is None else _failure(attempt.failure),
        "next_check_at": None if attempt.due_at is None else rfc3339(attempt.due_at),
        "provider": {
            "name": "mpesa",
            "checkout_request_id": _without_phone(attempt),
            "merchant_request_id": attempt.merchant_request_id,
        },
    }


def represent_instructions(how: Instructions) -> dict[str, object]:
    """How to pay by hand, as JSON; the amount as the customer types it."""
    common: dict[str, object] = {
        "amount": str(how.amount),
        "amounts": [str(part) for part in how.parts],
        "steps": {
            language: [step.text for step in steps(how, language)] for language in LANGUAGES
        },
        "note": {language: note(how, language) for language in LANGUAGES},
    }
    if how.account is None:
        return {"till": {"till_number": how.business.digits} | common}
    numbers = {"business_number": how.business.digits, "account_number": how.account.text}
    return {"paybill": numbers | common}


def _without_phone(attempt: Attempt) -> str | None:
    """Safaricom's id, whose last nine digits are the payer's number, masked as that is."""
    checkout, phone = attempt.checkout_request_id, attempt.phone.digits[3:]
    if checkout is None or not checkout.endswith(phone):
        return checkout
    return checkout.removesuffix(phone) + "*" * 6 + phone[-3:]


def _failure(failure: Failure) -> dict[str, object]:
    return {
        "code": failure.code,
        "provider": {
            "name": "mpesa",
            "code": failure.provider_code,
            "message": failure.provider_message,
        },
    }


def _witnesses(attempt: Attempt | None) -> dict[str, object]:
    if attempt is None:
        return {"status": Corroboration.NONE.value, "witnesses": []}
    witnesses = [witness.value for witness in attempt.witnesses]
    return {"status": attempt.corroboration.value, "witnesses": witnesses}


def _review(payment: Payment, attempt: Attempt | None) -> dict[str, object] | None:
    """Both figures of a disagreement, and what Safaricom later said had really arrived."""
    if payment.state is not PaymentState.REQUIRES_REVIEW or attempt is None:
        return None
    if attempt.state is not AttemptState.CONTESTED:
        return None
    figures = {"amount": str(attempt.amount), "payer": attempt.phone.masked}
    return {
        "about": attempt.contest,
        "expected": figures.get(attempt.contest or ""),
        "told": attempt.told,
        "receipt": None if attempt.told_receipt is None else attempt.told_receipt.code,
        "proven": None if attempt.proven is None else str(attempt.proven),
    }


def _next_action(payment: Payment, attempt: Attempt | None) -> dict[str, object] | None:
    if payment.state is PaymentState.OPEN:
        return {
            "type": "choose_phone",
            "message": "Send the customer to checkout_url, or prompt a phone.",
        }
    if payment.state is PaymentState.PARTIALLY_PAID:
        return {
            "type": "pay_the_rest",
            "message": f"KES {payment.owed} is left: prompt a phone, or wait for it by hand.",
        }
    if attempt is None or payment.state is not PaymentState.PROCESSING:
        return None
    if attempt.state is AttemptState.AWAITING_CUSTOMER:
        return {
            "type": "enter_pin",
            "message": f"Ask the customer to enter the M-PESA PIN on {attempt.phone.masked}.",
        }
    return {"type": "wait", "message": "Do not ask for another payment; M-PESA is being asked."}
