"""What the asynchronous products answer at once: accepted, with two ids. Never an outcome."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pokea.daraja.classification import accepted, required
from pokea.daraja.errors import InvalidValue
from pokea.daraja.values import CallbackUrl
from pokea.daraja.wire import WireReply


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """Accepted for processing; the outcome comes as a `Result` callback with these ids.

    Not even the initiator's password is checked before this answer (PS, 2026).
    """

    conversation_id: str
    originator_conversation_id: str
    reply: WireReply = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultUrls:
    """Where the result goes, and where the news goes that a queue gave up."""

    result: CallbackUrl
    timeout: CallbackUrl


def read_ack(reply: WireReply, *, moves_money: bool) -> Ack:
    """Read `ConversationID` and `OriginatorConversationID` of an accepting answer."""
    members = accepted(reply, moves_money=moves_money)
    return Ack(
        conversation_id=required(members, "ConversationID", reply, moves_money=moves_money),
        originator_conversation_id=required(
            members, "OriginatorConversationID", reply, moves_money=moves_money
        ),
        reply=reply,
    )


def check_text(field_name: str, text: str, longest: int) -> None:
    """Refuse a text that is empty, too long or not printable."""
    if not 0 < len(text) <= longest or not text.isprintable():
        raise InvalidValue(field_name, f"must be 1 to {longest} printable characters")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The members of an answer for which there is no closer type."""

    members: Mapping[str, object]
    reply: WireReply = field(repr=False)
