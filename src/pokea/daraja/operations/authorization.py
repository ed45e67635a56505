"""OAuth: an app's key pair for an access token. Clients send it by themselves."""

import base64
from dataclasses import dataclass, field

from pokea.daraja.classification import ambiguous, answered
from pokea.daraja.credentials import ConsumerSecret
from pokea.daraja.errors import Ambiguous, InvalidValue, Misconfigured
from pokea.daraja.strict_json import NotJson, read_object
from pokea.daraja.wire import WireReply, WireRequest

_BAD_REQUEST = (400, 401)
# An hour, when the answer does not say (O); the wire says "3599", as text.
_LIFE_S = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """A bearer token and the seconds it lives."""

    value: str = field(repr=False)
    expires_in_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorize:
    """Ask for an access token."""

    consumer_key: str
    consumer_secret: ConsumerSecret

    def __post_init__(self) -> None:
        """Refuse keys that cannot be sent in a header."""
        key = self.consumer_key
        if not key or not key.isascii() or not key.isprintable() or set(" :") & set(key):
            raise InvalidValue("consumer_key", "must be ASCII without spaces and colons")

    def encode(self) -> WireRequest:
        """Write the request."""
        pair = f"{self.consumer_key}:{self.consumer_secret.reveal()}"
        basic = base64.b64encode(pair.encode("ascii")).decode("ascii")
        return WireRequest(
            method="GET",
            path="/oauth/v1/generate?grant_type=client_credentials",
            body=b"",
            moves_money=False,
            headers=(("authorization", f"Basic {basic}"),),
        )

    def decode(self, reply: WireReply) -> AccessToken:
        """Read the token; wrong keys are `Misconfigured`."""
        if reply.status in _BAD_REQUEST:
            raise _wrong_keys(reply)
        members = answered(reply, moves_money=False)
        value = members.get("access_token")
        if (
            type(value) is not str
            or not value
            or not value.isascii()
            or not value.isprintable()
        ):
            raise ambiguous("the answer has no access_token", reply, moves_money=False)
        return AccessToken(value=value, expires_in_s=_seconds(members.get("expires_in")))


def _wrong_keys(reply: WireReply) -> Misconfigured | Ambiguous:
    """Read HTTP 400: `400.008.01`, or an empty body for a wrong key (U, production)."""
    try:
        code = read_object(reply.body).get("errorCode")
    except NotJson:
        code = None
    if code is None and reply.body.strip():
        return ambiguous(f"HTTP {reply.status} without a known code", reply, moves_money=False)
    return Misconfigured(
        "consumer key or secret is wrong, or belongs to the other environment",
        code=code if isinstance(code, str) else str(reply.status),
        reply=reply,
    )


def _seconds(value: object) -> int:
    """Read `expires_in`: text on the wire, a number in the portal's sample of 2025."""
    if type(value) is str and value.isascii() and value.isdigit() and len(value) <= 6:  # noqa: PLR2004
        value = int(value)
    return min(value, _LIFE_S) if type(value) is int and value >= 0 else _LIFE_S
