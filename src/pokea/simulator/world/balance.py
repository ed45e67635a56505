"""Account balance (SPEC 10.9)."""

from pokea.simulator.world import answer, commands, fields, ids, money
from pokea.simulator.world.answer import Answer
from pokea.simulator.world.commands import Shape
from pokea.simulator.world.model import Command, organisation_account
from pokea.simulator.world.results import LOCKED, Result
from pokea.simulator.world.scene import Accepted, Order, Scene
from pokea.simulator.world.wire import Json, shillings_text

_SHAPE = Shape(
    commands=frozenset({"AccountBalance"}), amount=False, identifier="IdentifierType"
)
_ACCOUNTS = (
    ("Working Account", "working"),
    ("Utility Account", "utility"),
    ("Charges Paid Account", "charges"),
    ("Merchant Account", "merchant"),
    ("Organization Settlement Account", "settlement"),
)


def handle(order: Order) -> Answer | Accepted:
    """Acknowledge; the balances come to the ResultURL."""
    wrong = commands.wrong_field(order, _SHAPE)
    if wrong:
        return answer.invalid(wrong, order.request_id)
    initiator = fields.text(order.body, "Initiator")
    return Accepted(lambda plan: commands.accept(order, plan, "balance", initiator))


def refused(scene: Scene, _command: Command, code: str) -> Result:
    """A locked password is explained (captured 2026); other refusals only say when (2020)."""
    moment: tuple[str, Json] = ("BOCompletedTime", int(ids.eat_digits(scene.now)))
    if code != LOCKED:
        return Result(code=code, parameters=[moment], single_parameter=True)
    text = "API Password is locked. "  # the space is Safaricom's
    explained: list[tuple[str, Json]] = [("ActionType", "AccountBalance"), ("ErrorMsg", text)]
    return Result(code=code, parameters=[*explained, moment])


def work(scene: Scene, command: Command) -> Result:
    """Six fields joined by pipes; the fourth is what may be spent."""
    shortcode = fields.text(command.body, "PartyA")
    if shortcode not in scene.world.organisations:
        return Result(code="11")
    parts: list[str] = []
    for name, account in _ACCOUNTS:
        cents = money.balance(scene.world, organisation_account(shortcode, account))
        text = shillings_text(cents)
        parts.append(f"{name}|KES|{text}|{text}|0.00|0.00")
    parameters: list[tuple[str, Json]] = [
        ("AccountBalance", "&".join(parts)),
        ("BOCompletedTime", int(ids.eat_digits(scene.now))),
    ]
    if scene.world.switches.action_type_in_balance:  # first, since 2024 at the latest
        parameters.insert(0, ("ActionType", "AccountBalance"))
    return Result(parameters=parameters)
