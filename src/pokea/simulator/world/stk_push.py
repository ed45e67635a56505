"""M-Pesa Express: the push, its checks and its acknowledgement (SPEC 7.1).

The acknowledgement only says that the prompt is queued, so it is ``ResponseCode "0"`` even for
a payment that is bound to fail (ODDITIES 1).
"""

import base64
import binascii
from dataclasses import dataclass
from datetime import timedelta

from pokea.simulator.world import answer, fields, ids, stk_outcome
from pokea.simulator.world.agenda import PromptAnswered, PromptExpired
from pokea.simulator.world.answer import Answer
from pokea.simulator.world.model import Organisation, Prompt, World
from pokea.simulator.world.phones import phone_of
from pokea.simulator.world.plans import Plan, is_magic, overlay
from pokea.simulator.world.scene import Accepted, Order, Scene

ACCEPTED_TEXT = "Success. Request accepted for processing"
# "Very long" descriptions are refused (file id 4981747337); where the line runs is not
# published, so ours is far above the documented 13.
_DESCRIPTION_MAX = 100
_PROMPT_TEXT_MAX = 182  # SPEC 5.1, code 1025
_RULE_LIMIT = timedelta(minutes=2)  # SPEC 5.1, code 17


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """A well-formed push."""

    organisation: Organisation | None
    shortcode: str
    transaction_type: str
    amount: int
    credited: str
    phone: str
    callback_url: str
    reference: str
    description: str


def handle(order: Order) -> Answer | Accepted:
    """Check the fields in the order in which Safaricom complains of them."""
    wrong = _wrong_field(order)
    if wrong:
        return answer.invalid(wrong, order.request_id)
    push = _read(order)
    refused = authentic(order, push.shortcode)
    if refused is not None and push.organisation is not None:
        return refused
    if push.organisation is None:
        if _is_till(order.scene.world, push.shortcode):
            # A till used as BusinessShortCode is acknowledged and dies (file id 60417914562).
            doomed = Plan(action="code", result_code="4999", callback="drop")
            return Accepted(lambda plan: accept(order, push, overlay(plan, doomed)), push.phone)
        text = "Merchant does not exist"
        return answer.error(500, "500.001.1001", text, order.request_id)
    if (
        push.transaction_type == "CustomerBuyGoodsOnline"
        and push.organisation.kind == "paybill"
    ):
        return answer.invalid("TransactionType", order.request_id)
    busy = _subscriber_busy(order, push)
    if busy is not None:
        return busy
    return Accepted(lambda plan: accept(order, push, plan), push.phone, "payer")


def _wrong_field(order: Order) -> str:
    body = order.body
    https_only = order.scene.world.switches.habits == "production"
    kinds = ("CustomerPayBillOnline", "CustomerBuyGoodsOnline")
    url = fields.text(body, "CallBackURL")
    description = fields.text(body, "TransactionDesc")
    checks = (
        ("BusinessShortCode", bool(fields.shortcode(body, "BusinessShortCode"))),
        ("Password", bool(decoded_password(fields.text(body, "Password")))),
        ("Timestamp", fields.is_timestamp(fields.text(body, "Timestamp"))),
        ("TransactionType", fields.text(body, "TransactionType") in kinds),
        ("Amount", fields.cents(body, "Amount") > 0),
        ("PartyA", bool(fields.msisdn(body, "PartyA"))),
        ("PartyB", bool(fields.shortcode(body, "PartyB"))),
        ("PhoneNumber", bool(fields.msisdn(body, "PhoneNumber"))),
        ("CallBackURL", fields.is_url(url, https_only=https_only)),
        ("CallBackURL", not fields.banned_word(url)),
        # Live: a missing TransactionDesc or AccountReference is called "Remarks" (UmojaHub).
        ("Remarks", bool(fields.text(body, "AccountReference"))),
        ("Remarks", 0 < len(description) <= _DESCRIPTION_MAX),
    )
    return next((name for name, good in checks if not good), "")


