"""Moving money: the only code that changes balances; it creates and destroys nothing."""

from dataclasses import dataclass

from pokea.simulator.world import ids
from pokea.simulator.world.model import (
    EAT,
    FEES,
    OUTSIDE,
    Movement,
    Phone,
    World,
    phone_account,
)
from pokea.simulator.world.plans import is_magic
from pokea.simulator.world.scene import Scene

# SPEC 11, portal December 2025, in cents.
PER_TRANSACTION = 250_000_00
PER_DAY = 500_000_00
WALLET = 500_000_00
# Opening balances are ours: enough for any test, and without end for the magic numbers.
OPENING = 100_000_00
MAGIC_OPENING = 10**15


@dataclass(slots=True, kw_only=True)
class Transfer:
    """What is to move, and for whom; ``fee`` is taken from ``fee_from`` beside it."""

    kind: str
    amount: int
    debit: str
    credit: str
    fee: int = 0
    fee_from: str = ""
    receipt: str = ""
    phone: str = ""
    shortcode: str = ""
    reference: str = ""
    checkout_id: str = ""
    merchant_request_id: str = ""
    conversation_id: str = ""
    originator_conversation_id: str = ""
    reverses: str = ""


def balance(world: World, account: str) -> int:
    """Cents in an account."""
    return world.accounts.get(account, 0)


def phone_balance(world: World, phone: Phone) -> int:
    """Cents on a phone."""
    return balance(world, phone_account(phone.msisdn))


def _shift(world: World, debit: str, credit: str, amount: int) -> None:
    world.accounts[debit] = balance(world, debit) - amount
    world.accounts[credit] = balance(world, credit) + amount


def open_account(world: World, account: str, amount: int) -> None:
    """Bring money in from outside; also sets a balance anew when called again."""
    _shift(world, OUTSIDE, account, amount - balance(world, account))


def movement_with(world: World, receipt: str) -> Movement | None:
    """The movement with a receipt."""
    position = world.receipts.get(receipt)
    return None if position is None else world.movements[position]


def affordable(world: World, transfer: Transfer) -> bool:
    """Whether the payer has enough.

    A business's fees come from its charges account, which may go below zero (SPEC 10.4).
    """
    own_fee = transfer.fee if transfer.fee_from == transfer.debit else 0
    return balance(world, transfer.debit) >= transfer.amount + own_fee


def carry_out(scene: Scene, transfer: Transfer) -> Movement:
    """Move the money, take the fee, write the truth."""
    world = scene.world
    _shift(world, transfer.debit, transfer.credit, transfer.amount)
    if transfer.fee:
        _shift(world, transfer.fee_from, FEES, transfer.fee)
    movement = Movement(
        number=len(world.movements) + 1,
        receipt=transfer.receipt or ids.receipt(world, scene.now),
        kind=transfer.kind,
        at=scene.now,
        amount=transfer.amount,
        debit=transfer.debit,
        credit=transfer.credit,
        fee=transfer.fee,
        phone=transfer.phone,
        shortcode=transfer.shortcode,
        reference=transfer.reference,
        checkout_id=transfer.checkout_id,
        merchant_request_id=transfer.merchant_request_id,
        # A customer's payment has a conversation too; only a status query ever shows it.
        conversation_id=transfer.conversation_id or ids.conversation_id(world, scene.now),
        originator_conversation_id=transfer.originator_conversation_id,
        reverses=transfer.reverses,
        debit_balance=balance(world, transfer.debit),
        credit_balance=balance(world, transfer.credit),
        fee_from=transfer.fee_from,
        fee_balance=balance(world, transfer.fee_from) if transfer.fee else 0,
    )
    world.receipts[movement.receipt] = len(world.movements)
    world.movements.append(movement)
    return movement


def customer_refusal(scene: Scene, phone: Phone, transfer: Transfer) -> str:
    """The result code that stops a customer's payment, or empty (SPEC 5.1: 1, 3, 4)."""
    if transfer.amount > PER_TRANSACTION:
        return "3"
    today = f"{scene.now.astimezone(EAT):%Y%m%d}"
    if phone.spent_on != today:
        phone.spent_on, phone.spent = today, 0
    if not is_magic(phone.msisdn) and phone.spent + transfer.amount > PER_DAY:
        return "4"
    return "" if affordable(scene.world, transfer) else "1"
