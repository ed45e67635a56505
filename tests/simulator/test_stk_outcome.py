"""How prompts end: callbacks as captured, phones with PINs and balances, the query."""

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pokea.simulator.testing import Pretend

pytestmark = pytest.mark.anyio
_WANJIKU = "254712345678"
_OTIENO = "254722000111"
_PAYLOADS = Path(__file__).parents[2] / "fixtures" / "daraja" / "payloads"


def _callback(safaricom: Pretend, number: int = -1) -> dict[str, Any]:
    return safaricom.told[number]["Body"]["stkCallback"]


def _types(value: dict[str, Any]) -> dict[str, str]:
    return {key: type(item).__name__ for key, item in value.items()}


async def test_a_paid_callback_is_typed_as_the_captured_ones(safaricom: Pretend) -> None:
    captured = json.loads(
        (_PAYLOADS / "stk_callback_success_balance_no_value__portal2017.json").read_text()
    )["Body"]["stkCallback"]

    await safaricom.push("254700000000")
    await safaricom.advance(2)

    callback = _callback(safaricom)
    theirs = {item["Name"]: _types(item) for item in captured["CallbackMetadata"]["Item"]}
    ours = {item["Name"]: _types(item) for item in callback["CallbackMetadata"]["Item"]}
    assert ours["Balance"] == theirs["Balance"] == {"Name": "str"}
    assert ours["Amount"] == {"Name": "str", "Value": "float"}  # 1.00; this capture has 1
    assert ours | {"Amount": theirs["Amount"]} == theirs
    assert type(callback["ResultCode"]) is type(captured["ResultCode"]) is int


async def test_the_amount_is_written_with_two_decimals(safaricom: Pretend) -> None:
    await safaricom.push("254700000000", 1)
    await safaricom.advance(2)

    body = safaricom.postbox.posts[0].body
    assert '{"Name":"Amount","Value":1.00}' in body
    assert json.loads(body, parse_float=Decimal) is not None


async def test_a_receipt_begins_with_the_letters_of_its_day(safaricom: Pretend) -> None:
    await safaricom.push("254700000000")
    await safaricom.advance(2)

    items = {
        i["Name"]: i.get("Value") for i in _callback(safaricom)["CallbackMetadata"]["Item"]
    }
    assert re.fullmatch(r"UKO[0-9A-Z]{7}", items["MpesaReceiptNumber"])
    assert items["TransactionDate"] == 20261124120001
    assert items["PhoneNumber"] == 254700000000


@pytest.mark.parametrize(
    ("phone", "code"),
    [
        ("254700001032", 1032),
        ("254700001037", 1037),
        ("254700000001", 1),
        ("254700002001", 2001),
        ("254700001001", 1001),
        ("254700001019", 1019),
        ("254700008006", 8006),
        ("254700000017", 17),
        ("254700004321", 4321),
    ],
)
async def test_a_magic_phone_answers_with_its_code_and_no_metadata(
    safaricom: Pretend, phone: str, code: int
) -> None:
    await safaricom.push(phone)
    await safaricom.advance(2)

    assert _callback(safaricom)["ResultCode"] == code
    assert "CallbackMetadata" not in _callback(safaricom)
    assert safaricom.world.movements == []


async def test_an_ordinary_phone_waits_for_its_owner(safaricom: Pretend) -> None:
    ack = (await safaricom.push(_WANJIKU, 1250)).json()
    await safaricom.advance(30)

    pending = await safaricom.query(ack["CheckoutRequestID"])
    result = await safaricom.side("POST", "/phones/0712 345 678/answer", {"pin": "1234"})
    await safaricom.app.engine.settle()

    assert pending.json()["ResultCode"] == "4999"
    assert result["result_code"] == "0"
    assert result["receipt"] == _callback(safaricom)["CallbackMetadata"]["Item"][1]["Value"]
    phone = await safaricom.side("GET", f"/phones/{_WANJIKU}")
    assert phone["balance"] == "3750.00"
    assert "Confirmed. KSh1,250.00 paid to DUKA LA WANJIKU" in phone["inbox"][0]["text"]


async def test_cancel_wrong_pin_and_no_money_by_hand(safaricom: Pretend) -> None:
    for phone, shillings, answer in (
        (_WANJIKU, 10, {"cancel": True}),
        (_WANJIKU, 10, {"pin": "0000"}),
        (_OTIENO, 500, {"pin": "1234"}),
    ):
        await safaricom.push(phone, shillings)
        await safaricom.side("POST", f"/phones/{phone}/answer", answer)
    await safaricom.app.engine.settle()

    codes = [told["Body"]["stkCallback"]["ResultCode"] for told in safaricom.told]
    assert codes == [1032, 2001, 1]


async def test_an_unanswered_prompt_expires_after_a_minute(safaricom: Pretend) -> None:
    ack = (await safaricom.push(_WANJIKU)).json()

    await safaricom.advance(59)
    before = len(safaricom.told)
    await safaricom.advance(1)

    assert before == 0
    assert _callback(safaricom)["ResultDesc"] == "No response from user."
    reply = (await safaricom.query(ack["CheckoutRequestID"])).json()
    # The query's text for the very same end is another one (N).
    assert (reply["ResultCode"], reply["ResultDesc"][:10]) == ("1037", "DS timeout")


