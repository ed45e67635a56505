"""Callbacks of the smaller products, each with an envelope of its own."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from pokea.daraja.errors import MalformedCallback
from pokea.daraja.reading import Envelope, Problems, identifier, result_code, short_text
from pokea.daraja.results import Meaning, product_result
from pokea.daraja.strict_json import as_list, as_object
from pokea.daraja.values import Money, Payer, Receipt, Shortcode

# Bill Manager repeats its payment notice up to five times until it reads this (O).
BILL_ACKNOWLEDGED = b'{"resmsg":"Success","rescode":"200"}'
_SECRETS = ("SecurityCredential", "Password")


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeout:
    """Safaricom's queue gave up on a request. The outcome is unknown; a result may still come.

    The body is our own request, echoed (121, quoting Safaricom). It holds our security
    credential, so `request` and `raw` have it taken out.
    """

    originator_conversation_id: str
    command: str
    request: Mapping[str, object]
    raw: bytes = field(repr=False)


def decode_timeout(envelope: Envelope) -> Timeout:
    """Read a queue timeout, whatever its members; nothing about money depends on them."""
    members = as_object(envelope.members.get("Result")) or envelope.members
    request = {name: "***" if name in _SECRETS else members[name] for name in members}
    problems = Problems()
    return Timeout(
        originator_conversation_id=identifier(members, "OriginatorConversationID", problems),
        command=short_text(members, "CommandID", problems),
        request=request,
        raw=json.dumps(request, default=str).encode(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessCheckoutResult:
    """B2B Express Checkout: a till's owner paid, or did not. `request_id` is ours."""

    code: str
    description: str
    meaning: Meaning
    request_id: str
    amount: Money | None
    receipt: Receipt | None
    conversation_id: str
    payment_reference: str
    problems: tuple[str, ...]
    raw: bytes = field(repr=False)


def decode_business_checkout(envelope: Envelope) -> BusinessCheckoutResult:
    """Read the flat callback; only a success has ids, only a failure the reference."""
    members = envelope.members
    code = result_code(members.get("resultCode"))
    problems = Problems()
    paid = code == "0"
    return BusinessCheckoutResult(
        code=code,
        description=short_text(members, "resultDesc", problems),
        meaning=product_result("b2b_express", code),
        request_id=identifier(members, "requestId", problems),
        amount=problems.amount(members.get("amount"), "amount"),
        receipt=problems.receipt(members.get("transactionId"), "transactionId")
        if paid
        else None,
        conversation_id=identifier(members, "conversationID", problems) if paid else "",
        payment_reference=short_text(members, "paymentReference", problems) if not paid else "",
        problems=problems.found(),
        raw=envelope.raw,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingOrderResult:
    """M-PESA Ratiba: a standing order was set up, or not."""

    code: str
    description: str
    meaning: Meaning
    request_reference: str
    response_reference: str
    transaction_id: str
    status: str
    payer: Payer | None
    problems: tuple[str, ...]
    raw: bytes = field(repr=False)


def decode_standing_order(envelope: Envelope) -> StandingOrderResult:
    """Read the callback without regard to case: successes are camel, failures Pascal (O)."""
    members = _lower(envelope.members)
    header = _lower(as_object(members.get("responseheader")) or {})
    body = _lower(as_object(members.get("responsebody")) or {})
    if not header:
        raise MalformedCallback("has no responseHeader")
    code = result_code(header.get("responsecode"))
    problems = Problems()
    data: dict[str, object] = {}
    for entry in as_list(body.get("responsedata")) or []:
        item = _lower(as_object(entry) or {})
        data[str(item.get("name")).lower()] = item.get("value")
    return StandingOrderResult(
        code=code,
        description=short_text(header, "responsedescription", problems),
        meaning=product_result("ratiba", code),
        request_reference=identifier(header, "requestrefid", problems),
        response_reference=identifier(header, "responserefid", problems),
        transaction_id=identifier(data, "transactionid", problems),
        status=short_text(data, "status", problems),
        payer=problems.payer(data.get("msisdn"), "msisdn"),
        problems=problems.found(),
        raw=envelope.raw,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BillPayment:
    """Bill Manager: an invoice was paid. Answer `BILL_ACKNOWLEDGED`, then reconcile."""

    transaction_id: str
    amount: Money | None
    payer: Payer | None
    account: str
    shortcode: Shortcode | None
    created: str
    problems: tuple[str, ...]
    raw: bytes = field(repr=False)


def decode_bill_payment(envelope: Envelope) -> BillPayment:
    """Read the notice, or raise `MalformedCallback`."""
    members = envelope.members
    problems = Problems()
    transaction_id = identifier(members, "transactionId", problems)
    if not transaction_id:
        raise MalformedCallback("has no transactionId")
    return BillPayment(
        transaction_id=transaction_id,
        amount=problems.amount(members.get("paidAmount"), "paidAmount"),
        payer=problems.payer(members.get("msisdn"), "msisdn"),
        account=short_text(members, "accountReference", problems),
        shortcode=problems.shortcode(members.get("shortCode"), "shortCode"),
        created=short_text(members, "dateCreated", problems),
        problems=problems.found(),
        raw=envelope.raw,
    )


def _lower(members: Mapping[str, object]) -> dict[str, object]:
    return {name.lower(): value for name, value in members.items()}
