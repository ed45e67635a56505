"""B2B Express Checkout: a USSD prompt to another merchant, flat callbacks (SPEC 10.7)."""

from pokea.simulator.world import answer, c2b, fields, ids, money
from pokea.simulator.world.agenda import Post
from pokea.simulator.world.answer import Answer
from pokea.simulator.world.model import Organisation, organisation_account
from pokea.simulator.world.money import Transfer
from pokea.simulator.world.plans import Plan
from pokea.simulator.world.result_codes import SUCCESS_TEXT
from pokea.simulator.world.scene import Accepted, Order
from pokea.simulator.world.wire import Body, dumps


def handle(order: Order) -> Answer | Accepted:
    """A merchant's till pays your paybill, when its owner agrees on the phone."""
    body = order.body
    payer = c2b.organisation_of(order.scene.world, fields.text(body, "primaryShortCode"))
    payee = order.scene.world.organisations.get(fields.text(body, "receiverShortCode"))
    request = fields.first_text(body, "RequestRefID", "RequestRefId")
    if payer is None or payee is None:
        return _refused("4104", "Missing Nominated Number")
    if not (fields.cents(body, "amount") and fields.is_url(fields.text(body, "callbackUrl"))):
        return _refused("4000", "Bad Request")
    if not request or request in order.scene.world.originators:
        return _refused("4001", "Duplicate RequestRefID")
    return Accepted(lambda plan: _accept(order, payer, payee, plan))


def _refused(code: str, text: str) -> Answer:
    return Answer(status=400, body=dumps({"code": code, "status": text}))


def _accept(order: Order, payer: Organisation, payee: Organisation, plan: Plan) -> Answer:
    """The other merchant agrees after a moment, unless a rule says ``cancel``."""
    scene, body = order.scene, order.body
    request = fields.first_text(body, "RequestRefID", "RequestRefId")
    scene.world.originators[request] = request
    told = _cancelled(body, request)
    if plan.action not in {"cancel", "off", "ignore"}:
        told = _paid(order, payer, payee, request)
    if plan.callback != "drop":
        delay = scene.world.switches.result_delay_s + plan.callback_delay_s
        url = fields.text(body, "callbackUrl")
        scene.send(Post(url=url, body=dumps(told), purpose="b2b_express"), delay)
    return answer.ok({"code": "0", "status": "USSD Initiated Successfully"})


def _amount_text(body: Body) -> str:
    # One decimal, as a string: "71.0" (P:b2b_express_callback_success__portal2025).
    return f"{fields.cents(body, 'amount') // 100}.0"


def _cancelled(body: Body, request: str) -> Body:
    return {
        "resultCode": "4001",
        "resultDesc": "User cancelled transaction",
        "requestId": request,
        "amount": _amount_text(body),
        "paymentReference": fields.text(body, "paymentRef"),
    }


def _paid(order: Order, payer: Organisation, payee: Organisation, request: str) -> Body:
    scene, body = order.scene, order.body
    account = "merchant" if payer.kind == "till" else "utility"
    conversation = ids.conversation_id(scene.world, scene.now)
    transfer = Transfer(
        kind="b2b_express",
        amount=fields.cents(body, "amount"),
        debit=organisation_account(payer.shortcode, account),
        credit=organisation_account(payee.shortcode, "utility"),
        shortcode=payee.shortcode,
        reference=fields.text(body, "paymentRef"),
        conversation_id=conversation,
        originator_conversation_id=request,
    )
    if not money.affordable(scene.world, transfer):
        return _cancelled(body, request) | {
            "resultCode": "1",
            "resultDesc": "The balance is insufficient for the transaction.",
        }
    movement = money.carry_out(scene, transfer)
    return {
        "resultCode": "0",
        "resultDesc": SUCCESS_TEXT,
        "amount": _amount_text(body),
        "requestId": request,
        "resultType": "0",
        "conversationID": conversation,
        "transactionId": movement.receipt,
        "status": "SUCCESS",
    }
