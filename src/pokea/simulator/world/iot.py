"""IoT SIM management: one envelope for fourteen operations (SPEC 1.1, O:IotSimManagement).

Only the life cycle query was published with its answer. The others answer in that envelope and
say no more than that the operation worked; what Safaricom puts into their bodies is not known.
"""

from pokea.simulator.world import answer, fields
from pokea.simulator.world.answer import Answer
from pokea.simulator.world.model import EAT
from pokea.simulator.world.scene import Accepted, Order
from pokea.simulator.world.wire import Body

OPERATIONS = (
    *("allsims", "queryLifeCycleStatus", "querycustomerinfo", "simactivation"),
    *("getactivationtrends", "renameasset", "getlocationinfo", "suspend_unsuspend_sub"),
    *("searchmessages", "filtermessages", "deleteMessageThread", "getallmessages"),
    *("sendsinglemessage", "deletemessage"),
)


def handle_life_cycle(order: Order) -> Answer | Accepted:
    """Whether this SIM is active (P:iot_querylifecycle_response__portal2025)."""
    return _handle(order, ("msisdn",), {"status": "Active"})


def handle_send(order: Order) -> Answer | Accepted:
    """An SMS to one SIM (P:iot_sendsinglemessage_request__portal2025)."""
    return _handle(order, ("msisdn", "message"), {})


def handle(order: Order) -> Answer | Accepted:
    """Any operation of which neither request nor answer was published."""
    return _handle(order, (), {})


def _handle(order: Order, needed: tuple[str, ...], found: Body) -> Answer | Accepted:
    wrong = next((name for name in needed if not fields.text(order.body, name)), "")
    if wrong:
        return answer.invalid(wrong, order.request_id)
    # The spelling is Safaricom's; the body's keys stand in its order.
    body: Body = {"desc": "Operation successfull"} | found | {"statusCode": "0"}
    return Accepted(lambda _: envelope(order, body))


def envelope(order: Order, body: Body) -> Answer:
    """Header and body, with a numeric code, as Bonga has them."""
    header: Body = {
        "requestRefId": order.request_id,
        "responseCode": 200,
        "responseMessage": "Success",
        "customerMessage": "Operation Successfull",
        "timestamp": f"{order.scene.now.astimezone(EAT):%Y-%m-%dT%H:%M:%S.%f}",
    }
    return answer.ok({"header": header, "body": body})
