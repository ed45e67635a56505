"""M-Pesa Ratiba, standing orders: the envelope's spelling depends on success (10.14)."""

from datetime import datetime, timedelta

from pokea.simulator.world import answer, c2b, collecting, fields, ids, money
from pokea.simulator.world.agenda import Post, StandingOrderDue
from pokea.simulator.world.answer import Answer
from pokea.simulator.world.model import EAT, StandingOrder
from pokea.simulator.world.phones import phone_of
from pokea.simulator.world.plans import Plan
from pokea.simulator.world.result_codes import SUCCESS
from pokea.simulator.world.scene import Accepted, Order, Scene
from pokea.simulator.world.wire import Body, Json, dumps

_TYPES = {"Standing Order Customer Pay Bill": "4", "Standing Order Customer Pay Marchant": "2"}
# Days between payments, by Frequency 1 to 8; months are counted as 30 days here.
_DAYS = {"1": 0, "2": 1, "3": 7, "4": 30, "5": 60, "6": 90, "7": 182, "8": 365}
_CODES = {
    "cancel": "1032",
    "off": "1037",
    "ignore": "1037",
    "wrong_pin": "2001",
    "busy": "1001",
}


def handle(order: Order) -> Answer | Accepted:
    """Ask a customer to agree to a standing order."""
    body = order.body
    kind = fields.text(body, "TransactionType")
    shop = c2b.organisation_of(order.scene.world, fields.text(body, "BusinessShortCode"))
    url = fields.text(body, "CallBackURL")
    checks = (
        ("StandingOrderName", bool(fields.text(body, "StandingOrderName"))),
        ("BusinessShortCode", shop is not None),
        ("TransactionType", kind in _TYPES),
        (
            "ReceiverPartyIdentifierType",
            fields.text(body, "ReceiverPartyIdentifierType") == _TYPES.get(kind),
        ),
        ("Amount", fields.cents(body, "Amount") > 0),
        ("PartyA", bool(fields.msisdn(body, "PartyA"))),
        ("CallBackURL", fields.is_url(url) and not fields.banned_word(url)),
        ("Frequency", fields.text(body, "Frequency") in _DAYS),
        ("StartDate", _day(fields.text(body, "StartDate")) is not None),
        ("EndDate", _day(fields.text(body, "EndDate")) is not None),
    )
    wrong = next((name for name, good in checks if not good), "")
    if wrong:
        return _envelope(order, "400", f"Bad Request - Invalid {wrong}")
    return Accepted(lambda plan: _accept(order, plan), fields.text(body, "PartyA"), "payer")


def _day(value: str) -> datetime | None:
    try:
        return datetime.strptime(value, "%Y%m%d").replace(tzinfo=EAT)
    except ValueError:
        return None


def _envelope(order: Order, code: str, text: str) -> Answer:
    return answer.ok(
        {
            "ResponseHeader": {
                "responseRefID": order.request_id,
                "responseCode": code,
                "responseDescription": text,
                "ResultDesc": "The service request is processed successfully.",
            },
            "ResponseBody": {"responseDescription": text, "responseCode": code},
        }
    )


def _accept(order: Order, plan: Plan) -> Answer:
    body, scene = order.body, order.scene
    shop = c2b.organisation_of(scene.world, fields.text(body, "BusinessShortCode"))
    standing = StandingOrder(
        name=fields.text(body, "StandingOrderName"),
        msisdn=phone_of(scene, fields.text(body, "PartyA")).msisdn,
        shortcode="" if shop is None else shop.shortcode,
        amount=fields.cents(body, "Amount"),
        reference=fields.text(body, "AccountReference"),
        callback_url=fields.text(body, "CallBackURL"),
        frequency=fields.text(body, "Frequency"),
        start=fields.text(body, "StartDate"),
        end=fields.text(body, "EndDate"),
        request_id=order.request_id,
        plan=plan,
    )
    scene.world.standing_orders[order.request_id] = standing
    delay = scene.world.switches.result_delay_s
    scene.later(delay, StandingOrderDue(request_id=order.request_id, first=True))
    return _envelope(order, "200", "Request accepted for processing")


def due(scene: Scene, request_id: str, *, first: bool) -> None:
    """The customer's answer, or the next payment."""
    standing = scene.world.standing_orders.get(request_id)
    if standing is None:
        return
    if first:
        _answered(scene, standing)
    elif standing.active:
        _pay(scene, standing)


def _answered(scene: Scene, standing: StandingOrder) -> None:
    """The customer agrees, unless the plan says otherwise; names are unique per customer."""
    plan = standing.plan
    code = plan.result_code if plan.action == "code" else _CODES.get(plan.action, SUCCESS)
    others = scene.world.standing_orders.values()
    mine = [other for other in others if other.active and other.msisdn == standing.msisdn]
    if code == SUCCESS and any(other.name == standing.name for other in mine):
        code = "1050"
    standing.active = code == SUCCESS
    receipt = ids.receipt(scene.world, scene.now) if standing.active else "0000000000"
    if plan.callback != "drop":
        body = _callback(standing, receipt, code)
        scene.send(
            Post(url=standing.callback_url, body=dumps(body), purpose="ratiba"),
            plan.callback_delay_s,
        )
    start = _day(standing.start)
    if standing.active and start is not None:
        wait = max(0.0, (start - scene.now).total_seconds())
        scene.later(wait, StandingOrderDue(request_id=standing.request_id))


def _callback(standing: StandingOrder, receipt: str, code: str) -> Json:
    good = code == SUCCESS
    phone = standing.msisdn
    masked = f"{phone[:3]}******{phone[9:]}" if good else f"*********{phone[9:]}"
    data = [
        ("TransactionID", receipt),
        ("responseCode", code),
        ("Status", "OKAY" if good else "ERROR"),
        ("Msisdn", masked),
    ]
    header: Body = {
        "responseRefID": standing.request_id,
        "requestRefID": standing.request_id,
        "responseCode": code,
        "responseDescription": (
            "The service request is processed successfully" if good else "Error"
        ),
    }
    if good:
        items: list[Json] = [{"name": name, "value": value} for name, value in data]
        return {"responseHeader": header, "responseBody": {"responseData": items}}
    items = [{"Name": name, "Value": value} for name, value in data]
    return {"ResponseHeader": header, "ResponseBody": {"ResponseData": items}}


def _pay(scene: Scene, standing: StandingOrder) -> None:
    """One payment: an ordinary C2B to the shortcode's addresses; no money, no payment."""
    end = _day(standing.end)
    if end is not None and scene.now >= end + timedelta(days=1):
        standing.active = False
        return
    shop = scene.world.organisations[standing.shortcode]
    phone = phone_of(scene, standing.msisdn)
    transfer = collecting.transfer(
        scene.world, shop, phone.msisdn, amount=standing.amount, reference=standing.reference
    )
    transfer.kind = "ratiba"
    if not money.customer_refusal(scene, phone, transfer):
        movement = money.carry_out(scene, transfer)
        phone.spent += standing.amount
        c2b.confirm(scene, shop, movement, Plan())
    days = _DAYS[standing.frequency]
    if days:
        scene.later(days * 86_400.0, StandingOrderDue(request_id=standing.request_id))
