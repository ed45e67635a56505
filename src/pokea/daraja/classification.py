"""What a synchronous answer means. The table is closed: what is not listed is ambiguous.

A refusal tells the caller that nothing happened and that a new attempt is safe, so a code is
only on the list where that is known. Codes that were seen for questions alone (which move no
money) are on a second list. The message decides where one code has several meanings
(500.001.1001 has seven).
"""

from collections.abc import Mapping

from pokea.daraja.errors import (
    Ambiguous,
    DarajaError,
    DuplicateRequest,
    MalformedCallback,
    Misconfigured,
    NotProvisioned,
    RateLimited,
    Refused,
    SubscriberBusy,
    TokenRefused,
    UnknownRequest,
)
from pokea.daraja.reading import result_code
from pokea.daraja.strict_json import NotJson, as_object, read_object
from pokea.daraja.wire import WireReply

# An invalid token has many faces, and each also means "product not on this app"
# (captures; O; K; NM 2026). 401.003.01: the token is older than the product.
_TOKEN_CODES = frozenset(
    {"401", "401.001", "401.002.01", "401.003.01", "404.001.03", "400.003.01"}
)
_REFUSALS: dict[str, type[Refused]] = {
    "400.002.02": Refused,
    "400.002.05": Refused,
    "404.001.01": Refused,
    "404.001.04": Refused,
    "405.001": Refused,
    # The gateway's own refusal, before M-PESA's core saw anything (K, production).
    "403.002.1001": NotProvisioned,
}
_REFUSALS_OF_QUESTIONS = frozenset(
    {"400", "400.001", "400.003.02", "404.002.01", "404.003.01", "409"}
)
_RATE_CODES = frozenset({"500.003.02", "500.003.03"})
# Longer waits are treated as this: nobody should sleep on a stranger's header.
_RETRY_AFTER_MAX_S = 3600


def accepted(reply: WireReply, *, moves_money: bool) -> dict[str, object]:
    """Return the members of an answer that accepts: 2xx, JSON, `ResponseCode` "0"."""
    members = answered(reply, moves_money=moves_money)
    code = response_code(members, "ResponseCode", reply, moves_money=moves_money)
    if code != "0":
        raise Refused(_text(members, "ResponseDescription"), code=code, reply=reply)
    return members


def answered(reply: WireReply, *, moves_money: bool) -> dict[str, object]:
    """Return the members of any 2xx JSON object without an error code; raise for the rest."""
    if reply.status == 429:  # noqa: PLR2004 - HTTP's "too many requests"
        raise _rate_limited(reply)
    try:
        members = read_object(reply.body)
    except NotJson as error:
        raise Ambiguous(
            f"HTTP {reply.status}, and the body is {error}",
            may_have_moved_money=moves_money,
            reply=reply,
        ) from None
    if members.get("errorCode") is not None:
        raise _refusal(members, reply, moves_money=moves_money)
    if not 200 <= reply.status < 300:  # noqa: PLR2004 - HTTP's class of success
        raise ambiguous(f"HTTP {reply.status} without a known code", reply, moves_money)
    return members


def response_code(
    members: Mapping[str, object], name: str, reply: WireReply, *, moves_money: bool
) -> str:
    """Return the code under that name as text; an answer without one is ambiguous."""
    try:
        return result_code(members.get(name))
    except MalformedCallback:
        raise ambiguous(f"the answer has no {name}", reply, moves_money) from None


def required(
    members: Mapping[str, object], name: str, reply: WireReply, *, moves_money: bool
) -> str:
    """Return a text that the answer must have, such as an id; without it, it is ambiguous."""
    value = members.get(name)
    if type(value) is not str or not 0 < len(value) <= 100:  # noqa: PLR2004 - longest seen: 50
        raise ambiguous(f"the answer has no {name}", reply, moves_money)
    return value


def ambiguous(
    message: str,
    reply: WireReply,
    moves_money: bool,  # noqa: FBT001 - read beside the reply it is about
) -> Ambiguous:
    """Make the error for an answer that cannot be trusted."""
    return Ambiguous(message, may_have_moved_money=moves_money, reply=reply)


def _refusal(
    members: Mapping[str, object], reply: WireReply, *, moves_money: bool
) -> DarajaError:
    code = members["errorCode"]
    message = _text(members, "errorMessage")
    if type(code) is not str or members.get("ResponseCode") in ("0", 0):
        return ambiguous("the answer contradicts itself", reply, moves_money)
    if code in _TOKEN_CODES:
        # 401.002.01 repeats the token that we sent: it must not reach a log.
        before, echoed, _ = message.partition("Invalid Access Token")
        return TokenRefused(before + echoed, code=code, reply=reply)
    if code in _RATE_CODES:
        return RateLimited(message, code=code, retry_after_s=_retry_after(reply), reply=reply)
    known = _REFUSALS.get(code) or _by_message(code, message, moves_money=moves_money)
    if known is None and not moves_money and code in _REFUSALS_OF_QUESTIONS:
        known = Refused
    if known is None:
        return ambiguous(f"{code}: {message}", reply, moves_money)
    if known is Refused and message.endswith("Invalid CheckoutRequestID"):
        known = UnknownRequest
    return known(message, code=code, reply=reply)


def _by_message(code: str, message: str, *, moves_money: bool) -> type[Refused] | None:
    lowered = message.lower()
    if code == "500.002.1001" and "duplicate originatorconversationid" in lowered:
        return DuplicateRequest
    if code != "500.001.1001":
        return None
    if "wrong credentials" in lowered or "merchant does not exist" in lowered:
        return Misconfigured
    if "unable to lock subscriber" in lowered:
        return SubscriberBusy
    if not moves_money and "transaction does not exist" in lowered:
        return UnknownRequest
    return None


def _rate_limited(reply: WireReply) -> RateLimited:
    """Read HTTP 429: Daraja's JSON, or Apigee's `fault` (captured 2026-06), or nothing."""
    try:
        members = read_object(reply.body)
    except NotJson:
        members = {}
    fault = as_object(members.get("fault")) or {}
    return RateLimited(
        _text(members, "errorMessage") or _text(fault, "faultstring") or "too many requests",
        code=_text(members, "errorCode") or "429",
        retry_after_s=_retry_after(reply),
        reply=reply,
    )


def _retry_after(reply: WireReply) -> int | None:
    value = reply.header("retry-after")
    if value is None or not (value.isascii() and value.isdigit()) or len(value) > 9:  # noqa: PLR2004
        return None
    return min(int(value), _RETRY_AFTER_MAX_S)


def _text(members: Mapping[str, object], name: str) -> str:
    value = members.get(name)
    return value[:500] if isinstance(value, str) else ""
