"""M-PESA Ratiba: a standing order that the payer approves once on the phone."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from pokea.daraja.classification import ambiguous, answered, response_code
from pokea.daraja.errors import InvalidValue, Refused
from pokea.daraja.operations.acks import check_text
from pokea.daraja.operations.encoding import LARGEST, check_amount, post
from pokea.daraja.strict_json import as_object
from pokea.daraja.values import (
    AccountReference,
    CallbackUrl,
    Money,
    Msisdn,
    Shortcode,
    TransactionDescription,
)
from pokea.daraja.wire import WireReply, WireRequest


class Frequency(StrEnum):
    """How often the money moves."""

    ONCE = "1"
    DAILY = "2"
    WEEKLY = "3"
    MONTHLY = "4"
    TWO_MONTHLY = "5"
    QUARTERLY = "6"
    HALF_YEARLY = "7"
    YEARLY = "8"


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingOrderAck:
    """The payer will be prompted; the outcome comes as a `ratiba` callback."""

    response_reference: str
    reply: WireReply = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingOrder:
    """Set up a standing order; its name must be new for this payer."""

    name: str
    shortcode: Shortcode
    is_till: bool = False
    amount: Money
    phone: Msisdn
    starts: date
    ends: date
    frequency: Frequency
    callback_url: CallbackUrl
    account_reference: AccountReference
    description: TransactionDescription
    largest: Money = LARGEST

    def __post_init__(self) -> None:
        """Refuse what Daraja would refuse."""
        check_amount(self.amount, largest=self.largest)
        check_text("name", self.name, 100)
        if self.ends < self.starts:
            raise InvalidValue("ends", "must not be before the start")

    def encode(self) -> WireRequest:
        """Write the request; `Marchant` and the right spelling of `Receiver` are Daraja's."""
        kind = "Marchant" if self.is_till else "Bill"
        return post(
            "/standingorder/v1/createStandingOrderExternal",
            {
                "StandingOrderName": self.name,
                "StartDate": f"{self.starts:%Y%m%d}",
                "EndDate": f"{self.ends:%Y%m%d}",
                "BusinessShortCode": self.shortcode.digits,
                "TransactionType": f"Standing Order Customer Pay {kind}",
                "ReceiverPartyIdentifierType": "2" if self.is_till else "4",
                "Amount": str(self.amount.whole_shillings()),
                "PartyA": self.phone.digits,
                "CallBackURL": self.callback_url.url,
                "AccountReference": self.account_reference.text,
                "TransactionDesc": self.description.text,
                "Frequency": self.frequency.value,
            },
            moves_money=True,
        )

    def decode(self, reply: WireReply) -> StandingOrderAck:
        """Read `ResponseHeader`; "200" inside it accepts."""
        members = answered(reply, moves_money=True)
        header = as_object(members.get("ResponseHeader"))
        if header is None:
            raise ambiguous("the answer has no ResponseHeader", reply, moves_money=True)
        code = response_code(header, "responseCode", reply, moves_money=True)
        if code != "200":
            message = str(header.get("responseDescription"))
            raise Refused(message, code=code, reply=reply)
        reference = header.get("responseRefID")
        return StandingOrderAck(
            response_reference=reference if isinstance(reference, str) else "", reply=reply
        )
