"""How a prompt ends: the customer's answer, the money, and the callback (SPEC 7.2)."""

import hmac
from dataclasses import replace

from pokea.simulator.world import c2b_notice, collecting, ids, money, result_codes
from pokea.simulator.world.agenda import LateSuccess, Post
from pokea.simulator.world.model import (
    Phone,
    Prompt,
)
from pokea.simulator.world.phones import phone_of, sms_moment, tell
from pokea.simulator.world.plans import Action, is_magic
from pokea.simulator.world.result_codes import SUCCESS
from pokea.simulator.world.scene import Scene
from pokea.simulator.world.stk_callback import callback_post
from pokea.simulator.world.wire import grouped

_WRONG_PIN = "0000"
_PIN_TRIES = 3  # Safaricom locks M-PESA after three wrong PINs in a row
_CODES: dict[Action, str] = {
    "cancel": "1032",
    "wrong_pin": "2001",
    "no_money": "1",
    "ignore": "1037",
    "off": "1037",
    "busy": "1001",
}


def by_itself(scene: Scene, prompt: Prompt) -> None:
    """The phone answers as its plan says."""
    if prompt.state != "open":
        return
    plan = prompt.plan
    match plan.action:
        case "pay":
            pay(scene, prompt)
        case "wrong_pin":
            wrong_pin(scene, prompt)
        case "code" if plan.result_code == SUCCESS:
            pay(scene, prompt)
        case "code":
            settle(scene, prompt, plan.result_code)
        case "wait":
            expire(scene, prompt)
        case "cancel" | "no_money" | "ignore" | "off" | "busy":
            settle(scene, prompt, _CODES[plan.action])


def by_hand(scene: Scene, prompt: Prompt, pin: str) -> None:
    """The owner typed a PIN: any four digits are right, except 0000."""
    if hmac.compare_digest(pin, _WRONG_PIN):
        wrong_pin(scene, prompt)
    else:
        pay(scene, prompt)


def cancel(scene: Scene, prompt: Prompt) -> None:
    """The owner pressed Cancel."""
    settle(scene, prompt, "1032")


def expire(scene: Scene, prompt: Prompt) -> None:
    """Nobody answered."""
    if prompt.state != "open":
        return
    settle(scene, prompt, "1037", "No response from user.")
    if prompt.plan.late_success_s is not None:
        scene.later(prompt.plan.late_success_s, LateSuccess(checkout_id=prompt.checkout_id))


def wrong_pin(scene: Scene, prompt: Prompt) -> None:
    """A wrong PIN ends the prompt, and the third in a row locks M-PESA."""
    phone = phone_of(scene, prompt.phone)
    if phone.locked:
        settle(scene, prompt, "8006")
        return
    if not is_magic(phone.msisdn):
        phone.wrong_pins += 1
        phone.locked = phone.wrong_pins >= _PIN_TRIES
    settle(scene, prompt, "2001")


def pay(scene: Scene, prompt: Prompt) -> None:
    """Move the money if the customer has it and may spend it."""
    phone = phone_of(scene, prompt.phone)
    if phone.locked:
        settle(scene, prompt, "8006")
        return
    phone.wrong_pins = 0
    organisation = scene.world.organisations[prompt.shortcode]
    reference = prompt.reference if organisation.kind == "paybill" else ""
    transfer = collecting.transfer(
        scene.world, organisation, prompt.phone, amount=prompt.amount, reference=reference
    )
    transfer.kind = "stk"
    transfer.checkout_id = prompt.checkout_id
    transfer.merchant_request_id = prompt.merchant_request_id
    refusal = money.customer_refusal(scene, phone, transfer)
    if refusal:
        settle(scene, prompt, refusal)
        return
    movement = money.carry_out(scene, transfer)
    phone.spent += prompt.amount
    prompt.receipt = movement.receipt
    settle(scene, prompt, SUCCESS)
    c2b_notice.twin(scene, organisation, movement, prompt.plan)


def late_success(scene: Scene, prompt: Prompt) -> None:
    """The failure that was already reported turns out to be a payment."""
    prompt.state = "open"
    prompt.plan = replace(prompt.plan, late_success_s=None)
    pay(scene, prompt)


def settle(scene: Scene, prompt: Prompt, code: str, text: str = "") -> None:
    """Write the end down, tell the phone, and send the callback as the plan has it."""
    if prompt.state != "open":
        return
    prompt.state = "settled"
    scene.world.open_prompts.pop(prompt.checkout_id, None)
    prompt.result_code = code
    prompt.result_desc = text or result_codes.stk_text(code)
    prompt.settled_at = scene.now
    _tell_payer(scene, prompt)
    for post, after_s in _posts(scene, prompt):
        scene.send(post, after_s)


def _posts(scene: Scene, prompt: Prompt) -> list[tuple[Post, float]]:
    plan = prompt.plan
    if plan.callback == "drop":
        return []
    post = callback_post(scene, prompt)
    post.early = plan.callback == "before_ack"
    copies = max(plan.callback_copies, 2 if plan.callback == "twice" else 1)
    delay = plan.callback_delay_s
    if plan.callback_jitter_s > 0:
        delay += ids.draw(scene.world, 1000) * plan.callback_jitter_s / 1000
    return [(post, delay)] * copies


def _tell_payer(scene: Scene, prompt: Prompt) -> None:
    phone = phone_of(scene, prompt.phone)
    if prompt.result_code == SUCCESS:
        _tell_paid(scene, phone, prompt)
        return
    if not prompt.shown or not phone.on:
        return
    english, swahili = _FAILED_SMS.get(prompt.result_code, _FAILED_SMS[""])
    tell(scene, phone, english, swahili)


def _tell_paid(scene: Scene, phone: Phone, prompt: Prompt) -> None:
    name = scene.world.organisations[prompt.shortcode].name
    for_account = f" for account {prompt.reference}" if _is_paybill(scene, prompt) else ""
    left = grouped(money.phone_balance(scene.world, phone))
    cost, when = grouped(prompt.amount), sms_moment(scene)
    tell(
        scene,
        phone,
        f"{prompt.receipt} Confirmed. KSh{cost} paid to {name}{for_account} on {when}. "
        f"New balance is KSh{left}. Transaction cost, KSh0.00.",
        f"{prompt.receipt} Imethibitishwa. KSh{cost} imelipwa kwa {name}{for_account} {when}. "
        f"Salio lako jipya ni KSh{left}. Gharama ya muamala, KSh0.00.",
    )


def _is_paybill(scene: Scene, prompt: Prompt) -> bool:
    return scene.world.organisations[prompt.shortcode].kind == "paybill"


_FAILED_SMS: dict[str, tuple[str, str]] = {
    "1": (
        "Failed. You have insufficient funds in your M-PESA account.",
        "Haikufaulu. Huna pesa za kutosha katika akaunti yako ya M-PESA.",
    ),
    "1032": ("You cancelled the request. No money was taken.", "Umeghairi ombi."),
    "1037": ("The request expired. No money was taken.", "Muda wa ombi umeisha."),
    "2001": ("You entered the wrong PIN. Please try again.", "Umeweka PIN isiyo sahihi."),
    "8006": ("Your M-PESA is locked. Call 100.", "M-PESA yako imefungwa. Piga 100."),
    "": ("The request failed. No money was taken.", "Ombi halikufaulu."),
}
