"""The STK callback's body, typed as Safaricom types it, and its ways of being wrong."""

from decimal import Decimal

from pokea.simulator.world import ids
from pokea.simulator.world.agenda import Post
from pokea.simulator.world.model import Prompt
from pokea.simulator.world.plans import Plan
from pokea.simulator.world.result_codes import SUCCESS, stk_text, typed
from pokea.simulator.world.scene import Scene
from pokea.simulator.world.wire import Body, Json, dumps, shillings


def callback_post(scene: Scene, prompt: Prompt) -> Post:
    """The callback for a settled prompt."""
    body: Json = {"Body": {"stkCallback": callback_body(scene, prompt)}}
    if prompt.plan.callback_types == "strings":
        body = as_strings(body)
    return Post(
        url=prompt.callback_url,
        body=dumps(body),
        purpose="stk",
        shortcode=prompt.shortcode,
        phone=prompt.phone,
    )


def callback_body(scene: Scene, prompt: Prompt) -> Body:
    """Success carries metadata; a failure has none, so neither phone nor amount (SPEC 7.2)."""
    told = prompt.plan.callback_result_code or prompt.result_code
    text = prompt.result_desc if told == prompt.result_code else stk_text(told)
    text = prompt.plan.callback_result_desc or text
    code = typed(told)
    body: Body = {
        "MerchantRequestID": prompt.merchant_request_id,
        "CheckoutRequestID": prompt.checkout_id,
        "ResultCode": str(code) if scene.world.switches.result_codes_as_strings else code,
        "ResultDesc": text,
    }
    if told == SUCCESS and prompt.receipt:
        body["CallbackMetadata"] = {"Item": _items(scene, prompt)}
    return {
        key: value for key, value in body.items() if key not in prompt.plan.callback_missing
    }


def _items(scene: Scene, prompt: Prompt) -> list[Json]:
    phone: Json = int(prompt.phone)
    if prompt.plan.masked_phone:
        # Seen from 2026 by one source (R): 254708***430.
        phone = f"{prompt.phone[:6]}***{prompt.phone[9:]}"
    items: list[tuple[str, Body]] = [
        (
            "Amount",
            {"Name": "Amount", "Value": shillings(told_amount(prompt.plan, prompt.amount))},
        ),
        ("MpesaReceiptNumber", {"Name": "MpesaReceiptNumber", "Value": prompt.receipt}),
        # Present without a Value in most captures from 2018 to 2026.
        ("Balance", {"Name": "Balance"}),
        (
            "TransactionDate",
            {"Name": "TransactionDate", "Value": int(ids.eat_digits(scene.now))},
        ),
        ("PhoneNumber", {"Name": "PhoneNumber", "Value": phone}),
    ]
    kept: list[Json] = [
        item for name, item in items if name not in prompt.plan.callback_missing
    ]
    if scene.world.switches.shuffle_items:
        for index in range(len(kept) - 1, 0, -1):
            other = ids.draw(scene.world, index + 1)
            kept[index], kept[other] = kept[other], kept[index]
    return kept


def told_amount(plan: Plan, amount: int) -> int:
    """The amount that the callback claims, in cents."""
    match plan.callback_amount:
        case "":
            return amount
        case "half":
            return amount // 200 * 100 or amount + 100
        case text:
            return int(Decimal(text) * 100)


def as_strings(value: Json) -> Json:
    """Every number as a string: the other types of some portal samples."""
    match value:
        case dict():
            return {key: as_strings(item) for key, item in value.items()}
        case list():
            return [as_strings(item) for item in value]
        case bool() | None | str():
            return value
        case _:
            return str(value)
