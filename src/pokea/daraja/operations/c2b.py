"""C2B: tell Safaricom where to announce payments made by hand; pretend one in the sandbox."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from pokea.daraja.classification import answered, response_code
from pokea.daraja.errors import Ambiguous, Refused
from pokea.daraja.operations.encoding import check_amount, post
from pokea.daraja.strict_json import NotJson, read_object
from pokea.daraja.values import BillReference, CallbackUrl, Money, Msisdn, Shortcode
from pokea.daraja.wire import WireReply, WireRequest

# Version 1 hashes the payer's number and version 2 masks it (O: FAQ). Which one an app may use
# depends on the product it lists; the other answers 401.003.01.
Version = Literal[1, 2]
_ALREADY = ("urls are already registered", "duplicate notification info")


class WhenUnreachable(StrEnum):
    """What Safaricom does with a payment when our validation does not answer."""

    COMPLETE = "Completed"
    CANCEL = "Cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterAck:
    """The URLs stand. `already_registered`: the older ones do; production changes none."""

    already_registered: bool
    reply: WireReply = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class C2bRegister:
    """Register the URLs of a shortcode. In production this works once."""

    shortcode: Shortcode
    when_unreachable: WhenUnreachable
    confirmation_url: CallbackUrl
    validation_url: CallbackUrl
    version: Version = 2

    def encode(self) -> WireRequest:
        """Write the request."""
        return post(
            f"/mpesa/c2b/v{self.version}/registerurl",
            {
                "ShortCode": self.shortcode.digits,
                "ResponseType": self.when_unreachable.value,
                "ConfirmationURL": self.confirmation_url.url,
                "ValidationURL": self.validation_url.url,
            },
            moves_money=False,
        )

    def decode(self, reply: WireReply) -> RegisterAck:
        """Read the answer; two error texts mean "already registered" (O; G, sandbox 2026)."""
        try:
            members = answered(reply, moves_money=False)
        except Ambiguous:
            message = _message(reply)
            if message.lower().startswith(_ALREADY):
                return RegisterAck(already_registered=True, reply=reply)
            if message.startswith("Invalid "):
                # "Invalid ValidationURL - URL has the word MPESA", without a code (S).
                raise Refused(message, code=str(reply.status), reply=reply) from None
            raise
        # Captures: with "ResponseCode", without it, with empty ids, "Success" and "success".
        _require_success(members, reply, word="success")
        return RegisterAck(already_registered=False, reply=reply)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulateAck:
    """The sandbox took the pretended payment; its confirmation may or may not come."""

    reply: WireReply = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class C2bSimulate:
    """Pretend that a customer pays by hand. Sandbox only; for a till, without a reference."""

    shortcode: Shortcode
    amount: Money
    phone: Msisdn
    bill_reference: BillReference | None
    version: Version = 2

    def __post_init__(self) -> None:
        """Refuse amounts that Daraja would refuse."""
        check_amount(self.amount)

    def encode(self) -> WireRequest:
        """Write the request; a till's `BillRefNumber` must be left out (O, S)."""
        reference = self.bill_reference
        return post(
            f"/mpesa/c2b/v{self.version}/simulate",
            {
                "ShortCode": self.shortcode.digits,
                "CommandID": "CustomerPayBillOnline" if reference else "CustomerBuyGoodsOnline",
                "Amount": self.amount.whole_shillings(),
                "Msisdn": self.phone.digits,
                "BillRefNumber": reference.text if reference else None,
            },
            moves_money=True,
        )

    def decode(self, reply: WireReply) -> SimulateAck:
        """Read the answer; it has no `ResponseCode` in captures of 2018 and 2019."""
        members = answered(reply, moves_money=True)
        _require_success(members, reply, word="accept the service request successfully")
        return SimulateAck(reply=reply)


def _require_success(members: dict[str, object], reply: WireReply, *, word: str) -> None:
    if "ResponseCode" in members:
        code = response_code(members, "ResponseCode", reply, moves_money=False)
        if code != "0":
            raise Refused(str(members.get("ResponseDescription")), code=code, reply=reply)
        return
    if word not in str(members.get("ResponseDescription")).lower():
        raise Ambiguous("the answer says nothing", may_have_moved_money=False, reply=reply)


def _message(reply: WireReply) -> str:
    try:
        message = read_object(reply.body).get("errorMessage")
    except NotJson:
        return ""
    return message if isinstance(message, str) else ""
