"""C2B: a customer pays a pay bill or till by hand, and Safaricom asks, then tells.

Both bodies are flat and all text. The payer is plain until 2022, then hashed (version 1) or
masked (version 2); names are mostly gone. Money that has moved must be findable, so an odd
field is noted and only a body without a transaction id is malformed.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from pokea.daraja.errors import MalformedCallback
from pokea.daraja.reading import Envelope, Problems, short_text
from pokea.daraja.values import Money, Payer, Receipt, Shortcode

# What Daraja reads as "received"; any 200 will do in practice.
ACKNOWLEDGED = b'{"ResultCode":0,"ResultDesc":"Success"}'
_ID_MAX = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class _C2bPayment:
    """A payment by hand. `transaction_id` is the receipt as written, in whatever form."""

    transaction_id: str
    receipt: Receipt | None
    amount: Money | None
    shortcode: Shortcode | None
    account: str
    payer: Payer | None
    paid_at: datetime | None
    transaction_type: str
    first_name: str
    middle_name: str
    last_name: str
    invoice_number: str
    third_party_id: str
    balance_cents: int | None
    problems: tuple[str, ...]
    raw: bytes = field(repr=False)


class C2bValidation(_C2bPayment):
    """Safaricom asks whether to take the money; answer within 8 s by `accept` or `reject`."""

    __slots__ = ()


class C2bConfirmation(_C2bPayment):
    """The money has moved; answer `ACKNOWLEDGED`. `balance_cents` is the shortcode's."""

    __slots__ = ()


class Rejection(StrEnum):
    """Why a payment is not wanted; the code chooses the customer's message (O)."""

    PHONE = "C2B00011"
    ACCOUNT = "C2B00012"
    AMOUNT = "C2B00013"
    KYC = "C2B00014"
    SHORTCODE = "C2B00015"
    OTHER = "C2B00016"


def accept(third_party_id: str = "") -> bytes:
    """Return the reply to a validation that lets the payment through.

    The id comes back in the confirmation.
    """
    reply = {"ResultCode": "0", "ResultDesc": "Accepted"}
    if third_party_id:
        reply["ThirdPartyTransID"] = third_party_id
    return json.dumps(reply).encode()


def reject(why: Rejection) -> bytes:
    """Return the reply to a validation that stops the payment."""
    return json.dumps({"ResultCode": why.value, "ResultDesc": "Rejected"}).encode()


def decode_validation(envelope: Envelope) -> C2bValidation:
    """Read a validation request, or raise `MalformedCallback`."""
    return _decode(C2bValidation, envelope)


def decode_confirmation(envelope: Envelope) -> C2bConfirmation:
    """Read a confirmation, or raise `MalformedCallback`."""
    return _decode(C2bConfirmation, envelope)


_P = TypeVar("_P", bound=_C2bPayment)


def _decode(build: type[_P], envelope: Envelope) -> _P:
    members = envelope.members
    problems = Problems()
    transaction_id = members.get("TransID")
    if type(transaction_id) is not str or not 0 < len(transaction_id) <= _ID_MAX:
        raise MalformedCallback("has no TransID")
    return build(
        transaction_id=transaction_id,
        receipt=problems.receipt(transaction_id, "TransID"),
        amount=problems.amount(members.get("TransAmount"), "TransAmount"),
        shortcode=problems.shortcode(members.get("BusinessShortCode"), "BusinessShortCode"),
        account=_optional(members, "BillRefNumber", problems),
        payer=problems.payer(members.get("MSISDN"), "MSISDN"),
        paid_at=problems.time(members.get("TransTime"), "TransTime"),
        transaction_type=_optional(members, "TransactionType", problems),
        first_name=_optional(members, "FirstName", problems),
        middle_name=_optional(members, "MiddleName", problems),
        last_name=_optional(members, "LastName", problems),
        invoice_number=_optional(members, "InvoiceNumber", problems),
        third_party_id=_optional(members, "ThirdPartyTransID", problems),
        balance_cents=_balance(members, problems),
        problems=problems.found(),
        raw=envelope.raw,
    )


def _optional(members: Mapping[str, object], name: str, problems: Problems) -> str:
    """Read a text that may be null or absent, as `MiddleName` is since 2023."""
    value = members.get(name)
    return "" if value is None else short_text({name: value}, name, problems)


def _balance(members: Mapping[str, object], problems: Problems) -> int | None:
    """Read the balance; a validation has "" there."""
    value = members.get("OrgAccountBalance")
    if value is None or value == "":
        return None
    return problems.signed_cents(value, "OrgAccountBalance")
