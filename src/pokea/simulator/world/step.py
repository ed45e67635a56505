"""One step of the world: a request and a moment in, an answer and posts out. No I/O."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from pokea.simulator.world import (
    agenda,
    answer,
    bill_manager,
    c2b,
    gate,
    ids,
    mishaps,
    oauth,
    ratiba,
    results,
    stk_outcome,
)
from pokea.simulator.world.agenda import (
    CommandDue,
    Event,
    LateSuccess,
    Post,
    PromptAnswered,
    PromptExpired,
    SendPost,
    StandingOrderDue,
)
from pokea.simulator.world.answer import Answer
from pokea.simulator.world.model import World
from pokea.simulator.world.planning import plan_for
from pokea.simulator.world.routes import OAUTH, OPERATIONS, REFUSED, WORKS, Operation
from pokea.simulator.world.scene import Call, Order, Scene
from pokea.simulator.world.wire import Json


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed: carry out what is due."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerAnswered:
    """Somebody at the phone page typed a PIN, or cancelled (an empty PIN)."""

    checkout_id: str
    pin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PostReplied:
    """A merchant's server answered a post that the world waits for; 0 is no answer."""

    reply_to: str
    status: int
    body: bytes


Request = Call | Tick | OwnerAnswered | PostReplied


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step produced."""

    answer: Answer | None
    posts: list[Post]


def step(
    world: World, request: Request, now: datetime, unseal: Callable[[str], str] = str
) -> Outcome:
    """Change the world by one request; ``unseal`` opens a SecurityCredential."""
    scene = Scene(world, now, unseal)
    # Whatever is due comes first, however late the timer, so that a replay gets the same order.
    _tick(scene)
    found: Answer | None = None
    match request:
        case Call():
            found = _call(scene, request)
        case Tick():
            pass
        case OwnerAnswered():
            _owner(scene, request)
        case PostReplied():
            _replied(scene, request)
        case _:
            assert_never(request)
    return Outcome(found, scene.posts)


def _call(scene: Scene, call: Call) -> Answer:
    path = call.path.rstrip("/")
    if path == OAUTH:
        return _token(scene, call)
    operation = OPERATIONS.get(path)
    if operation is None:
        request_id = ids.merchant_request_id(scene.world)
        return answer.error(404, "404.001.01", "Resource not found", request_id)
    return _operate(scene, call, operation)


def _token(scene: Scene, call: Call) -> Answer:
    if call.method != "GET":
        return answer.error(405, "405.001", "Method Not Allowed")
    plan = plan_for(scene, "oauth")
    lost = mishaps.before(scene, call, plan, "404.001.03")
    return lost or mishaps.after(scene, plan, oauth.generate(scene, call))


def _operate(scene: Scene, call: Call, operation: Operation) -> Answer:
    request_id = ids.merchant_request_id(scene.world)
    if call.method == "GET":
        text = "Invalid Authentication Header"
        return answer.error(404, "404.001.04", text, request_id)
    if call.method != "POST":
        return answer.error(405, "405.001", "Method Not Allowed", request_id)
    app = gate.admit(scene, call, operation.product, operation.style)
    if isinstance(app, Answer):
        return app
    parsed = gate.parse(call, request_id)
    if isinstance(parsed, Answer):
        return parsed
    body: Json = {"": parsed} if operation.rows and isinstance(parsed, list) else parsed
    if not isinstance(body, dict):
        return gate.bad_payload(request_id)
    checked = operation.handle(Order(scene, call, app, body, request_id))
    if isinstance(checked, Answer):
        return checked
    plan = plan_for(scene, operation.product, checked.phone, checked.own)
    lost = mishaps.before(scene, call, plan, operation.style)
    if lost is not None:
        return lost
    good = checked.go(plan)
    if plan.callback == "before_ack":
        _tick(scene)  # its result is due now, ahead of the acknowledgement
    return mishaps.after(scene, plan, good)


def _tick(scene: Scene) -> None:
    """Each event happens at its own moment, not at the moment of the timer that noticed it."""
    now = scene.now
    while (due := agenda.take(scene.world.agenda, now)) is not None:
        scene.now = due.at
        _happen(scene, due.event)
    scene.now = now


def _happen(scene: Scene, event: Event) -> None:
    prompts = scene.world.prompts
    match event:
        case PromptAnswered():
            stk_outcome.by_itself(scene, prompts[event.checkout_id])
        case PromptExpired():
            stk_outcome.expire(scene, prompts[event.checkout_id])
        case LateSuccess():
            stk_outcome.late_success(scene, prompts[event.checkout_id])
        case SendPost():
            scene.posts.append(event.post)
        case CommandDue():
            command = scene.world.commands[event.conversation_id]
            product = command.product
            results.finish(scene, command, WORKS[product], REFUSED.get(product, results.bare))
        case StandingOrderDue():
            ratiba.due(scene, event.request_id, first=event.first)
        case _:
            assert_never(event)


def _replied(scene: Scene, request: PostReplied) -> None:
    kind, _, reference = request.reply_to.partition(" ")
    if kind == "c2b":
        c2b.validated(scene, reference, request.status, request.body)
    else:
        bill_manager.replied(scene, reference, request.status, request.body)


def _owner(scene: Scene, request: OwnerAnswered) -> None:
    prompt = scene.world.prompts.get(request.checkout_id)
    if prompt is None or prompt.state != "open":
        return
    if request.pin:
        stk_outcome.by_hand(scene, prompt, request.pin)
    else:
        stk_outcome.cancel(scene, prompt)
