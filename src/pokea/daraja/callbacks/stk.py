"""The callback of M-PESA Express: paid, or failed with a code.

`{"Body": {"stkCallback": {MerchantRequestID, CheckoutRequestID, ResultCode, ResultDesc,
CallbackMetadata?: {Item: [{Name, Value?}]}}}}`. Items are read by name: their order differs,
and `Balance` comes without a value (captures 2018-2024). A failure has no metadata at all.
"""

from dataclasses import dataclass, field
from datetime import datetime

from pokea.daraja.errors import MalformedCallback
from pokea.daraja.reading import (
    Envelope,
    Problems,
    identifier,
    items_by_name,
    result_code,
    short_text,
)
from pokea.daraja.results import StkResult, stk_result
from pokea.daraja.strict_json import as_object
from pokea.daraja.values import Money, Payer, Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class StkPaid:
    """Result code 0: the payer's money has moved.

    A field is None where Safaricom left it out or wrote it oddly; `problems` then says what.
    """

    checkout_request_id: str
    merchant_request_id: str
    receipt: Receipt | None
    amount: Money | None
    paid_at: datetime | None
    payer: Payer | None
    description: str
    problems: tuple[str, ...]
    raw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class StkFailed:
    """Any other result code. `result` explains it; an unknown code is no failure, but doubt."""

    checkout_request_id: str
    merchant_request_id: str
    code: str
    description: str
    result: StkResult
    problems: tuple[str, ...]
    raw: bytes = field(repr=False)


def decode_stk(envelope: Envelope) -> StkPaid | StkFailed:
    """Read a parsed body, or raise `MalformedCallback`."""
    body = as_object(envelope.members.get("Body"))
    callback = as_object(body.get("stkCallback")) if body else None
    if callback is None:
        raise MalformedCallback("has no Body.stkCallback")
    code = result_code(callback.get("ResultCode"))
    problems = Problems()
    checkout_request_id = identifier(callback, "CheckoutRequestID", problems)
    merchant_request_id = identifier(callback, "MerchantRequestID", problems)
    description = short_text(callback, "ResultDesc", problems)
    if code != "0":
        return StkFailed(
            checkout_request_id=checkout_request_id,
            merchant_request_id=merchant_request_id,
            code=code,
            description=description,
            result=stk_result(code, description),
            problems=problems.found(),
            raw=envelope.raw,
        )
    metadata = as_object(callback.get("CallbackMetadata"))
    items = items_by_name(metadata.get("Item") if metadata else None, "Name", problems)
    return StkPaid(
        checkout_request_id=checkout_request_id,
        merchant_request_id=merchant_request_id,
        receipt=problems.receipt(items.get("MpesaReceiptNumber"), "MpesaReceiptNumber"),
        amount=problems.amount(items.get("Amount"), "Amount"),
        paid_at=problems.time(items.get("TransactionDate"), "TransactionDate"),
        payer=problems.payer(items.get("PhoneNumber"), "PhoneNumber"),
        description=description,
        problems=problems.found(),
        raw=envelope.raw,
    )
