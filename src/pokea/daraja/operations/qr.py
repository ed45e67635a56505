"""Dynamic QR: a picture that a customer scans with the M-PESA app."""

import base64
import binascii
from dataclasses import dataclass, field
from enum import StrEnum

from pokea.daraja.classification import ambiguous, answered
from pokea.daraja.errors import InvalidValue, Refused
from pokea.daraja.operations.acks import check_text
from pokea.daraja.operations.encoding import check_amount, post
from pokea.daraja.values import Money
from pokea.daraja.wire import WireReply, WireRequest

_SIZE_MAX = 2000


class QrPurpose(StrEnum):
    """What scanning does; the credit party is a till, agent, pay bill, phone or business."""

    BUY_GOODS = "BG"
    WITHDRAW_CASH = "WA"
    PAY_BILL = "PB"
    SEND_MONEY = "SM"
    SEND_TO_BUSINESS = "SB"


@dataclass(frozen=True, slots=True, kw_only=True)
class QrCode:
    """The picture: base64 of a PNG, as a page can show it at once."""

    in_base64: str
    reply: WireReply = field(repr=False)

    @property
    def png(self) -> bytes:
        """The picture's own bytes; `InvalidValue` where Safaricom sent none."""
        try:
            return base64.b64decode(self.in_base64, validate=True)
        except binascii.Error:
            raise InvalidValue("picture", "is not base64") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class DynamicQr:
    """Ask for a picture of `size` times `size` pixels."""

    merchant_name: str
    reference: str
    amount: Money
    purpose: QrPurpose
    credit_party: str
    size: int = 300

    def __post_init__(self) -> None:
        """Refuse what Daraja would refuse."""
        check_amount(self.amount)
        check_text("merchant_name", self.merchant_name, 100)
        check_text("reference", self.reference, 50)
        check_text("credit_party", self.credit_party, 20)
        if not 0 < self.size <= _SIZE_MAX:
            raise InvalidValue("size", f"must be 1 to {_SIZE_MAX} pixels")

    def encode(self) -> WireRequest:
        """Write the request; the reference is `RefNo`, and `RefNumber` is refused."""
        return post(
            "/mpesa/qrcode/v1/generate",
            {
                "MerchantName": self.merchant_name,
                "RefNo": self.reference,
                "Amount": self.amount.whole_shillings(),
                "TrxCode": self.purpose.value,
                "CPI": self.credit_party,
                "Size": str(self.size),
            },
            moves_money=False,
        )

    def decode(self, reply: WireReply) -> QrCode:
        """Read the picture. The code is "00" on the wire, an AG_ id in the portal's sample."""
        members = answered(reply, moves_money=False)
        code = members.get("ResponseCode")
        if not isinstance(code, str) or (code not in ("0", "00") and code[:3] != "AG_"):
            raise Refused(str(members.get("ResponseDescription")), code=str(code), reply=reply)
        picture = members.get("QRCode")
        if not isinstance(picture, str) or not picture:
            raise ambiguous("the answer has no picture", reply, moves_money=False)
        return QrCode(in_base64=picture, reply=reply)