async def test_three_wrong_pins_lock_m_pesa(safaricom: Pretend) -> None:
    for _ in range(3):
        await safaricom.push(_WANJIKU)
        await safaricom.side("POST", f"/phones/{_WANJIKU}/answer", {"pin": "0000"})

    await safaricom.push(_WANJIKU)
    locked = await safaricom.side("POST", f"/phones/{_WANJIKU}/answer", {"pin": "1234"})
    await safaricom.side("PATCH", f"/phones/{_WANJIKU}", {"locked": False})
    await safaricom.push(_WANJIKU)
    opened = await safaricom.side("POST", f"/phones/{_WANJIKU}/answer", {"pin": "1234"})

    assert (locked["result_code"], opened["result_code"]) == ("8006", "0")


async def test_a_phone_that_is_off_cannot_be_reached(safaricom: Pretend) -> None:
    await safaricom.side("PATCH", f"/phones/{_WANJIKU}", {"on": False})

    await safaricom.push(_WANJIKU)
    await safaricom.advance(14)

    assert _callback(safaricom)["ResultCode"] == 1037
    assert "cannot be reached" in _callback(safaricom)["ResultDesc"]


@pytest.mark.parametrize(
    ("action", "code"),
    [
        ("pay", 0), ("cancel", 1032), ("wrong_pin", 2001), ("no_money", 1), ("ignore", 1037),
        ("off", 1037), ("busy", 1001),
    ],
)  # fmt: skip
async def test_a_scripted_phone_answers_by_itself(
    safaricom: Pretend, action: str, code: int
) -> None:
    await safaricom.side("POST", f"/phones/{_WANJIKU}/next", {"action": action})

    await safaricom.push(_WANJIKU)
    await safaricom.advance(61)

    assert _callback(safaricom)["ResultCode"] == code


async def test_a_script_of_several_steps_is_used_up_in_order(safaricom: Pretend) -> None:
    await safaricom.side(
        "POST", f"/phones/{_WANJIKU}/next", [{"action": "cancel"}, {"action": "pay"}]
    )

    for _ in range(2):
        await safaricom.push(_WANJIKU)
        await safaricom.advance(2)

    codes = [told["Body"]["stkCallback"]["ResultCode"] for told in safaricom.told]
    assert codes == [1032, 0]


async def test_the_daily_limit_of_a_customer_holds_for_a_nairobi_day(
    safaricom: Pretend,
) -> None:
    await safaricom.side("PATCH", f"/phones/{_WANJIKU}", {"balance": "900000"})

    for seconds in (2, 2, 86_400, 2):
        await safaricom.side("POST", f"/phones/{_WANJIKU}/next", {"action": "pay"})
        safaricom.world.switches.token_life_s = 10**9
        await safaricom.push(_WANJIKU, 200_000)
        await safaricom.advance(seconds)

    codes = [told["Body"]["stkCallback"]["ResultCode"] for told in safaricom.told]
    assert codes == [0, 0, 4, 0]


async def test_an_unknown_checkout_is_a_500_or_by_switch_a_400(safaricom: Pretend) -> None:
    late = await safaricom.query("ws_CO_01012026000000000700000000")
    malformed = await safaricom.query("nonsense")
    await safaricom.side("PATCH", "/switches", {"query_unknown": "400"})
    switched = await safaricom.query("ws_CO_01012026000000000700000000")

    assert late.json()["errorMessage"] == "The transaction does not Exist"
    assert malformed.json()["errorMessage"] == "Bad Request - Invalid CheckoutRequestID"
    assert switched.json()["errorMessage"] == "Bad Request - Invalid CheckoutRequestID"


async def test_the_query_has_the_envelope_of_the_captures(safaricom: Pretend) -> None:
    captured = json.loads((_PAYLOADS / "stk_query_success_2021__sartim.json").read_text())
    ack = (await safaricom.push("254700000000")).json()
    await safaricom.advance(2)

    reply = (await safaricom.query(ack["CheckoutRequestID"])).json()

    assert _types(reply) == _types(captured)
    assert reply["ResultCode"] == captured["ResultCode"] == "0"


@pytest.mark.parametrize(
    "name",
    [
        "stk_callback_1032__portal2025.json",
        "stk_callback_1037_2024__id36907340974.json",
        "stk_callback_SFC_IC0003_string_2021.json",
    ],
)
async def test_failures_have_the_keys_and_types_of_the_captures(
    safaricom: Pretend, name: str
) -> None:
    captured = json.loads((_PAYLOADS / name).read_text())["Body"]["stkCallback"]
    code = str(captured["ResultCode"])
    script = {"action": "code", "result_code": code}
    await safaricom.side("POST", f"/phones/{_WANJIKU}/next", script)

    await safaricom.push(_WANJIKU)
    await safaricom.advance(2)

    assert _types(_callback(safaricom)) == _types(captured)
    assert _callback(safaricom)["ResultCode"] == captured["ResultCode"]
