"""Lipa na Bonga, SIM management, and `Custom` for whatever has no class of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from pokea.daraja.classification import ambiguous, answered, response_code
from pokea.daraja.errors import InvalidValue, Refused
from pokea.daraja.operations.acks import Answer, check_text
from pokea.daraja.operations.encoding import check_amount, post
from pokea.daraja.reading import Problems, short_text
from pokea.daraja.strict_json import as_object
from pokea.daraja.values import Money, Msisdn, Shortcode
from pokea.daraja.wire import WireReply, WireRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class BongaWorth:
    """What points are worth, as written."""

    amount: str
    rate: str
    reply: WireReply = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BongaPoints:
    """Ask what a number of Bonga points is worth."""

    points: int

    def __post_init__(self) -> None:
        """Refuse fewer than one point."""
        _check_points(self.points)

    def encode(self) -> WireRequest:
        """Write the request."""
        members = {"points": str(self.points)}
        return post("/v1/lipa/na/bonga/calculate-points", members, moves_money=False)

    def decode(self, reply: WireReply) -> BongaWorth:
        """Read the worth; the code in the header is the number 200."""
        body = _body(reply, moves_money=False)
        problems = Problems()
        return BongaWorth(
            amount=short_text(body, "amount", problems),
            rate=short_text(body, "rate", problems),
            reply=reply,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BongaRedeem:
    """Let a customer pay a pay bill with Bonga points; the outcome comes on the C2B URLs."""

    phone: Msisdn
    amount: Money
    points: int
    rate: Decimal
    shortcode: Shortcode
    account: str

    def __post_init__(self) -> None:
        """Refuse what Safaricom would refuse."""
        check_amount(self.amount)
        _check_points(self.points)
        check_text("account", self.account, 20)
        if not self.rate.is_finite() or self.rate <= 0:
            raise InvalidValue("rate", "must be above zero")

    def encode(self) -> WireRequest:
        """Write the request; the rate goes as text, which keeps it exact."""
        return post(
            "/v1/lipa/na/bonga/redeem-paybill",
            {
                "msisdn": self.phone.digits,
                "amount": self.amount.whole_shillings(),
                "bongaPoints": self.points,
                "conversionRate": f"{self.rate:f}",
                "shortCode": self.shortcode.digits,
                "accountNumber": self.account,
            },
            moves_money=True,
        )

    def decode(self, reply: WireReply) -> Answer:
        """Read the acknowledgement, or raise."""
        return Answer(members=_body(reply, moves_money=True), reply=reply)


class SimAction(StrEnum):
    """What to do with a SIM of an IoT portal."""

    LIST = "allsims"
    LIFE_CYCLE = "queryLifeCycleStatus"
    CUSTOMER = "querycustomerinfo"
    ACTIVATE = "simactivation"
    TRENDS = "getactivationtrends"
    RENAME = "renameasset"
    LOCATION = "getlocationinfo"
    SUSPEND = "suspend_unsuspend_sub"
    SEARCH_MESSAGES = "searchmessages"
    FILTER_MESSAGES = "filtermessages"
    DELETE_THREAD = "deleteMessageThread"
    MESSAGES = "getallmessages"
    SEND_MESSAGE = "sendsinglemessage"
    DELETE_MESSAGE = "deletemessage"


@dataclass(frozen=True, slots=True, kw_only=True)
class SimManagement:
    """Manage the SIMs of an IoT portal; the members are the portal's own."""

    action: SimAction
    members: Mapping[str, object]

    def encode(self) -> WireRequest:
        """Write the request."""
        return post(f"/simportal/v1/{self.action.value}", self.members, moves_money=False)

    def decode(self, reply: WireReply) -> Answer:
        """Read the body of the answer; the code in its header is the number 200."""
        return Answer(members=_body(reply, moves_money=False), reply=reply)


@dataclass(frozen=True, slots=True, kw_only=True)
class Custom:
    """Any path of Daraja: for products that are new, or that nobody has published fully.

    Say honestly whether it moves money: silence after it is read accordingly.
    """

    path: str
    members: Mapping[str, object]
    moves_money: bool

    def __post_init__(self) -> None:
        """Refuse what is no path below Daraja's host."""
        if not self.path.startswith("/") or not self.path.isascii() or " " in self.path:
            raise InvalidValue("path", "must begin with / and hold no spaces")

    def encode(self) -> WireRequest:
        """Write the request."""
        return post(self.path, self.members, moves_money=self.moves_money)

    def decode(self, reply: WireReply) -> Answer:
        """Return the members of any 2xx JSON object without an error code; read its codes."""
        return Answer(members=answered(reply, moves_money=self.moves_money), reply=reply)


def _body(reply: WireReply, *, moves_money: bool) -> dict[str, object]:
    members = answered(reply, moves_money=moves_money)
    header = as_object(members.get("header"))
    if header is None:
        raise ambiguous("the answer has no header", reply, moves_money)
    code = response_code(header, "responseCode", reply, moves_money=moves_money)
    if code != "200":
        raise Refused(str(header.get("responseMessage")), code=code, reply=reply)
    return as_object(members.get("body")) or {}


def _check_points(points: int) -> None:
    if points < 1:
        raise InvalidValue("points", "must be at least 1")
