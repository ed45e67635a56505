"""Dynamic QR: a real picture; what Safaricom encodes in it is not published (SPEC 10.11)."""

import base64
import io

import segno

from pokea.simulator.world import answer, fields
from pokea.simulator.world.answer import Answer
from pokea.simulator.world.result_codes import SUCCESS_TEXT
from pokea.simulator.world.scene import Accepted, Order

_CODES = frozenset({"BG", "WA", "PB", "SM", "SB"})
_SIZES = range(1, 1001)
_TEXT_MAX = 200  # keeps the picture readable, whatever is sent


def handle(order: Order) -> Answer | Accepted:
    """The one field with an error of its own is TrxCode, under the bare code 400."""
    body = order.body
    if fields.text(body, "TrxCode") not in _CODES:
        text = "Bad Request - Invalid TrxCode"
        return answer.error(400, "400", text, order.request_id)
    size = fields.text(body, "Size")
    checks = (
        ("MerchantName", bool(fields.text(body, "MerchantName"))),
        ("RefNo", bool(fields.text(body, "RefNo"))),
        ("Amount", fields.cents(body, "Amount") > 0),
        ("CPI", bool(fields.text(body, "CPI"))),
        ("Size", size.isascii() and size.isdigit() and len(size) < 5 and int(size) in _SIZES),  # noqa: PLR2004 four digits
    )
    wrong = next((name for name, good in checks if not good), "")
    if wrong:
        return answer.invalid(wrong, order.request_id)
    return Accepted(lambda _: _draw(order))


def _draw(order: Order) -> Answer:
    names = ("TrxCode", "CPI", "MerchantName", "RefNo", "Amount")
    text = "|".join(fields.text(order.body, name)[:_TEXT_MAX] for name in names)
    code = segno.make(text, error="m", micro=False)
    picture = io.BytesIO()
    scale = max(1, int(fields.text(order.body, "Size")) // code.symbol_size()[0])
    code.save(picture, kind="png", scale=scale)
    return answer.ok(
        {
            "ResponseCode": "00",
            "RequestID": order.request_id,
            "ResponseDescription": SUCCESS_TEXT,
            "QRCode": base64.b64encode(picture.getvalue()).decode(),
        }
    )
