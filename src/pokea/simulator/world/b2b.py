"""Business to business, tax, and the B2C account top-up: from the working account (10.6)."""

from pokea.simulator.world import answer, commands, fields, ids, money, tariff
from pokea.simulator.world.answer import Answer
from pokea.simulator.world.commands import Shape
from pokea.simulator.world.genesis import KRA
from pokea.simulator.world.model import Command, Movement, Organisation, organisation_account
from pokea.simulator.world.money import Transfer
from pokea.simulator.world.results import Result
from pokea.simulator.world.scene import Accepted, Order, Scene
from pokea.simulator.world.stk_callback import told_amount
from pokea.simulator.world.wire import Json, shillings, shillings_text

_DOCUMENTED = frozenset({"BusinessPayBill", "BusinessBuyGoods", "BusinessPayToBulk"})
# The list of 2017; acknowledged, then refused with 21 unless Safaricom whitelisted it.
_LEGACY = frozenset(
    {
        "MerchantToMerchantTransfer",
        "MerchantTransferFromMerchantToWorking",
        "MerchantServicesMMFAccountTransfer",
        "AgencyFloatAdvance",
        "DisburseFundsToBusiness",
        "BusinessToBusinessTransfer",
        "BusinessTransferFromMMFToUtility",
    }
)
# The misspelling is the wire's (SPEC 3.1); the corrected one is refused.
_RECEIVER_TYPE = "RecieverIdentifierType"
_SHAPE = Shape(
    commands=_DOCUMENTED | _LEGACY,
    receiver="PartyB",
    identifier=_RECEIVER_TYPE,
    identifiers=frozenset({"2", "4"}),
)
_TAX = Shape(
    commands=frozenset({"PayTaxToKRA"}),
    receiver="PartyB",
    identifier=_RECEIVER_TYPE,
    identifiers=frozenset({"4"}),
)


def handle(order: Order) -> Answer | Accepted:
    """Pay bill, buy goods or top-up; CommandID decides."""
    return _handle(order, _SHAPE, "b2b")


def handle_tax(order: Order) -> Answer | Accepted:
    """Tax goes to the revenue authority's shortcode only."""
    wrong = commands.wrong_field(order, _TAX)
    if not wrong and fields.text(order.body, "PartyB") != KRA:
        return answer.invalid("PartyB", order.request_id)
    return _handle(order, _TAX, "tax")


def _handle(order: Order, shape: Shape, product: str) -> Answer | Accepted:
    wrong = commands.wrong_field(order, shape)
    if not wrong and fields.text(order.body, "SenderIdentifierType") != "4":
        wrong = "SenderIdentifierType"
    if wrong:
        return answer.invalid(wrong, order.request_id)
    initiator = fields.text(order.body, "Initiator")
    return Accepted(lambda plan: commands.accept(order, plan, product, initiator))


def work(scene: Scene, command: Command) -> Result:
    """Move money from the working account to where the command sends it."""
    name = fields.text(command.body, "CommandID")
    result = _with_reference(command, _move(scene, command, name))
    if result.code != "0":
        moment = int(ids.eat_digits(scene.now))
        result.parameters = [("BOCompletedTime", moment)]
        result.single_parameter = True
    return result


def refused(_scene: Scene, command: Command, code: str) -> Result:
    """The reference comes back, and no parameters (P:b2b_paybill_result_8006_locked_2026)."""
    return _with_reference(command, Result(code=code))


def _with_reference(command: Command, result: Result) -> Result:
    result.reference_is_list = True
    if fields.text(command.body, "CommandID") in {"BusinessPayBill", "PayTaxToKRA"}:
        account = fields.text(command.body, "AccountReference")
        # A reference of digits comes back as a number (ODDITIES 33).
        digits = account.isascii() and account.isdigit()
        result.reference = [("BillReferenceNumber", int(account) if digits else account)]
    return result


def _move(scene: Scene, command: Command, name: str) -> Result:
    if name in _LEGACY:
        return Result(code="21")
    payer = scene.world.organisations.get(fields.text(command.body, "PartyA"))
    payee, account = _payee(scene, fields.text(command.body, "PartyB"), name)
    if payer is None:
        return Result(code="11")
    if payee is None:
        return Result(code="SFC_IC0003")
    transfer = _transfer(scene, command, payer, payee, account)
    if transfer.amount > money.PER_TRANSACTION:
        return Result(code="3")
    if not money.affordable(scene.world, transfer):
        return Result(code="1")
    movement = money.carry_out(scene, transfer)
    return Result(
        receipt=movement.receipt, parameters=_parameters(scene, command, payer, payee, movement)
    )


def _payee(scene: Scene, number: str, name: str) -> tuple[Organisation | None, str]:
    known = scene.world.organisations
    if name != "BusinessBuyGoods":
        return known.get(number), "utility"
    shops = (shop for shop in known.values() if shop.kind == "till")
    found = next((shop for shop in shops if number in {shop.till, shop.shortcode}), None)
    return found, "merchant"


def _transfer(
    scene: Scene, command: Command, payer: Organisation, payee: Organisation, account: str
) -> Transfer:
    amount = fields.cents(command.body, "Amount")
    return Transfer(
        kind=command.product,
        amount=amount,
        debit=organisation_account(payer.shortcode, "working"),
        credit=organisation_account(payee.shortcode, account),
        fee=tariff.fee(scene.world.tariff.b2b, amount),
        fee_from=organisation_account(payer.shortcode, "charges"),
        shortcode=payer.shortcode,
        reference=fields.text(command.body, "AccountReference"),
        conversation_id=command.conversation_id,
        originator_conversation_id=command.originator_conversation_id,
    )


def amount_object(cents: int) -> str:
    """Not JSON, whatever it looks like (SPEC 3.5); MinimumAmount is in cents."""
    basic = shillings_text(cents)
    return f"{{Amount={{CurrencyCode=KES, MinimumAmount={cents}, BasicAmount={basic}}}}}"


def _parameters(
    scene: Scene, command: Command, payer: Organisation, payee: Organisation, movement: Movement
) -> list[tuple[str, Json]]:
    working = organisation_account(payer.shortcode, "working")
    left = money.balance(scene.world, working)
    text = shillings_text(left)
    return [
        ("Currency", "KES"),
        ("ReceiverPartyPublicName", f"{payee.shortcode} - {payee.name}"),
        ("DebitPartyCharges", None),
        ("TransCompletedTime", int(ids.eat_digits(scene.now))),
        ("DebitPartyAffectedAccountBalance", f"Working Account|KES|{text}|{text}|0.00|0.00"),
        ("Amount", shillings(told_amount(command.plan, movement.amount))),
        ("DebitAccountCurrentBalance", amount_object(left)),
        ("InitiatorAccountCurrentBalance", amount_object(left)),
    ]
