"""How the API and its events show money that was paid by hand. Source: API section 6."""

from pokea.domain.event import rfc3339
from pokea.domain.receipt import Part, ReceiptRecord


def represent_receipt(record: ReceiptRecord, *, phone_token: str | None) -> dict[str, object]:
    """A receipt as JSON; the payer is masked, and what the payer typed is shown as it came."""
    verified = record.verified_at
    return {
        "id": record.id,
        "object": "c2b_receipt",
        "livemode": record.livemode,
        "receipt": record.receipt.code,
        "amount": str(record.amount),
        "currency": "KES",
        "status": record.state.value,
        "status_reason": record.reason,
        "sequence": record.sequence,
        "shortcode": record.shortcode.digits,
        "account_reference": record.account or None,
        "phone": None if record.payer is None else record.payer.masked,
        "phone_token": phone_token,
        "parts": [_part(part) for part in record.parts],
        "heard_from": record.heard_from.value,
        "recovered": record.recovered,
        "reversal": None if record.reversal is None else record.reversal.code,
        "verified_at": None if verified is None else rfc3339(verified),
        "paid_at": rfc3339(record.paid_at),
        "received_at": rfc3339(record.received_at),
    }


def _part(part: Part) -> dict[str, object]:
    return {
        "amount": str(part.amount),
        "payment": part.payment_id,
        "customer": part.customer_id,
        "matched_by": part.matched_by,
        "matched_at": rfc3339(part.matched_at),
    }
