"""M-PESA Express: prompt a phone for its PIN, and ask what became of the prompt."""

from dataclasses import dataclass, field
from datetime import datetime

from pokea.daraja.classification import accepted, answered, required, response_code
from pokea.daraja.credentials import Passkey
from pokea.daraja.errors import Ambiguous, InvalidValue, Refused
from pokea.daraja.operations.encoding import LARGEST, check_amount, post
from pokea.daraja.reading import Problems, short_text
from pokea.daraja.results import StkResult, stk_result
from pokea.daraja.strict_json import NotJson, read_object
from pokea.daraja.values import (
    AccountReference,
    CallbackUrl,
    Money,
    Msisdn,
    Shortcode,
    TransactionDescription,
    eat_timestamp,
)
from pokea.daraja.wire import WireReply, WireRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class PushAck:
    """Accepted for processing: the phone will be prompted. This is not a payment."""

    checkout_request_id: str
    merchant_request_id: str
    reply: WireReply = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class StkPush:
    """Prompt a phone. With a `till`, the till is paid and `shortcode` is its store number.

    Daraja knows no idempotency here: sent twice, it prompts twice. A lost answer cannot be
    recovered by any query, so give every attempt its own callback URL.
    """

    shortcode: Shortcode
    passkey: Passkey
    till: Shortcode | None = None
    amount: Money
    phone: Msisdn
    callback_url: CallbackUrl
    account_reference: AccountReference
    description: TransactionDescription
    timestamp: datetime
    largest: Money = LARGEST

    def __post_init__(self) -> None:
        """Refuse amounts and times that Daraja would refuse."""
        check_amount(self.amount, largest=self.largest)
        if self.timestamp.tzinfo is None:
            raise InvalidValue("timestamp", "must be an aware datetime")

    def encode(self) -> WireRequest:
        """Write the request."""
        timestamp = eat_timestamp(self.timestamp)
        # Paybills pay themselves. For tills BusinessShortCode is the store number and PartyB
        # the till; the till in both is accepted and then fails with 4999 (production report).
        party_b = self.till or self.shortcode
        return post(
            "/mpesa/stkpush/v1/processrequest",
            {
                "BusinessShortCode": self.shortcode.digits,
                "Password": self.passkey.password(self.shortcode, timestamp),
                "Timestamp": timestamp,
                "TransactionType": (
                    "CustomerBuyGoodsOnline" if self.till else "CustomerPayBillOnline"
                ),
                "Amount": self.amount.whole_shillings(),
                "PartyA": self.phone.digits,
                "PartyB": party_b.digits,
                "PhoneNumber": self.phone.digits,
                "CallBackURL": self.callback_url.url,
                "AccountReference": self.account_reference.text,
                "TransactionDesc": self.description.text,
            },
            moves_money=True,
        )

    def decode(self, reply: WireReply) -> PushAck:
        """Read the acknowledgement, or raise `Refused` or `Ambiguous`."""
        members = accepted(reply, moves_money=True)
        return PushAck(
            checkout_request_id=required(members, "CheckoutRequestID", reply, moves_money=True),
            merchant_request_id=required(members, "MerchantRequestID", reply, moves_money=True),
            reply=reply,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryAnswer:
    """Safaricom's word on a prompt, without receipt or amount.

    `result.kind` is PAID only for "0", also seen while the PIN was still awaited (R);
    PENDING means "ask again"; UNKNOWN is no information.
    """

    code: str
    description: str
    result: StkResult
    reply: WireReply = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class StkQuery:
    """Ask what became of a prompt.

    Raises `UnknownRequest` where Safaricom answers that it does not know the id (which it also
    says, at random, of ids that exist); `Ambiguous`, `RateLimited` and `NotSent` where
    Safaricom could not be asked. `error.answered` tells the two apart.
    """

    shortcode: Shortcode
    passkey: Passkey
    checkout_request_id: str
    timestamp: datetime

    def __post_init__(self) -> None:
        """Refuse what cannot be an id or an instant."""
        text = self.checkout_request_id
        if not (0 < len(text) <= 100 and text.isascii() and text.isprintable()):  # noqa: PLR2004
            raise InvalidValue("checkout_request_id", "must be 1 to 100 ASCII characters")
        if self.timestamp.tzinfo is None:
            raise InvalidValue("timestamp", "must be an aware datetime")

    def encode(self) -> WireRequest:
        """Write the request."""
        timestamp = eat_timestamp(self.timestamp)
        return post(
            "/mpesa/stkpushquery/v1/query",
            {
                "BusinessShortCode": self.shortcode.digits,
                "Password": self.passkey.password(self.shortcode, timestamp),
                "Timestamp": timestamp,
                "CheckoutRequestID": self.checkout_request_id,
            },
            moves_money=False,
        )

    def decode(self, reply: WireReply) -> QueryAnswer:
        """Read the answer; see the class for what is raised."""
        try:
            members = answered(reply, moves_money=False)
        except Ambiguous:
            if pending := _older_pending(reply):
                return pending
            raise
        if members.get("ResponseCode", "0") not in ("0", 0):
            code = response_code(members, "ResponseCode", reply, moves_money=False)
            raise Refused("the query was refused", code=code, reply=reply)
        code = response_code(members, "ResultCode", reply, moves_money=False)
        return _answer(code, short_text(members, "ResultDesc", Problems()), reply)


def _answer(code: str, description: str, reply: WireReply) -> QueryAnswer:
    return QueryAnswer(
        code=code, description=description, result=stk_result(code, description), reply=reply
    )


def _older_pending(reply: WireReply) -> QueryAnswer | None:
    """Read 500.001.1001 "The transaction is being processed": pending until about 2018."""
    try:
        message = read_object(reply.body).get("errorMessage")
    except NotJson:
        return None
    if not isinstance(message, str) or "being processed" not in message:
        return None
    return _answer("4999", "The transaction is still under processing", reply)
