"""Money from a business to a business: pay bill, buy goods, top-up, tax, transfers.

None of them carries an id of ours, so after silence nothing tells a repeat from a second
payment: query by what the result or the statement says, and never send again.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from pokea.daraja.classification import answered, response_code
from pokea.daraja.credentials import Initiator
from pokea.daraja.errors import Refused
from pokea.daraja.operations.acks import Ack, ResultUrls, check_text, read_ack
from pokea.daraja.operations.encoding import LARGEST, check_amount, post
from pokea.daraja.values import (
    BillerAccount,
    CallbackUrl,
    Money,
    Msisdn,
    Occasion,
    Remarks,
    Shortcode,
)
from pokea.daraja.wire import WireReply, WireRequest

# The Kenya Revenue Authority's shortcode (O: TaxRemittance).
TAX_SHORTCODE = Shortcode("572572")


class BusinessCommand(StrEnum):
    """What a B2B request is. The last seven are of 2017 and need Safaricom's whitelisting."""

    PAY_BILL = "BusinessPayBill"
    BUY_GOODS = "BusinessBuyGoods"
    TOP_UP = "BusinessPayToBulk"
    MERCHANT_TO_MERCHANT = "MerchantToMerchantTransfer"
    MERCHANT_TO_WORKING = "MerchantTransferFromMerchantToWorking"
    MERCHANT_TO_MMF = "MerchantServicesMMFAccountTransfer"
    AGENCY_FLOAT = "AgencyFloatAdvance"
    DISBURSE_FUNDS = "DisburseFundsToBusiness"
    BUSINESS_TO_BUSINESS = "BusinessToBusinessTransfer"
    MMF_TO_UTILITY = "BusinessTransferFromMMFToUtility"


class ReceiverKind(StrEnum):
    """How the receiving party is named."""

    TILL = "2"
    SHORTCODE = "4"


@dataclass(frozen=True, slots=True, kw_only=True)
class B2b:
    """Pay a business from the working account; `BUY_GOODS` pays a till, `TOP_UP` feeds B2C.

    For tills the portal says receiver kind 4 and production integrators use 2 (K): try 4 first.
    """

    shortcode: Shortcode
    initiator: Initiator
    command: BusinessCommand
    receiver: Shortcode
    receiver_kind: ReceiverKind = ReceiverKind.SHORTCODE
    amount: Money
    account: BillerAccount
    requester: Msisdn | None = None
    remarks: Remarks
    urls: ResultUrls
    occasion: Occasion | None = None
    largest: Money = LARGEST

    def __post_init__(self) -> None:
        """Refuse amounts that Daraja would refuse."""
        check_amount(self.amount, largest=self.largest)

    def encode(self) -> WireRequest:
        """Write the request. `Reciever...` is right: the corrected spelling is refused."""
        return post(
            "/mpesa/b2b/v1/paymentrequest",
            {
                "Initiator": self.initiator.name,
                "SecurityCredential": self.initiator.credential.reveal(),
                "CommandID": self.command.value,
                "SenderIdentifierType": "4",
                "RecieverIdentifierType": self.receiver_kind.value,
                "Amount": self.amount.whole_shillings(),
                "PartyA": self.shortcode.digits,
                "PartyB": self.receiver.digits,
                "AccountReference": self.account.text,
                "Requester": self.requester.digits if self.requester else None,
                "Remarks": self.remarks.text,
                "QueueTimeOutURL": self.urls.timeout.url,
                "ResultURL": self.urls.result.url,
                "Occassion": self.occasion.text if self.occasion else None,
            },
            moves_money=True,
        )

    def decode(self, reply: WireReply) -> Ack:
        """Read the acknowledgement, or raise."""
        return read_ack(reply, moves_money=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class PayTax:
    """Pay the Kenya Revenue Authority; `payment_registration` is the PRN that it issued."""

    shortcode: Shortcode
    initiator: Initiator
    amount: Money
    payment_registration: BillerAccount
    remarks: Remarks
    urls: ResultUrls
    largest: Money = LARGEST

    def __post_init__(self) -> None:
        """Refuse amounts that Daraja would refuse."""
        check_amount(self.amount, largest=self.largest)

    def encode(self) -> WireRequest:
        """Write the request."""
        return post(
            "/mpesa/b2b/v1/remittax",
            {
                "Initiator": self.initiator.name,
                "SecurityCredential": self.initiator.credential.reveal(),
                "CommandID": "PayTaxToKRA",
                "SenderIdentifierType": "4",
                "RecieverIdentifierType": "4",
                "Amount": self.amount.whole_shillings(),
                "PartyA": self.shortcode.digits,
                "PartyB": TAX_SHORTCODE.digits,
                "AccountReference": self.payment_registration.text,
                "Remarks": self.remarks.text,
                "QueueTimeOutURL": self.urls.timeout.url,
                "ResultURL": self.urls.result.url,
            },
            moves_money=True,
        )

    def decode(self, reply: WireReply) -> Ack:
        """Read the acknowledgement, or raise."""
        return read_ack(reply, moves_money=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutAck:
    """The till's owner will be prompted; the outcome comes as a `b2b_express` callback."""

    status: str
    reply: WireReply = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessCheckout:
    """B2B Express Checkout: prompt the owner of a till to pay our pay bill."""

    payer_till: Shortcode
    shortcode: Shortcode
    amount: Money
    payment_reference: str
    callback_url: CallbackUrl
    partner_name: str
    request_id: str
    largest: Money = LARGEST

    def __post_init__(self) -> None:
        """Refuse what Daraja would refuse."""
        check_amount(self.amount, largest=self.largest)
        check_text("payment_reference", self.payment_reference, 50)
        check_text("partner_name", self.partner_name, 50)
        check_text("request_id", self.request_id, 64)

    def encode(self) -> WireRequest:
        """Write the request; this product alone has camel case and no `/mpesa`."""
        return post(
            "/v1/ussdpush/get-msisdn",
            {
                "primaryShortCode": self.payer_till.digits,
                "receiverShortCode": self.shortcode.digits,
                "amount": self.amount.whole_shillings(),
                "paymentRef": self.payment_reference,
                "callbackUrl": self.callback_url.url,
                "partnerName": self.partner_name,
                "RequestRefID": self.request_id,
            },
            moves_money=True,
        )

    def decode(self, reply: WireReply) -> CheckoutAck:
        """Read `{"code": "0", "status": ...}`, or raise."""
        members = answered(reply, moves_money=True)
        code = response_code(members, "code", reply, moves_money=True)
        status = str(members.get("status", ""))[:200]
        if code != "0":
            raise Refused(status, code=code, reply=reply)
        return CheckoutAck(status=status, reply=reply)
