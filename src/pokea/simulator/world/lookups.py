"""Synchronous look-ups about numbers and shortcodes, each in its own envelope (SPEC 10.15)."""

import re

from pokea.simulator.world import answer, c2b, fields, ids
from pokea.simulator.world.answer import Answer
from pokea.simulator.world.model import EAT
from pokea.simulator.world.scene import Accepted, Order
from pokea.simulator.world.wire import Body

_WHOLE = re.compile(r"\d{1,9}", re.ASCII)


def handle_imsi(order: Order) -> Answer | Accepted:
    """IMSI, and when the SIM was last swapped."""
    body: Body = {
        "imsi": "9233817055099406",
        "lastSwapDate": "01-05-2022",
        "msisdnRegistrationDate": "01-03-2022",
        "customerNumber": fields.text(order.body, "customerNumber"),
    }
    return _ati(order, body)


def handle_swap(order: Order) -> Answer | Accepted:
    """The swap date only; the year 1900 means: more than three months ago."""
    return _ati(order, {"lastSwapDate": "01-01-1900 00:00"})


def _ati(order: Order, found: Body) -> Answer | Accepted:
    if not fields.msisdn(order.body, "customerNumber"):
        return answer.invalid("customerNumber", order.request_id)
    head: Body = {
        "requestRefID": order.request_id,
        "responseCode": "200",
        "responseDesc": "Success",
    }
    return Accepted(lambda _: answer.ok(head | found))


def handle_organisation(order: Order) -> Answer | Accepted:
    """Whose paybill or till is this? "Not found" is HTTP 200 too."""
    return Accepted(lambda _: _organisation(order))


def _organisation(order: Order) -> Answer:
    number = fields.text(order.body, "Identifier")
    found = c2b.organisation_of(order.scene.world, number)
    body: Body = {
        "ConversationID": ids.merchant_request_id(order.scene.world),
        "ResponseCode": "4000",
        "ResponseMessage": "Success" if found else "Invalid Identifier",
        "DetailedMessage": "Request received successfully",
    }
    if found is not None:
        body |= {
            "OrganizationShortCode": number,
            "OrganizationName": found.name,
            "ChargeProfileID": "20013",
        }
    return answer.ok(body)


def handle_name(order: Order) -> Answer | Accepted:
    """Hakikisha: the first name in clear, the rest masked."""
    inner = order.body.get("body")
    msisdn = fields.msisdn(inner, "msisdn") if isinstance(inner, dict) else ""
    return Accepted(lambda _: _name(order, msisdn))


def _name(order: Order, msisdn: str) -> Answer:
    phone = order.scene.world.phones.get(msisdn)
    header: Body = {
        "requestID": order.request_id,
        "timestamp": ids.eat_digits(order.scene.now),
        "status": "200" if phone else "400",
    }
    if phone is None:
        return answer.ok({"header": header, "body": {"message": "Customer not found"}})
    first, _, last = phone.name.upper().partition(" ")
    masked = last[:1] + "*" * max(0, len(last) - 1)
    return answer.ok({"header": header, "body": {"name": f"{first} {masked}".strip()}})


def handle_kyc(order: Order) -> Answer | Accepted:
    """Does the identity number belong to the phone? Here: when its last digit is even."""
    return Accepted(lambda _: _kyc(order))


def _kyc(order: Order) -> Answer:
    number = fields.text(order.body, "idNumber")
    same = number[-1:] in {"0", "2", "4", "6", "8"}
    return answer.ok(
        {
            "responseRefID": fields.text(order.body, "requestRefID"),
            "responseCode": "4000" if same else "4001",
            "responseMessage": "Details match" if same else "Details do not match",
            "status": same,
        }
    )


def handle_bonga_points(order: Order) -> Answer | Accepted:
    """What Bonga points are worth: 0.2 shillings each, rounded down here."""
    points = fields.text(order.body, "points")
    amount = int(points) // 5 if _WHOLE.fullmatch(points) else 0
    body: Body = {"amount": str(amount), "points": points, "rate": "0.2"}
    return Accepted(lambda _: _bonga(order, body))


def handle_bonga_redeem(order: Order) -> Answer | Accepted:
    """Accepted; the simulator keeps no points, so no C2B payment follows."""
    return Accepted(lambda _: _bonga(order, {}))


def _bonga(order: Order, body: Body) -> Answer:
    header: Body = {
        "requestRefId": order.request_id,
        "responseCode": 200,  # a number here, a string everywhere else
        "responseMessage": "Success",
        "customerMessage": "Success",
        "timestamp": f"{order.scene.now.astimezone(EAT):%Y-%m-%dT%H:%M:%S}",
    }
    return answer.ok({"header": header, "body": body})
