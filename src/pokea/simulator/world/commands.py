"""Everything that is acknowledged now and answered at ResultURL later (SPEC 5.2, 10.4-10.10).

The acknowledgement never checks the initiator: a wrong password is acked with 0 and fails with
2001 at the ResultURL (ODDITIES 13).
"""

from dataclasses import dataclass

from pokea.simulator.world import answer, fields, ids
from pokea.simulator.world.agenda import CommandDue
from pokea.simulator.world.answer import Answer
from pokea.simulator.world.model import Command
from pokea.simulator.world.plans import Plan
from pokea.simulator.world.scene import Order
from pokea.simulator.world.wire import Body

ACCEPTED_TEXT = "Accept the service request successfully."
_REMARKS_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Which fields a product has, in the order in which Safaricom complains of them."""

    initiator: str = "Initiator"
    commands: frozenset[str]
    party_a: str = "PartyA"
    phone: str = ""
    receiver: str = ""
    amount: bool = True
    identifier: str = ""
    identifiers: frozenset[str] = frozenset({"1", "2", "4"})
    remarks: bool = True


def wrong_field(order: Order, shape: Shape) -> str:
    """The first field that is missing or malformed."""
    body = order.body
    checks = [
        (shape.identifier, _identifier_is_right(body, shape)),
        (shape.initiator, bool(fields.text(body, shape.initiator))),
        ("SecurityCredential", bool(fields.text(body, "SecurityCredential"))),
        ("CommandID", fields.text(body, "CommandID") in shape.commands),
        ("Amount", not shape.amount or fields.cents(body, "Amount") > 0),
        (shape.party_a, bool(fields.shortcode(body, shape.party_a))),
        (shape.phone, not shape.phone or bool(fields.msisdn(body, shape.phone))),
        (shape.receiver, not shape.receiver or bool(fields.shortcode(body, shape.receiver))),
        ("Remarks", not shape.remarks or _remarks_are_right(body)),
        ("QueueTimeOutURL", _is_url(order, "QueueTimeOutURL")),
        ("ResultURL", _is_url(order, "ResultURL")),
    ]
    return next((name for name, good in checks if not good), "")


def _identifier_is_right(body: Body, shape: Shape) -> bool:
    return not shape.identifier or fields.text(body, shape.identifier) in shape.identifiers


def _remarks_are_right(body: Body) -> bool:
    return 0 < len(fields.text(body, "Remarks")) <= _REMARKS_MAX


def _is_url(order: Order, name: str) -> bool:
    https_only = order.scene.world.switches.habits == "production"
    url = fields.text(order.body, name)
    return fields.is_url(url, https_only=https_only) and not fields.banned_word(url)


def duplicate(order: Order, originator: str) -> Answer | None:
    """A repeated id looks like a server error and means: already accepted (ODDITIES 15)."""
    if not originator or originator not in order.scene.world.originators:
        return None
    text = "Duplicate OriginatorConversationID."
    return answer.error(500, "500.002.1001", text, order.request_id)


def accept(
    order: Order, plan: Plan, product: str, initiator: str, originator: str = ""
) -> Answer:
    """Take the request in and acknowledge it; ``originator`` is the caller's own id."""
    scene = order.scene
    world = scene.world
    command = Command(
        product=product,
        conversation_id=ids.conversation_id(world, scene.now),
        originator_conversation_id=originator or ids.merchant_request_id(world),
        body=order.body,
        initiator=initiator,
        password_is_right=_password_is_right(order, initiator),
        accepted_at=scene.now,
        plan=plan,
    )
    world.commands[command.conversation_id] = command
    world.originators[command.originator_conversation_id] = command.conversation_id
    early = plan.callback == "before_ack"
    delay = 0.0 if early else world.switches.result_delay_s
    scene.later(delay, CommandDue(conversation_id=command.conversation_id))
    return answer.ok(
        {
            "ConversationID": command.conversation_id,
            "OriginatorConversationID": command.originator_conversation_id,
            "ResponseCode": "0",
            "ResponseDescription": ACCEPTED_TEXT,
        }
    )


def _password_is_right(order: Order, initiator: str) -> bool:
    known = order.scene.world.initiators.get(initiator)
    if known is None:
        return False
    sealed = fields.text(order.body, "SecurityCredential")
    return order.scene.unseal(sealed) == known.password
