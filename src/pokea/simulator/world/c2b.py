"""C2B: registering addresses, the sandbox's simulate, and payments by hand (SPEC 10.1-10.3).

A payment by hand asks the validation address before the money moves, and tells the
confirmation address after it has moved.
"""

from typing import Literal

from pokea.simulator.world import (
    answer,
    bill_manager,
    c2b_notice,
    collecting,
    fields,
    ids,
    money,
)
from pokea.simulator.world.agenda import Post
from pokea.simulator.world.answer import Answer
from pokea.simulator.world.gate import an_object
from pokea.simulator.world.model import HandPayment, Movement, Organisation, Urls, World
from pokea.simulator.world.phones import phone_of, sms_moment, tell
from pokea.simulator.world.planning import plan_for
from pokea.simulator.world.plans import Plan
from pokea.simulator.world.scene import Accepted, Order, Scene
from pokea.simulator.world.stk_callback import told_amount
from pokea.simulator.world.wire import Body, NotJson, dumps, grouped, loads, shillings_text

_PAYBILL, _TILL = "CustomerPayBillOnline", "CustomerBuyGoodsOnline"
_REFERENCE_MAX = 20  # SPEC 10.3
_TUNNELS = ("ngrok", "mockbin", "requestbin")  # refused in production (SPEC 9)


def handle_register_v1(order: Order) -> Answer | Accepted:
    """Confirmations of v1 carry a hashed phone number."""
    return _register(order, "v1")


def handle_register_v2(order: Order) -> Answer | Accepted:
    """Confirmations of v2 carry a masked phone number."""
    return _register(order, "v2")


def _register(order: Order, version: Literal["v1", "v2"]) -> Answer | Accepted:
    body = order.body
    organisation = organisation_of(order.scene.world, fields.text(body, "ShortCode"))
    kind = fields.text(body, "ResponseType")
    if organisation is None:
        return answer.invalid("ShortCode", order.request_id)
    if kind not in {"Completed", "Cancelled"}:  # sentence case, exactly
        return answer.invalid("ResponseType", order.request_id)
    production = order.scene.world.switches.habits == "production"
    for name in ("ConfirmationURL", "ValidationURL"):
        url = fields.text(body, name)
        word = fields.banned_word(url)
        if word:
            text = f"Invalid {name} - URL has the word {word}"
            return Answer(status=400, body=dumps({"errorMessage": text}))
        tunnelled = production and any(tunnel in url for tunnel in _TUNNELS)
        if tunnelled or not fields.is_url(url, https_only=production):
            return answer.invalid(name, order.request_id)
    if production and organisation.urls is not None:
        text = "Urls are already registered."
        return answer.error(500, "500.003.1001", text, order.request_id)
    urls = Urls(
        confirmation=fields.text(body, "ConfirmationURL"),
        validation=fields.text(body, "ValidationURL"),
        response_type="Completed" if kind == "Completed" else "Cancelled",
        version=version,
    )
    return Accepted(lambda _: _registered(order, organisation, urls))


def _registered(order: Order, organisation: Organisation, urls: Urls) -> Answer:
    organisation.urls = urls
    return answer.ok(
        {
            # One n short, on the wire and in the documentation (ODDITIES 28).
            "OriginatorCoversationID": ids.merchant_request_id(order.scene.world),
            "ResponseCode": "0",
            "ResponseDescription": "success" if urls.version == "v1" else "Success",
        }
    )


def organisation_of(world: World, number: str) -> Organisation | None:
    """By shortcode, or by till number."""
    found = world.organisations.get(number)
    if found is not None:
        return found
    shops = (shop for shop in world.organisations.values() if shop.till == number)
    return next(shops, None) if number else None


def handle_simulate(order: Order) -> Answer | Accepted:
    """Sandbox only; production has real customers for this."""
    body = order.body
    organisation = organisation_of(order.scene.world, fields.text(body, "ShortCode"))
    command = fields.text(body, "CommandID")
    reference = fields.text(body, "BillRefNumber")
    checks = (
        ("ShortCode", organisation is not None),
        ("CommandID", command in {_PAYBILL, _TILL}),
        ("Amount", fields.cents(body, "Amount") > 0),
        ("Msisdn", bool(fields.msisdn(body, "Msisdn"))),
        ("BillRefNumber", bool(reference) == (command == _PAYBILL)),
    )
    wrong = next((name for name, good in checks if not good), "")
    if order.scene.world.switches.habits == "production":
        return answer.error(404, "404.001.01", "Resource not found", order.request_id)
    if wrong or organisation is None:
        return answer.invalid(wrong, order.request_id)
    return Accepted(
        lambda plan: _simulated(order, organisation, plan), fields.text(body, "Msisdn")
    )


def _simulated(order: Order, organisation: Organisation, plan: Plan) -> Answer:
    body = order.body
    pay_by_hand(
        order.scene,
        organisation,
        fields.text(body, "Msisdn"),
        amount=fields.cents(body, "Amount"),
        reference=fields.text(body, "BillRefNumber"),
        plan=plan,
    )
    return answer.ok(
        {
            "OriginatorCoversationID": ids.merchant_request_id(order.scene.world),
            "ResponseCode": "0",
            "ResponseDescription": "Accept the service request successfully.",
        }
    )


