"""Business to customer, and to a Pochi wallet: from the utility account (SPEC 10.4, 10.5)."""

from pokea.simulator.world import answer, commands, fields, money, tariff
from pokea.simulator.world.answer import Answer
from pokea.simulator.world.commands import Shape
from pokea.simulator.world.model import (
    EAT,
    Command,
    Movement,
    Organisation,
    Phone,
    organisation_account,
    phone_account,
)
from pokea.simulator.world.money import Transfer
from pokea.simulator.world.phones import phone_of, sms_moment, tell
from pokea.simulator.world.plans import is_magic
from pokea.simulator.world.results import Result
from pokea.simulator.world.scene import Accepted, Order, Scene
from pokea.simulator.world.stk_callback import told_amount
from pokea.simulator.world.wire import Json, grouped, shillings

_MINIMUM = 10_00  # SPEC 11
_B2C = frozenset({"SalaryPayment", "BusinessPayment", "PromotionPayment"})
_SHAPE = Shape(initiator="InitiatorName", commands=_B2C, phone="PartyB")
_POCHI = Shape(
    initiator="InitiatorName", commands=frozenset({"BusinessPayToPochi"}), phone="PartyB"
)


def handle_v3(order: Order) -> Answer | Accepted:
    """The documented version: the caller names the request, and may name it only once."""
    if order.scene.world.switches.refuse_b2c_v3:
        text = "You are not authorized to initiate this transaction"
        return answer.error(403, "403.002.1001", text)
    return _handle(order, _SHAPE, "b2c", own_id=True)


def handle_v1(order: Order) -> Answer | Accepted:
    """The older version, still live: Safaricom names the request."""
    return _handle(order, _SHAPE, "b2c", own_id=False)


def handle_pochi(order: Order) -> Answer | Accepted:
    """To a Pochi la Biashara wallet."""
    return _handle(order, _POCHI, "b2pochi", own_id=True)


def _handle(order: Order, shape: Shape, product: str, *, own_id: bool) -> Answer | Accepted:
    wrong = commands.wrong_field(order, shape)
    if wrong:
        return answer.invalid(wrong, order.request_id)
    originator = fields.text(order.body, "OriginatorConversationID") if own_id else ""
    if own_id and not originator:
        return answer.invalid("OriginatorConversationID", order.request_id)
    refused = commands.duplicate(order, originator)
    if refused is not None:
        return refused
    initiator = fields.text(order.body, "InitiatorName")
    return Accepted(
        lambda plan: commands.accept(order, plan, product, initiator, originator),
        fields.text(order.body, "PartyB"),
        "payee",
    )


def work(scene: Scene, command: Command) -> Result:
    """Pay the customer, or say why not."""
    amount = fields.cents(command.body, "Amount")
    organisation = scene.world.organisations.get(fields.text(command.body, "PartyA"))
    phone = phone_of(scene, fields.text(command.body, "PartyB"))
    if organisation is None:
        return Result(code="11")
    transfer = _transfer(scene, command, organisation, phone.msisdn, amount)
    code = _refusal(scene, command, phone, transfer)
    if code:
        return Result(code=code)
    movement = money.carry_out(scene, transfer)
    _tell(scene, phone, organisation, movement)
    told = shillings(told_amount(command.plan, amount))
    return Result(
        receipt=movement.receipt,
        parameters=_parameters(scene, organisation, phone, movement, told),
    )


def _refusal(scene: Scene, command: Command, phone: Phone, transfer: Transfer) -> str:
    if transfer.amount < _MINIMUM:
        return "2"
    if transfer.amount > money.PER_TRANSACTION:
        return "3"
    if not phone.registered or (command.product == "b2pochi" and not phone.pochi):
        return "2040"
    full = money.phone_balance(scene.world, phone) + transfer.amount > money.WALLET
    if full and not is_magic(phone.msisdn):
        return "8"
    return "" if money.affordable(scene.world, transfer) else "1"


def _transfer(
    scene: Scene, command: Command, organisation: Organisation, msisdn: str, amount: int
) -> Transfer:
    return Transfer(
        kind=command.product,
        amount=amount,
        debit=organisation_account(organisation.shortcode, "utility"),
        credit=phone_account(msisdn),
        fee=tariff.fee(scene.world.tariff.b2c, amount),
        fee_from=organisation_account(organisation.shortcode, "charges"),
        phone=msisdn,
        shortcode=organisation.shortcode,
        reference=fields.first_text(command.body, "Occassion", "Occasion"),
        conversation_id=command.conversation_id,
        originator_conversation_id=command.originator_conversation_id,
    )


def _parameters(
    scene: Scene, organisation: Organisation, phone: Phone, movement: Movement, told: Json
) -> list[tuple[str, Json]]:
    def funds(account: str) -> Json:
        name = organisation_account(organisation.shortcode, account)
        return shillings(money.balance(scene.world, name))

    local = f"0{phone.msisdn[3:]} - {phone.name.upper()}"
    moment = f"{scene.now.astimezone(EAT):%d.%m.%Y %H:%M:%S}"
    return [
        ("TransactionAmount", told),
        ("TransactionReceipt", movement.receipt),
        ("ReceiverPartyPublicName", local),
        ("TransactionCompletedDateTime", moment),
        ("B2CUtilityAccountAvailableFunds", funds("utility")),
        ("B2CWorkingAccountAvailableFunds", funds("working")),
        ("B2CRecipientIsRegisteredCustomer", "Y"),
        ("B2CChargesPaidAccountAvailableFunds", funds("charges")),
    ]


def _tell(scene: Scene, phone: Phone, organisation: Organisation, movement: Movement) -> None:
    cost, when = grouped(movement.amount), sms_moment(scene)
    left = grouped(money.phone_balance(scene.world, phone))
    tell(
        scene,
        phone,
        f"{movement.receipt} Confirmed. You have received KSh{cost} from {organisation.name} "
        f"on {when}. New balance is KSh{left}.",
        f"{movement.receipt} Imethibitishwa. Umepokea KSh{cost} kutoka {organisation.name} "
        f"{when}. Salio lako jipya ni KSh{left}.",
    )