def decoded_password(value: str) -> str:
    """The password's text, or empty when it is not base64."""
    try:
        return base64.b64decode(value, validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return ""


def authentic(order: Order, shortcode: str) -> Answer | None:
    """Refuse a password that was not made from shortcode, passkey and timestamp as sent."""
    organisation = order.scene.world.organisations.get(shortcode)
    passkey = organisation.passkey if organisation else ""
    expected = f"{shortcode}{passkey}{fields.text(order.body, 'Timestamp')}"
    if decoded_password(fields.text(order.body, "Password")) == expected:
        return None
    return answer.error(500, "500.001.1001", "Wrong credentials", order.request_id)


def _read(order: Order) -> Push:
    body = order.body
    shortcode = fields.text(body, "BusinessShortCode")
    return Push(
        organisation=order.scene.world.organisations.get(shortcode),
        shortcode=shortcode,
        transaction_type=fields.text(body, "TransactionType"),
        amount=fields.cents(body, "Amount"),
        credited=fields.text(body, "PartyB"),
        phone=fields.text(body, "PhoneNumber"),
        callback_url=fields.text(body, "CallBackURL"),
        reference=fields.text(body, "AccountReference"),
        description=fields.text(body, "TransactionDesc"),
    )


def _is_till(world: World, number: str) -> bool:
    return any(known.till == number for known in world.organisations.values())


def _subscriber_busy(order: Order, push: Push) -> Answer | None:
    """Production refuses a second session of one subscriber; the sandbox prompts twice (N)."""
    world = order.scene.world
    if world.switches.habits == "sandbox" or is_magic(push.phone):
        return None
    opened = (prompt for prompt in world.open_prompts.values() if prompt.phone == push.phone)
    if next(opened, None) is None:
        return None
    text = "Unable to lock subscriber, a transaction is already in process for the current "
    return answer.error(500, "500.001.1001", f"{text}subscriber", order.request_id)


def accept(order: Order, push: Push, plan: Plan) -> Answer:
    """Queue the prompt and acknowledge it."""
    scene = order.scene
    prompt = _open_prompt(scene, push, overlay(plan, _doom(scene, push)))
    _schedule(scene, prompt)
    return answer.ok(
        {
            "MerchantRequestID": prompt.merchant_request_id,
            "CheckoutRequestID": prompt.checkout_id,
            "ResponseCode": "0",
            "ResponseDescription": ACCEPTED_TEXT,
            "CustomerMessage": ACCEPTED_TEXT,
        }
    )


def _doom(scene: Scene, push: Push) -> Plan:
    """Why this payment cannot succeed whatever the customer does, as a plan that says so."""
    code = ""
    organisation = push.organisation
    if organisation is not None:
        till = push.transaction_type == "CustomerBuyGoodsOnline"
        right = organisation.till if till else organisation.shortcode
        if till != (organisation.kind == "till"):
            code = "2028"
        elif push.credited != right:
            code = "SFC_IC0003"
        elif (
            len(prompt_text(organisation.name, push.amount, push.reference)) > _PROMPT_TEXT_MAX
        ):
            code = "1025"
        elif not phone_of(scene, push.phone).registered:
            code = "2001"  # the same code for a number that is not on M-PESA (SPEC 5.1)
        elif _rule_limited(scene, push):
            code = "17"
    return Plan(action="code", result_code=code) if code else Plan()


def _rule_limited(scene: Scene, push: Push) -> bool:
    if scene.world.switches.habits == "sandbox" or is_magic(push.phone):
        return False
    for movement in reversed(scene.world.movements):
        if scene.now - movement.at >= _RULE_LIMIT:
            return False
        same = (movement.phone, movement.amount) == (push.phone, push.amount)
        if same and movement.shortcode == push.shortcode:
            return True
    return False


def prompt_text(name: str, amount: int, reference: str) -> str:
    """The sentence on the phone."""
    return f"Do you want to pay KSh {amount // 100:,}.00 to {name} account {reference}?"


def _open_prompt(scene: Scene, push: Push, plan: Plan) -> Prompt:
    phone = phone_of(scene, push.phone)
    life = timedelta(seconds=scene.world.switches.prompt_life_s)
    prompt = Prompt(
        checkout_id=ids.checkout_request_id(phone, scene.now),
        merchant_request_id=ids.merchant_request_id(scene.world),
        shortcode=push.shortcode,
        credited=push.credited,
        phone=push.phone,
        amount=push.amount,
        reference=push.reference,
        description=push.description,
        callback_url=push.callback_url,
        transaction_type=push.transaction_type,
        opened_at=scene.now,
        expires_at=scene.now + life,
        plan=plan,
        shown=plan.action in {"wait", "pay", "cancel", "wrong_pin", "no_money", "ignore"},
    )
    scene.world.prompts[prompt.checkout_id] = prompt
    scene.world.open_prompts[prompt.checkout_id] = prompt
    return prompt


def _schedule(scene: Scene, prompt: Prompt) -> None:
    switches, plan = scene.world.switches, prompt.plan
    if plan.callback == "before_ack":
        stk_outcome.by_itself(scene, prompt)
        return
    answers_s = plan.after_s
    if answers_s is None:
        slow = plan.action == "off" and not is_magic(prompt.phone)
        answers_s = switches.unreachable_s if slow else switches.auto_answer_s
    waits = plan.action in {"wait", "ignore"}
    if not waits:
        scene.later(answers_s, PromptAnswered(checkout_id=prompt.checkout_id))
    if waits or answers_s > switches.prompt_life_s:
        scene.later(switches.prompt_life_s, PromptExpired(checkout_id=prompt.checkout_id))
