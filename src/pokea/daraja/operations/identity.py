"""Who is behind a number: SIM changes, owners of shortcodes and lines. Commercial products."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pokea.daraja.classification import ambiguous, answered, response_code
from pokea.daraja.errors import Refused
from pokea.daraja.operations.acks import check_text
from pokea.daraja.operations.encoding import post
from pokea.daraja.operations.organisation import PartyKind
from pokea.daraja.operations.payouts import Identity
from pokea.daraja.reading import Problems, short_text
from pokea.daraja.strict_json import as_object
from pokea.daraja.values import Msisdn, Shortcode, eat_timestamp
from pokea.daraja.wire import WireReply, WireRequest


class LineQuestion(StrEnum):
    """What to ask about a line; each is a product with a path of its own."""

    IMSI = "/imsi/v1/checkATI"
    SWAP = "/imsi/v2/checkATI"
    AGE_ON_NETWORK = "/registration/lookup/v1/checkATI"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFacts:
    """What Safaricom says about a line; dates as written, DD-MM-YYYY, "" where not asked.

    A last swap of 01-01-1900 means "more than three months ago".
    """

    last_swap: str
    registered_on: str
    imsi: str = field(repr=False)
    reply: WireReply = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineCheck:
    """Ask about a line, for instance before paying to it."""

    question: LineQuestion
    phone: Msisdn

    def encode(self) -> WireRequest:
        """Write the request."""
        members = {"customerNumber": self.phone.digits}
        return post(self.question.value, members, moves_money=False)

    def decode(self, reply: WireReply) -> LineFacts:
        """Read the facts; "200" accepts."""
        members = answered(reply, moves_money=False)
        code = response_code(members, "responseCode", reply, moves_money=False)
        if code != "200":
            raise Refused(str(members.get("responseDesc")), code=code, reply=reply)
        problems = Problems()
        return LineFacts(
            last_swap=short_text(members, "lastSwapDate", problems),
            registered_on=short_text(members, "msisdnRegistrationDate", problems),
            imsi=short_text(members, "imsi", problems),
            reply=reply,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """Who owns a shortcode."""

    shortcode: str
    name: str
    charge_profile: str
    reply: WireReply = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationLookup:
    """Ask who owns a pay bill or till, before paying to it (B2B Hakikisha)."""

    shortcode: Shortcode
    kind: PartyKind = PartyKind.SHORTCODE

    def encode(self) -> WireRequest:
        """Write the request."""
        return post(
            "/sfcverify/v1/query/info",
            {"IdentifierType": self.kind.value, "Identifier": self.shortcode.digits},
            moves_money=False,
        )

    def decode(self, reply: WireReply) -> Organisation:
        """Read the owner; success is "4000", in part of the documentation 0 (K)."""
        members = answered(reply, moves_money=False)
        code = response_code(members, "ResponseCode", reply, moves_money=False)
        if code not in ("4000", "0") or members.get("ResponseMessage") != "Success":
            raise Refused(str(members.get("ResponseMessage")), code=code, reply=reply)
        problems = Problems()
        return Organisation(
            shortcode=short_text(members, "OrganizationShortCode", problems),
            name=short_text(members, "OrganizationName", problems),
            charge_profile=short_text(members, "ChargeProfileID", problems),
            reply=reply,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientName:
    """The name behind a line: the first in clear, the others masked."""

    first_name: str
    middle_name: str
    last_name: str
    reply: WireReply = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientLookup:
    """Ask for the name behind a line, before paying to it (B2C Hakikisha)."""

    shortcode: Shortcode
    phone: Msisdn
    request_id: str
    timestamp: datetime

    def __post_init__(self) -> None:
        """Refuse an empty or endless id."""
        check_text("request_id", self.request_id, 64)

    def encode(self) -> WireRequest:
        """Write the request."""
        timestamp = eat_timestamp(self.timestamp)
        return post(
            "/mpesa/b2c/hakikisha/v1/hakikisha",
            {
                "header": {"requestID": self.request_id, "timestamp": timestamp},
                "body": {"msisdn": self.phone.digits, "shortcode": self.shortcode.digits},
            },
            moves_money=False,
        )

    def decode(self, reply: WireReply) -> RecipientName:
        """Read the name; "200" accepts, "400" is "not found"."""
        members = answered(reply, moves_money=False)
        header, body = as_object(members.get("header")), as_object(members.get("body"))
        if header is None:
            raise ambiguous("the answer has no header", reply, moves_money=False)
        code = response_code(header, "status", reply, moves_money=False)
        if code != "200" or body is None:
            raise Refused(str(header.get("message")), code=code, reply=reply)
        problems = Problems()
        return RecipientName(
            first_name=short_text(body, "firstName", problems),
            middle_name=short_text(body, "middleName", problems),
            last_name=short_text(body, "lastName", problems),
            reply=reply,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerVerdict:
    """Whether the document is the one that the line is registered to."""

    matches: bool
    code: str
    message: str
    reply: WireReply = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerCheck:
    """Ask whether a line is registered to a document (mobile number validation)."""

    shortcode: Shortcode
    phone: Msisdn
    identity: Identity
    request_id: str

    def __post_init__(self) -> None:
        """Refuse an empty or endless id."""
        check_text("request_id", self.request_id, 64)

    def encode(self) -> WireRequest:
        """Write the request."""
        return post(
            "/v1/KYC-validation/validateID",
            {
                "requestRefID": self.request_id,
                "shortCode": self.shortcode.digits,
                "msisdn": self.phone.digits,
                "idType": self.identity.kind.value,
                "idNumber": self.identity.number,
            },
            moves_money=False,
        )

    def decode(self, reply: WireReply) -> OwnerVerdict:
        """Read the verdict, a JSON boolean (S)."""
        members = answered(reply, moves_money=False)
        status = members.get("status")
        if not isinstance(status, bool):
            raise ambiguous("the answer has no status", reply, moves_money=False)
        return OwnerVerdict(
            matches=status,
            code=response_code(members, "responseCode", reply, moves_money=False),
            message=short_text(members, "responseMessage", Problems()),
            reply=reply,
        )
