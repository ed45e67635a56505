"""Transaction status, by receipt or by conversation (SPEC 10.8)."""

from pokea.simulator.world import answer, commands, fields, ids, money
from pokea.simulator.world.answer import Answer
from pokea.simulator.world.commands import Shape
from pokea.simulator.world.model import Command, Movement, World
from pokea.simulator.world.result_codes import SUCCESS
from pokea.simulator.world.results import Result
from pokea.simulator.world.scene import Accepted, Order, Scene
from pokea.simulator.world.wire import Json, shillings, shillings_text

_SHAPE = Shape(
    commands=frozenset({"TransactionStatusQuery"}),
    amount=False,
    identifier="IdentifierType",
)
_REASONS = {
    "stk": "Pay Bill Online",
    "c2b": "Pay Bill",
    "b2c": "Business Payment to Customer via API",
    "b2pochi": "Business Payment to Customer via API",
    "b2b": "Business Pay Bill",
    "tax": "Business Pay Bill",
    "reversal": "Transaction Reversal",
    "ratiba": "Standing Order",
}


def handle(order: Order) -> Answer | Accepted:
    """Either id will do; without one Safaricom speaks of the TransactionID."""
    wrong = commands.wrong_field(order, _SHAPE)
    if not wrong and not fields.first_text(order.body, "TransactionID", *_CONVERSATION):
        wrong = "TransactionID"
    if wrong:
        return answer.invalid(wrong, order.request_id)
    initiator = fields.text(order.body, "Initiator")
    return Accepted(lambda plan: commands.accept(order, plan, "status", initiator))


_CONVERSATION = ("OriginalConversationID", "OriginatorConversationID")


def work(scene: Scene, command: Command) -> Result:
    """Code 0 says that the query worked; how the transaction stands is a parameter."""
    world, body = scene.world, command.body
    asked = _asked_command(world, fields.first_text(body, *_CONVERSATION))
    receipt = fields.text(body, "TransactionID") or (asked.receipt if asked else "")
    movement = money.movement_with(world, receipt)
    if movement is not None and not _concerns(world, movement, fields.text(body, "PartyA")):
        movement = None
    if movement is None and asked is None:
        return Result(code="2032")
    occasion: Json = fields.first_text(body, "Occasion", "Occassion") or None
    parameters = (
        _moved(world, movement) if movement is not None else _not_moved(asked) if asked else []
    )
    return Result(parameters=parameters, reference=[("Occasion", occasion)])


def _asked_command(world: World, conversation: str) -> Command | None:
    found = world.originators.get(conversation, conversation)
    return world.commands.get(found)


def _concerns(world: World, movement: Movement, party: str) -> bool:
    organisation = world.organisations.get(party)
    till_of = [known.shortcode for known in world.organisations.values() if known.till == party]
    names = {party, *till_of} if organisation is None else {party}
    sides = {side.split(":")[1] for side in (movement.debit, movement.credit) if ":" in side}
    return bool(names & sides)


def _status_of(world: World, movement: Movement) -> str:
    command = world.commands.get(movement.conversation_id)
    if command is not None and command.plan.query == "failed":
        return "Cancelled"
    return "Completed"


def _party(world: World, account: str) -> str:
    kind, _, rest = account.partition(":")
    number = rest.partition(":")[0]
    if kind == "phone":
        return f"{number} - {world.phones[number].name.upper()}"
    organisation = world.organisations.get(number)
    # The trailing spaces are Safaricom's (P:status_result_success_fuliza_production_2024).
    return f"{number} - {organisation.name}   " if organisation else number


def _moved(world: World, movement: Movement) -> list[tuple[str, Json]]:
    moment: Json = int(ids.eat_digits(movement.at))
    paid_by_phone = movement.debit.startswith("phone:")
    charges: Json = (
        f"Fee For B2C Payment|KES|{shillings_text(movement.fee)}" if movement.fee else None
    )
    return [
        ("DebitPartyName", _party(world, movement.debit)),
        ("CreditPartyName", _party(world, movement.credit)),
        (
            "OriginatorConversationID",
            movement.originator_conversation_id or movement.merchant_request_id or None,
        ),
        ("InitiatedTime", moment),
        ("CreditPartyCharges", None),
        (
            "DebitAccountType",
            "MMF Account For Customer" if paid_by_phone else "Utility Account",
        ),
        ("DebitPartyCharges", None if paid_by_phone else charges),
        ("TransactionReason", None),
        ("ReasonType", _REASONS.get(movement.kind, "Pay Bill Online")),
        ("TransactionStatus", _status_of(world, movement)),
        ("FinalisedTime", moment),
        ("Amount", shillings(movement.amount)),
        ("ConversationID", movement.conversation_id or None),
        ("ReceiptNo", movement.receipt),
    ]


def _not_moved(asked: Command) -> list[tuple[str, Json]]:
    done = asked.finished_at is not None
    status = "Initiated" if not done or asked.result_code == SUCCESS else "Declined"
    return [
        ("OriginatorConversationID", asked.originator_conversation_id),
        ("InitiatedTime", int(ids.eat_digits(asked.accepted_at))),
        ("TransactionStatus", status),
        ("Amount", shillings(fields.cents(asked.body, "Amount"))),
        ("ConversationID", asked.conversation_id),
    ]
