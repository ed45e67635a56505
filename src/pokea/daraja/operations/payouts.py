"""Money to a person: B2C to an M-PESA account, B2Pochi to a Pochi la Biashara wallet.

Both carry an originator conversation id of ours, and Safaricom accepts one id once. So write
the id down first; after silence query it, and send again only under the same id.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from pokea.daraja.credentials import Initiator
from pokea.daraja.errors import InvalidValue
from pokea.daraja.operations.acks import Ack, ResultUrls, read_ack
from pokea.daraja.operations.encoding import LARGEST, check_amount, post
from pokea.daraja.values import (
    Money,
    Msisdn,
    Occasion,
    OriginatorConversationId,
    Remarks,
    Shortcode,
)
from pokea.daraja.wire import WireReply, WireRequest

# O: BusinessToCustomer; result code 2 below it.
_SMALLEST = 10


class Purpose(StrEnum):
    """Why the money is paid; it chooses the recipient's message."""

    SALARY = "SalaryPayment"
    PAYMENT = "BusinessPayment"
    PROMOTION = "PromotionPayment"


class IdType(StrEnum):
    """The kind of an identity document (121; edlugz)."""

    NATIONAL = "01"
    MILITARY = "02"
    PASSPORT = "05"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The document that the recipient's line must be registered to."""

    kind: IdType
    number: str

    def __post_init__(self) -> None:
        """Refuse what is no document number."""
        if not (self.number.isascii() and self.number.isalnum() and len(self.number) <= 20):  # noqa: PLR2004
            raise InvalidValue("identity", "must be 1 to 20 letters and digits")


@dataclass(frozen=True, slots=True, kw_only=True)
class B2c:
    """Pay a person from the shortcode's utility account.

    Version 1 has no id of ours: nothing tells a repeat from a second payment. Use it only where
    version 3 was refused with exactly `NotProvisioned`. With an `identity` the request goes to
    the validating path.
    """

    shortcode: Shortcode
    initiator: Initiator
    originator_conversation_id: OriginatorConversationId
    purpose: Purpose
    amount: Money
    phone: Msisdn
    remarks: Remarks
    urls: ResultUrls
    occasion: Occasion | None = None
    identity: Identity | None = None
    version: Literal[1, 3] = 3
    largest: Money = LARGEST

    def __post_init__(self) -> None:
        """Refuse amounts that Daraja would refuse."""
        check_amount(self.amount, smallest=_SMALLEST, largest=self.largest)

    def encode(self) -> WireRequest:
        """Write the request. `Occassion` is Daraja's spelling (O)."""
        path = f"/mpesa/b2c/v{self.version}/paymentrequest"
        if self.identity:
            path = "/mpesa/b2cvalidate/v2/paymentrequest"
        own_id = self.originator_conversation_id.text
        return post(
            path,
            {
                "OriginatorConversationID": own_id if self.version == 3 else None,  # noqa: PLR2004
                "InitiatorName": self.initiator.name,
                "SecurityCredential": self.initiator.credential.reveal(),
                "CommandID": self.purpose.value,
                "Amount": self.amount.whole_shillings(),
                "PartyA": self.shortcode.digits,
                "PartyB": self.phone.digits,
                "Remarks": self.remarks.text,
                "QueueTimeOutURL": self.urls.timeout.url,
                "ResultURL": self.urls.result.url,
                "Occassion": self.occasion.text if self.occasion else None,
                "IDType": self.identity.kind.value if self.identity else None,
                "IDNumber": self.identity.number if self.identity else None,
            },
            moves_money=True,
        )

    def decode(self, reply: WireReply) -> Ack:
        """Read the acknowledgement, or raise; `DuplicateRequest` means "accepted earlier"."""
        return read_ack(reply, moves_money=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class B2Pochi:
    """Pay into a person's Pochi la Biashara wallet."""

    shortcode: Shortcode
    initiator: Initiator
    originator_conversation_id: OriginatorConversationId
    amount: Money
    phone: Msisdn
    remarks: Remarks
    urls: ResultUrls
    occasion: Occasion | None = None
    largest: Money = LARGEST

    def __post_init__(self) -> None:
        """Refuse amounts that Daraja would refuse."""
        check_amount(self.amount, smallest=_SMALLEST, largest=self.largest)

    def encode(self) -> WireRequest:
        """Write the request: that of B2C version 3 with another command."""
        return post(
            "/mpesa/b2pochi/v1/paymentrequest",
            {
                "OriginatorConversationID": self.originator_conversation_id.text,
                "InitiatorName": self.initiator.name,
                "SecurityCredential": self.initiator.credential.reveal(),
                "CommandID": "BusinessPayToPochi",
                "Amount": self.amount.whole_shillings(),
                "PartyA": self.shortcode.digits,
                "PartyB": self.phone.digits,
                "Remarks": self.remarks.text,
                "QueueTimeOutURL": self.urls.timeout.url,
                "ResultURL": self.urls.result.url,
                "Occassion": self.occasion.text if self.occasion else None,
            },
            moves_money=True,
        )

    def decode(self, reply: WireReply) -> Ack:
        """Read the acknowledgement, or raise; `DuplicateRequest` means "accepted earlier"."""
        return read_ack(reply, moves_money=True)
