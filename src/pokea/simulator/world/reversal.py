"""Reversal of a customer's payment, in full (SPEC 10.10)."""

from pokea.simulator.world import answer, commands, fields, ids, money
from pokea.simulator.world.answer import Answer
from pokea.simulator.world.commands import Shape
from pokea.simulator.world.model import Command, Movement
from pokea.simulator.world.money import Transfer
from pokea.simulator.world.phones import phone_of, sms_moment, tell
from pokea.simulator.world.results import Result
from pokea.simulator.world.scene import Accepted, Order, Scene
from pokea.simulator.world.wire import Json, grouped, shillings, shillings_text

_SHAPE = Shape(
    commands=frozenset({"TransactionReversal"}),
    party_a="ReceiverParty",
    identifier="RecieverIdentifierType",
    identifiers=frozenset({"11"}),
)
_REVERSIBLE = frozenset({"stk", "c2b", "ratiba"})


def handle(order: Order) -> Answer | Accepted:
    """Only the misspelt identifier type is known (SPEC 3.1)."""
    wrong = commands.wrong_field(order, _SHAPE)
    if not wrong and not fields.text(order.body, "TransactionID"):
        wrong = "TransactionID"
    if wrong:
        return answer.invalid(wrong, order.request_id)
    initiator = fields.text(order.body, "Initiator")
    return Accepted(lambda plan: commands.accept(order, plan, "reversal", initiator))


def work(scene: Scene, command: Command) -> Result:
    """Give the customer's money back, once, all of it."""
    body = command.body
    original = money.movement_with(scene.world, fields.text(body, "TransactionID"))
    mine = fields.text(body, "ReceiverParty")
    if original is None or original.kind not in _REVERSIBLE or original.shortcode != mine:
        return Result(code="R000002")
    if original.reversed_by:
        return Result(code="R000001")
    if fields.cents(body, "Amount") != original.amount:
        # Partial reversals are not documented, and sources disagree: not offered.
        return Result(code="25")
    transfer = _transfer(command, original)
    if not money.affordable(scene.world, transfer):
        return Result(code="1")
    movement = money.carry_out(scene, transfer)
    original.reversed_by = movement.receipt
    _tell(scene, movement)
    return Result(receipt=movement.receipt, parameters=_parameters(scene, original))


def _transfer(command: Command, original: Movement) -> Transfer:
    return Transfer(
        kind="reversal",
        amount=original.amount,
        debit=original.credit,
        credit=original.debit,
        phone=original.phone,
        shortcode=original.shortcode,
        reference=original.reference,
        conversation_id=command.conversation_id,
        originator_conversation_id=command.originator_conversation_id,
        reverses=original.receipt,
    )


def _parameters(scene: Scene, original: Movement) -> list[tuple[str, Json]]:
    world = scene.world
    left = shillings_text(money.balance(world, original.credit))
    account = "Merchant" if original.credit.endswith("merchant") else "Utility"
    phone = world.phones[original.phone]
    organisation = world.organisations[original.shortcode]
    return [
        ("DebitAccountBalance", f"{account} Account|KES|{left}|{left}|0.00|0.00"),
        ("Amount", shillings(original.amount)),
        ("TransCompletedTime", int(ids.eat_digits(scene.now))),
        ("OriginalTransactionID", original.receipt),
        ("Charge", shillings(0)),
        ("CreditPartyPublicName", f"{phone.msisdn} - {phone.name.upper()}"),
        ("DebitPartyPublicName", f"{organisation.shortcode} - {organisation.name}"),
    ]


def _tell(scene: Scene, movement: Movement) -> None:
    phone = phone_of(scene, movement.phone)
    cost, when = grouped(movement.amount), sms_moment(scene)
    left = grouped(money.phone_balance(scene.world, phone))
    tell(
        scene,
        phone,
        f"{movement.receipt} Confirmed. Transaction {movement.reverses} has been reversed on "
        f"{when}. KSh{cost} is credited to you. New balance is KSh{left}.",
        f"{movement.receipt} Imethibitishwa. Muamala {movement.reverses} umebatilishwa {when}. "
        f"Umerudishiwa KSh{cost}. Salio lako jipya ni KSh{left}.",
    )
