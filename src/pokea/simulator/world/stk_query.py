"""STK query: synchronous, contradictory, and without receipt or amount (SPEC 8)."""

from pokea.simulator.world import answer, fields
from pokea.simulator.world.answer import Answer
from pokea.simulator.world.model import Prompt
from pokea.simulator.world.plans import Plan
from pokea.simulator.world.result_codes import stk_text
from pokea.simulator.world.scene import Accepted, Order
from pokea.simulator.world.stk_push import authentic, decoded_password

_PENDING = ("4999", "The transaction is still under processing")


def handle(order: Order) -> Answer | Accepted:
    """Check the fields, then answer from the prompt."""
    body = order.body
    checks = (
        ("BusinessShortCode", bool(fields.shortcode(body, "BusinessShortCode"))),
        ("Password", bool(decoded_password(fields.text(body, "Password")))),
        ("Timestamp", fields.is_timestamp(fields.text(body, "Timestamp"))),
        ("CheckoutRequestID", fields.text(body, "CheckoutRequestID").startswith("ws_CO_")),
    )
    wrong = next((name for name, good in checks if not good), "")
    if wrong:
        return answer.invalid(wrong, order.request_id)
    shortcode = fields.text(body, "BusinessShortCode")
    prompt = order.scene.world.prompts.get(fields.text(body, "CheckoutRequestID"))
    if prompt is None or prompt.shortcode != shortcode:
        return authentic(order, shortcode) or _unknown(order)
    if shortcode in order.scene.world.organisations:
        refused = authentic(order, shortcode)
        if refused is not None:
            return refused
    return Accepted(lambda plan: _state(order, prompt, plan), prompt.phone)


def _unknown(order: Order) -> Answer:
    """Two answers were seen in one year (SPEC 13.6): N's 500 by default, R's 400 by switch."""
    if order.scene.world.switches.query_unknown == "400":
        return answer.invalid("CheckoutRequestID", order.request_id)
    text = "The transaction does not Exist"
    return answer.error(500, "500.001.1001", text, order.request_id)


def _state(order: Order, prompt: Prompt, plan: Plan) -> Answer:
    match prompt.plan.query if plan.query == "agree" else plan.query:
        case "agree":
            code, text = _truth(prompt)
        case "pending":
            code, text = _PENDING
        case "failed":
            code, text = "1032", stk_text("1032")
            if prompt.state == "open":
                code, text = _PENDING
        case "paid":
            code, text = "0", stk_text("0")
        case "unknown":
            return _unknown(order)
        case "being_processed":  # the pending answer of 2018 (SPEC 13.5)
            text = "The transaction is being processed"
            return answer.error(500, "500.001.1001", text, order.request_id)
        case "error":
            return answer.error(500, "500.001.1001", "Internal Server Error", order.request_id)
    return answer.ok(
        {
            "ResponseCode": "0",
            "ResponseDescription": "The service request has been accepted successfully",
            "MerchantRequestID": prompt.merchant_request_id,
            "CheckoutRequestID": prompt.checkout_id,
            "ResultCode": code,
            "ResultDesc": text,
        }
    )


def _truth(prompt: Prompt) -> tuple[str, str]:
    if prompt.state == "open":
        return _PENDING
    return prompt.result_code, stk_text(prompt.result_code)
