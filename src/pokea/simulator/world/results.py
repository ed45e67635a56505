"""A command's end: initiator check, the product's work, and the Result body (SPEC 9)."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from pokea.simulator.world import fields, ids
from pokea.simulator.world.agenda import CommandDue, Post
from pokea.simulator.world.model import Command
from pokea.simulator.world.result_codes import SUCCESS, command_text, typed
from pokea.simulator.world.scene import Scene
from pokea.simulator.world.stk_callback import as_strings
from pokea.simulator.world.wire import Body, Json, dumps

# SPEC 5.2: a few wrong passwords lock the operator (8006); how many is not published.
_LOCK_AFTER = 5
LOCKED = "8006"


@dataclass(slots=True, kw_only=True)
class Result:
    """What the product's work came to; ``parameters`` and ``reference`` keep their order."""

    code: str = SUCCESS
    receipt: str = ""
    parameters: list[tuple[str, Json]] = field(default_factory=list[tuple[str, "Json"]])
    reference: list[tuple[str, Json]] = field(default_factory=list[tuple[str, "Json"]])
    reference_is_list: bool = False
    single_parameter: bool = False


Work = Callable[[Scene, Command], Result]
Refused = Callable[[Scene, Command, str], Result]


def bare(_scene: Scene, _command: Command, code: str) -> Result:
    """A refusal with nothing beside its code, as most products have it."""
    return Result(code=code)


def finish(scene: Scene, command: Command, work: Work, refused: Refused = bare) -> None:
    """Carry a due command out and send what its plan lets through."""
    if command.finished_at is not None:
        return
    plan = command.plan
    if plan.queue_timeout:
        _time_out(scene, command)
        return
    code = _refusal(scene, command)
    result = refused(scene, command, code) if code else work(scene, command)
    command.finished_at = scene.now
    command.result_code = result.code
    command.receipt = result.receipt if result.code == SUCCESS else ""
    if plan.callback == "drop":
        return
    post = _result_post(scene, command, result)
    copies = max(plan.callback_copies, 2 if plan.callback == "twice" else 1)
    delay = plan.callback_delay_s
    if plan.callback_jitter_s > 0:
        delay += ids.draw(scene.world, 1000) * plan.callback_jitter_s / 1000
    for _ in range(copies):
        scene.send(post, delay)


def _time_out(scene: Scene, command: Command) -> None:
    """The queue gives up: the caller's own request comes back, without a Result (ODDITIES 16).

    With ``late_success_s`` the work is done after all, that much later.
    """
    late = command.plan.late_success_s
    command.plan = replace(command.plan, queue_timeout=False)
    url = fields.text(command.body, "QueueTimeOutURL")
    scene.send(Post(url=url, body=dumps(command.body), purpose="queue_timeout"))
    if late is None:
        command.finished_at = scene.now
        command.result_code = "26"
    else:
        scene.later(late, CommandDue(conversation_id=command.conversation_id))


def _refusal(scene: Scene, command: Command) -> str:
    """The code that ends it before the product's work: the plan's, then the initiator's."""
    if command.plan.result_code not in {"", SUCCESS}:
        return command.plan.result_code
    initiator = scene.world.initiators.get(command.initiator)
    if initiator is None:
        return "2001"
    if initiator.locked:
        return LOCKED
    if command.password_is_right:
        initiator.wrong_passwords = 0
        return ""
    initiator.wrong_passwords += 1
    initiator.locked = initiator.wrong_passwords >= _LOCK_AFTER
    return "2001"


def _result_post(scene: Scene, command: Command, result: Result) -> Post:
    body: Json = {"Result": _result_body(scene, command, result)}
    if command.plan.callback_types == "strings":
        body = as_strings(body)
    return Post(
        url=fields.text(command.body, "ResultURL"),
        body=dumps(body),
        purpose=command.product,
        early=command.plan.callback == "before_ack",
    )


def _result_body(scene: Scene, command: Command, result: Result) -> Body:
    told = command.plan.callback_result_code or result.code
    code = typed(told)
    body: Body = {
        "ResultType": 0,
        "ResultCode": str(code) if scene.world.switches.result_codes_as_strings else code,
        "ResultDesc": command.plan.callback_result_desc or command_text(told),
        "OriginatorConversationID": command.originator_conversation_id,
        "ConversationID": command.conversation_id,
        # No proof of anything: placeholders and receipts on failures both occur (3.5).
        "TransactionID": result.receipt or ids.placeholder_receipt(scene.now),
    }
    missing = command.plan.callback_missing
    kept = [(key, value) for key, value in result.parameters if key not in missing]
    if kept:
        items = _items(kept)
        one = result.single_parameter and len(items) == 1
        body["ResultParameters"] = {"ResultParameter": items[0] if one else items}
    references = [*result.reference, ("QueueTimeoutURL", _internal_url(command))]
    if result.reference_is_list:
        references.append(("Occassion", None))  # last and without a value, in every capture
    named = _items(references)
    body["ReferenceData"] = {"ReferenceItem": named if result.reference_is_list else named[-1]}
    return {key: value for key, value in body.items() if key not in missing}


def _items(pairs: list[tuple[str, Json]]) -> list[Json]:
    """Key and Value; an empty value loses its Value altogether, as in the captures."""
    return [
        {"Key": key} if value is None else {"Key": key, "Value": value} for key, value in pairs
    ]


_INTERNAL = {"balance": "ab", "reversal": "reversal", "b2c": "b2c", "b2pochi": "b2c"}


def _internal_url(command: Command) -> str:
    """Safaricom's own address, not the caller's (SPEC 9)."""
    name = _INTERNAL.get(command.product, "b2b")
    return f"https://internalsandbox.safaricom.co.ke/mpesa/{name}results/v1/submit"
