"""Pull transactions: what a shortcode collected, page by page (SPEC 10.13)."""

from datetime import datetime, timedelta

from pokea.simulator.world import answer, fields, ids
from pokea.simulator.world.answer import Answer
from pokea.simulator.world.model import EAT, Movement, Organisation
from pokea.simulator.world.scene import Accepted, Order
from pokea.simulator.world.wire import Body, Json, dumps

_PAGE = 100
_WINDOW = timedelta(hours=48)
_KINDS = frozenset({"stk", "c2b", "ratiba"})
_MOMENTS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S0")  # the portal's own sample has :000


def handle_register(order: Order) -> Answer | Accepted:
    """Register once; the keys carry a space on the wire."""
    organisation = order.scene.world.organisations.get(fields.text(order.body, "ShortCode"))
    if organisation is None or fields.text(order.body, "RequestType") != "Pull":
        return answer.error(400, "400.001", "Invalid ShortCode", order.request_id)
    return Accepted(lambda _: _register(order, organisation))


def _register(order: Order, organisation: Organisation) -> Answer:
    again, organisation.pull_registered = organisation.pull_registered, True
    text = "ShortCode already Registered" if again else "Shortcode Registered Successfully"
    return answer.ok(
        {
            "ResponseRefID": order.request_id,
            "Response Status": "1001" if again else "1000",
            "ShortCode": organisation.shortcode,
            "Response Description": text,
        }
    )


def handle_query(order: Order) -> Answer | Accepted:
    """Rows between two moments, at most 48 hours back; they sit in a list of a list."""
    body = order.body
    organisation = order.scene.world.organisations.get(fields.text(body, "ShortCode"))
    start, end = _moment(body, "StartDate"), _moment(body, "EndDate")
    if organisation is None or not organisation.pull_registered:
        return answer.error(400, "400.001", "Invalid ShortCode", order.request_id)
    if start is None or end is None:
        refused = {"ResponseRefID": order.request_id, "ResponseCode": "400.002"}
        return Answer(status=400, body=dumps({**refused, "ResponseMessage": "Invalid date"}))
    return Accepted(lambda _: _rows(order, organisation, start, end))


def _moment(body: Body, name: str) -> datetime | None:
    for pattern in _MOMENTS:
        try:
            found = datetime.strptime(fields.text(body, name), pattern)  # noqa: DTZ007 EAT below
        except ValueError:
            continue
        return found.replace(tzinfo=EAT)
    return None


def _rows(order: Order, organisation: Organisation, start: datetime, end: datetime) -> Answer:
    scene = order.scene
    offset = fields.text(order.body, "OffSetValue")
    first = int(offset) if offset.isascii() and offset.isdigit() and len(offset) < 10 else 0  # noqa: PLR2004 fits any list
    oldest = max(start, scene.now - _WINDOW)
    found = [
        movement
        for movement in scene.world.movements
        if movement.kind in _KINDS
        and movement.shortcode == organisation.shortcode
        and oldest <= movement.at <= end
    ][first : first + _PAGE]
    rows: list[Json] = [_row(movement, organisation) for movement in found]
    return answer.ok(
        {
            "ResponseRefID": ids.merchant_request_id(scene.world),
            "ResponseCode": "1000" if rows else "1001",
            "ResponseMessage": "Success" if rows else "No transactions found",
            "Response": [rows] if rows else [],
        }
    )


def _row(movement: Movement, organisation: Organisation) -> Body:
    till = organisation.kind == "till"
    return {
        "transactionId": movement.receipt,
        "trxDate": movement.at.astimezone(EAT).isoformat(timespec="seconds"),
        "msisdn": int(movement.phone),
        "sender": "MPESA",
        "transactiontype": "c2b-buy-goods-debit" if till else "c2b-pay-bill-debit",
        "billreference": movement.reference,
        "amount": f"{movement.amount // 100}.0",
        "organizationname": organisation.name,
    }