def pay_by_hand(
    scene: Scene,
    organisation: Organisation,
    msisdn: str,
    *,
    amount: int,
    reference: str,
    plan: Plan | None = None,
) -> HandPayment:
    """A customer pays from the menu; the validation's answer finishes it."""
    world = scene.world
    payment = HandPayment(
        number=str(ids.count(world)),
        msisdn=phone_of(scene, msisdn).msisdn,
        shortcode=organisation.shortcode,
        amount=amount,
        reference=reference[:_REFERENCE_MAX],
        receipt=ids.receipt(world, scene.now),
        at=scene.now,
        plan=plan or plan_for(scene, "c2b", msisdn),
    )
    world.hand_payments[payment.number] = payment
    urls = organisation.urls
    reason = _impossible(scene, payment)
    if reason:
        _refuse(scene, payment, reason)
    elif urls is not None and organisation.validates and urls.validation:
        body = dumps(_validation(scene, organisation, urls, payment))
        scene.send(
            Post(
                url=urls.validation,
                body=body,
                purpose="c2b_validation",
                shortcode=organisation.shortcode,
                phone=msisdn,
                reply_to=f"c2b {payment.number}",
            )
        )
    else:
        _complete(scene, payment)
    return payment


def _impossible(scene: Scene, payment: HandPayment) -> str:
    phone = phone_of(scene, payment.msisdn)
    if not phone.on:
        return "The phone is off."
    if phone.locked:
        return "M-PESA is locked."
    code = money.customer_refusal(scene, phone, _transfer(scene, payment))
    reasons = {
        "1": "There is not enough money in the M-PESA account.",
        "3": "The amount is above the maximum of a transaction.",
        "4": "The amount would exceed the daily limit.",
    }
    return reasons.get(code, "")


def _transfer(scene: Scene, payment: HandPayment) -> money.Transfer:
    organisation = scene.world.organisations[payment.shortcode]
    transfer = collecting.transfer(
        scene.world,
        organisation,
        payment.msisdn,
        amount=payment.amount,
        reference=payment.reference,
    )
    transfer.receipt = payment.receipt
    return transfer


def _validation(
    scene: Scene, organisation: Organisation, urls: Urls, payment: HandPayment
) -> Body:
    """The confirmation's fields, before there is a balance to tell."""
    intended = Movement(
        number=0,
        receipt=payment.receipt,
        kind="c2b",
        at=payment.at,
        amount=payment.amount,
        debit="",
        credit="",
        phone=payment.msisdn,
        shortcode=payment.shortcode,
        reference=payment.reference if organisation.kind == "paybill" else "",
    )
    body = c2b_notice.notice(scene, organisation, urls, intended)
    return body | {"OrgAccountBalance": ""}


def validated(scene: Scene, number: str, status: int, raw: bytes) -> None:
    """The merchant's validation answer, or its absence, decides."""
    payment = scene.world.hand_payments.get(number)
    if payment is None or payment.state != "validating":
        return
    urls = scene.world.organisations[payment.shortcode].urls
    reply = _reply(raw) if status == answer.OK else {}
    code = fields.text(reply, "ResultCode")
    # Without an answer in time the ResponseType of the registration holds (SPEC 10.1).
    by_default = urls is None or urls.response_type == "Completed"
    if not (code == "0" or (not code and by_default)):
        _refuse(scene, payment, f"The business did not accept it ({code or 'no answer'}).")
        return
    payment.third_party_id = fields.text(reply, "ThirdPartyTransID")
    reason = _impossible(scene, payment)
    if reason:
        _refuse(scene, payment, reason)
    else:
        _complete(scene, payment)


def _reply(raw: bytes) -> Body:
    try:
        return an_object(loads(raw))
    except NotJson:
        return {}


def _refuse(scene: Scene, payment: HandPayment, reason: str) -> None:
    payment.state, payment.reason = "refused", reason
    phone = phone_of(scene, payment.msisdn)
    tell(scene, phone, f"Failed. {reason}", f"Haikufaulu. {reason}")


def _complete(scene: Scene, payment: HandPayment) -> None:
    payment.state = "paid"
    phone = phone_of(scene, payment.msisdn)
    organisation = scene.world.organisations[payment.shortcode]
    movement = money.carry_out(scene, _transfer(scene, payment))
    movement.at = payment.at  # the moment that the validation was told
    phone.spent += payment.amount
    cost, when = grouped(payment.amount), sms_moment(scene)
    left = grouped(money.phone_balance(scene.world, phone))
    tell(
        scene,
        phone,
        f"{movement.receipt} Confirmed. KSh{cost} paid to {organisation.name} on {when}. "
        f"New balance is KSh{left}.",
        f"{movement.receipt} Imethibitishwa. KSh{cost} imelipwa kwa {organisation.name} {when}."
        f" Salio lako jipya ni KSh{left}.",
    )
    confirm(scene, organisation, movement, payment.plan, payment.third_party_id)
    bill_manager.paid(scene, organisation, movement)


def confirm(
    scene: Scene, organisation: Organisation, movement: Movement, plan: Plan, third: str = ""
) -> None:
    """Tell the confirmation address, as the plan lets it."""
    urls = organisation.urls
    if urls is None or plan.callback == "drop":
        return
    body = c2b_notice.notice(scene, organisation, urls, movement)
    body["ThirdPartyTransID"] = third
    body["TransAmount"] = shillings_text(told_amount(plan, movement.amount))
    for name in plan.callback_missing:
        body.pop(name, None)
    post = Post(
        url=urls.confirmation,
        body=dumps(body),
        purpose="c2b_confirmation",
        shortcode=organisation.shortcode,
        phone=movement.phone,
    )
    for _ in range(max(plan.callback_copies, 2 if plan.callback == "twice" else 1)):
        scene.send(post, plan.callback_delay_s)
