"""Bodies of STK callbacks as Safaricom writes them, and what tests bend about them."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from typing_extensions import override

from pokea.daraja.values import Money, eat_timestamp
from pokea.domain.attempt import Attempt

RECEIPT: Final = "UAF7X2K9QP"


class _LeftOut:
    @override
    def __repr__(self) -> str:
        return "left out"


LEFT_OUT: Final = _LeftOut()
"""A value for a field that is not to be there at all."""


def paid_body(
    attempt: Attempt,
    at: datetime,
    *,
    receipt: str = RECEIPT,
    items: Mapping[str, object] | None = None,
    fields: Mapping[str, object] | None = None,
) -> bytes:
    """Paid, for this attempt; ``items`` and ``fields`` replace what a test bends."""
    metadata: dict[str, object] = {
        "Amount": _amount(attempt.amount),
        "MpesaReceiptNumber": receipt,
        "TransactionDate": int(eat_timestamp(at)),
        "PhoneNumber": int(attempt.phone.digits),
    }
    metadata |= items or {}
    return callback_body(
        attempt,
        {
            "ResultCode": 0,
            "ResultDesc": "The service request is processed successfully.",
            "CallbackMetadata": {
                "Item": [
                    {"Name": name, "Value": value}
                    for name, value in metadata.items()
                    if value is not LEFT_OUT
                ]
            },
        }
        | dict(fields or {}),
    )


def failed_body(
    attempt: Attempt, code: int | str = 1032, text: str = "Request cancelled by user"
) -> bytes:
    """No money moved, for this attempt."""
    return callback_body(attempt, {"ResultCode": code, "ResultDesc": text})


def callback_body(attempt: Attempt, fields: Mapping[str, object]) -> bytes:
    """An STK callback with this attempt's ids."""
    named: dict[str, Any] = {
        "MerchantRequestID": attempt.merchant_request_id or "29115-34620561-9",
        "CheckoutRequestID": attempt.checkout_request_id or "ws_CO_unknown",
    }
    kept = {
        name: value for name, value in (named | dict(fields)).items() if value is not LEFT_OUT
    }
    return json.dumps({"Body": {"stkCallback": kept}}).encode()


def _amount(amount: Money) -> float:
    """Safaricom writes ``100.0``."""
    return amount.in_cents / 100


def confirmation_body(
    shillings: int, *, account: str, receipt: str, payer: str, at: datetime, **bent: Any
) -> bytes:
    """A C2B confirmation of version 2, as Safaricom writes it; ``bent`` replaces members."""
    members: dict[str, object] = {
        "TransactionType": "Pay Bill",
        "TransID": receipt,
        "TransTime": eat_timestamp(at),
        "TransAmount": f"{shillings}.00",
        "BusinessShortCode": "174379",
        "BillRefNumber": account,
        "InvoiceNumber": "",
        "OrgAccountBalance": "49197.00",
        "ThirdPartyTransID": "",
        "MSISDN": payer,
        "FirstName": "JANE",
    }
    kept = {name: value for name, value in (members | bent).items() if value is not LEFT_OUT}
    return json.dumps(kept).encode()
