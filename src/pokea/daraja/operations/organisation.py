"""Questions about an organisation's money, and the undoing of a collection."""

from dataclasses import dataclass
from enum import StrEnum

from pokea.daraja.credentials import Initiator
from pokea.daraja.errors import InvalidValue
from pokea.daraja.operations.acks import Ack, ResultUrls, check_text, read_ack
from pokea.daraja.operations.encoding import check_amount, post
from pokea.daraja.values import Money, Occasion, Receipt, Remarks, Shortcode
from pokea.daraja.wire import WireReply, WireRequest


class PartyKind(StrEnum):
    """What the asking party is."""

    MSISDN = "1"
    TILL = "2"
    SHORTCODE = "4"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusQuery:
    """Ask what became of a transaction, by its receipt, by its originator id, or by both.

    The answer to a payout of version 1 is only found under Safaricom's own id.
    """

    shortcode: Shortcode
    party_kind: PartyKind = PartyKind.SHORTCODE
    initiator: Initiator
    receipt: Receipt | None = None
    originator_conversation_id: str | None = None
    remarks: Remarks
    urls: ResultUrls
    occasion: Occasion | None = None

    def __post_init__(self) -> None:
        """Refuse a question about nothing."""
        if self.receipt is None and self.originator_conversation_id is None:
            raise InvalidValue("receipt", "or originator_conversation_id must be given")
        if self.originator_conversation_id is not None:
            check_text("originator_conversation_id", self.originator_conversation_id, 100)

    def encode(self) -> WireRequest:
        """Write the request; either id alone and both together are accepted (NM, live)."""
        return post(
            "/mpesa/transactionstatus/v1/query",
            {
                "Initiator": self.initiator.name,
                "SecurityCredential": self.initiator.credential.reveal(),
                "CommandID": "TransactionStatusQuery",
                "TransactionID": self.receipt.code if self.receipt else None,
                "OriginalConversationID": self.originator_conversation_id,
                "PartyA": self.shortcode.digits,
                "IdentifierType": self.party_kind.value,
                "ResultURL": self.urls.result.url,
                "QueueTimeOutURL": self.urls.timeout.url,
                "Remarks": self.remarks.text,
                "Occasion": self.occasion.text if self.occasion else None,
            },
            moves_money=False,
        )

    def decode(self, reply: WireReply) -> Ack:
        """Read the acknowledgement; its ids are the question's own."""
        return read_ack(reply, moves_money=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceQuery:
    """Ask for the balances of a shortcode's accounts. The callback comes once, or never."""

    shortcode: Shortcode
    party_kind: PartyKind = PartyKind.SHORTCODE
    initiator: Initiator
    remarks: Remarks
    urls: ResultUrls

    def encode(self) -> WireRequest:
        """Write the request."""
        return post(
            "/mpesa/accountbalance/v1/query",
            {
                "Initiator": self.initiator.name,
                "SecurityCredential": self.initiator.credential.reveal(),
                "CommandID": "AccountBalance",
                "PartyA": self.shortcode.digits,
                "IdentifierType": self.party_kind.value,
                "Remarks": self.remarks.text,
                "QueueTimeOutURL": self.urls.timeout.url,
                "ResultURL": self.urls.result.url,
            },
            moves_money=False,
        )

    def decode(self, reply: WireReply) -> Ack:
        """Read the acknowledgement."""
        return read_ack(reply, moves_money=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversal:
    """Give a collection back, whole. Payouts cannot be reversed by API.

    A repeat is harmless: Safaricom answers R000001, "already reversed".
    """

    shortcode: Shortcode
    initiator: Initiator
    receipt: Receipt
    amount: Money
    remarks: Remarks
    urls: ResultUrls
    occasion: Occasion | None = None

    def __post_init__(self) -> None:
        """Refuse amounts that Daraja would refuse."""
        check_amount(self.amount)

    def encode(self) -> WireRequest:
        """Write the request. Identifier 11 is an organisation, here and nowhere else (O)."""
        return post(
            "/mpesa/reversal/v1/request",
            {
                "Initiator": self.initiator.name,
                "SecurityCredential": self.initiator.credential.reveal(),
                "CommandID": "TransactionReversal",
                "TransactionID": self.receipt.code,
                "Amount": self.amount.whole_shillings(),
                "ReceiverParty": self.shortcode.digits,
                "RecieverIdentifierType": "11",
                "ResultURL": self.urls.result.url,
                "QueueTimeOutURL": self.urls.timeout.url,
                "Remarks": self.remarks.text,
                "Occasion": self.occasion.text if self.occasion else None,
            },
            moves_money=True,
        )

    def decode(self, reply: WireReply) -> Ack:
        """Read the acknowledgement, or raise."""
        return read_ack(reply, moves_money=True)
