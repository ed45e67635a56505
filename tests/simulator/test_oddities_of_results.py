"""The painful behaviours of what is answered at ResultURL, numbered as the rest of them."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from pokea.simulator.courier import Reply
from pokea.simulator.testing import Pretend
from pokea.simulator.world.genesis import INITIATOR

pytestmark = pytest.mark.anyio
_PAYS = "254700000000"
_WANJIKU = "254712345678"
_PAYLOADS = Path(__file__).parents[2] / "fixtures" / "daraja" / "payloads"
_BALANCE, _B2B = "/mpesa/accountbalance/v1/query", "/mpesa/b2b/v1/paymentrequest"
_V3 = "/mpesa/b2c/v3/paymentrequest"


def _recorded(name: str) -> dict[str, Any]:
    return json.loads((_PAYLOADS / name).read_text())


async def _ended(safaricom: Pretend, **script: Any) -> dict[str, Any]:
    """Wanjiku does what the script says; returns the callback."""
    await safaricom.side("POST", f"/phones/{_WANJIKU}/next", script)
    await safaricom.push(_WANJIKU)
    await safaricom.advance(2)
    return safaricom.told[-1]["Body"]["stkCallback"]


async def _b2c(safaricom: Pretend, **changes: Any) -> httpx2.Response:
    fields: dict[str, Any] = {
        "OriginatorConversationID": "pay-1",
        "InitiatorName": INITIATOR,
        "CommandID": "BusinessPayment",
        "Amount": 1500,
        "PartyB": _WANJIKU,
    }
    reply = await safaricom.command(_V3, **fields | changes)
    await safaricom.advance(2)
    return reply


async def _b2b(safaricom: Pretend) -> Any:
    await safaricom.command(
        _B2B,
        Initiator=INITIATOR,
        CommandID="BusinessPayBill",
        SenderIdentifierType="4",
        RecieverIdentifierType="4",
        Amount=239,
        PartyB="600000",
        AccountReference="353353",
    )
    await safaricom.advance(2)
    return safaricom.told[-1]["Result"]


async def _balance(safaricom: Pretend) -> Any:
    await safaricom.command(
        _BALANCE, Initiator=INITIATOR, CommandID="AccountBalance", IdentifierType="4"
    )
    await safaricom.advance(2)
    return safaricom.told[-1]["Result"]


async def test_3_a_callback_that_is_not_taken_never_comes_again(safaricom: Pretend) -> None:
    safaricom.postbox.answer = lambda _: Reply(500, b"")
    await safaricom.push(_PAYS)
    await safaricom.advance(2)
    safaricom.postbox.answer = lambda _: Reply(0, b"")
    await _b2c(safaricom)

    await safaricom.advance(86_400)

    assert [post.purpose for post in safaricom.postbox.posts] == ["stk", "b2c"]


async def test_9_result_codes_are_numbers_until_switched_to_strings(
    safaricom: Pretend,
) -> None:
    usual = (await _ended(safaricom, action="cancel"))["ResultCode"]
    await safaricom.side("PATCH", "/switches", {"result_codes_as_strings": True})
    await _b2c(safaricom)

    assert usual == 1032
    assert (await _ended(safaricom, action="cancel"))["ResultCode"] == "1032"
    assert safaricom.told[1]["Result"]["ResultCode"] == "0"


async def test_11_a_wrong_pin_and_a_wrong_initiator_have_one_code_and_text(
    safaricom: Pretend,
) -> None:
    pin = await _ended(safaricom, action="wrong_pin")
    await _b2c(safaricom, InitiatorName="nobody")

    initiator = safaricom.told[-1]["Result"]
    assert pin["ResultCode"] == initiator["ResultCode"] == 2001
    assert pin["ResultDesc"] == initiator["ResultDesc"]


async def test_12_17_is_a_rule_for_customers_and_an_error_for_businesses(
    safaricom: Pretend,
) -> None:
    ruled = await _ended(safaricom, action="code", result_code="17")
    await safaricom.side("POST", "/faults", {"product": "b2b", "result_code": "17"})

    failed = await _b2b(safaricom)

    assert (ruled["ResultCode"], ruled["ResultDesc"]) == (17, "Rule limited.")
    assert (failed["ResultCode"], failed["ResultDesc"]) == (17, "System internal error.")


async def test_13_a_wrong_password_may_also_end_in_silence(safaricom: Pretend) -> None:
    await safaricom.side("POST", "/faults", {"product": "b2c", "callback": "drop"})

    ack = await _b2c(safaricom, SecurityCredential="AAAA")
    await safaricom.advance(1500)

    assert ack.json()["ResponseCode"] == "0"
    assert safaricom.postbox.posts == []


async def test_15_500_002_1001_is_a_repeated_id_or_nothing_of_the_kind(
    safaricom: Pretend,
) -> None:
    fault = {"product": "b2c", "sync": "system_internal", "times": 1}
    await safaricom.side("POST", "/faults", fault)

    failed = await _b2c(safaricom)
    taken = await _b2c(safaricom)
    repeated = await _b2c(safaricom)

    recorded = _recorded("error_500_002_1001_system_internal__gathuku-21.json")
    assert failed.json() | {"requestId": recorded["requestId"]} == recorded
    assert taken.status_code == 200
    assert (repeated.status_code, repeated.json()["errorCode"]) == (500, "500.002.1001")
    assert repeated.json()["errorMessage"] == "Duplicate OriginatorConversationID."


@pytest.mark.parametrize("spelling", ["Occassion", "Occasion"])
async def test_28_both_spellings_of_the_occasion_are_taken(
    safaricom: Pretend, spelling: str
) -> None:
    await _b2c(safaricom, **{spelling: "June"})

    assert safaricom.world.movements[0].reference == "June"


Play = Callable[[Pretend], Awaitable[Any]]


@pytest.mark.parametrize(
    ("play", "name"),
    [
        (_balance, "balance_result_8006_locked_2026__newtonmunene99.json"),
        (_b2b, "b2b_paybill_result_8006_locked_2026__newtonmunene99.json"),
    ],
)
async def test_32_a_locked_initiator_gets_the_parameters_of_the_captures(
    safaricom: Pretend, play: Play, name: str
) -> None:
    safaricom.world.initiators[INITIATOR].locked = True

    ours = await play(safaricom)

    theirs = _recorded(name)["Result"]
    assert (ours["ResultCode"], ours["ResultDesc"]) == (8006, theirs["ResultDesc"])
    assert _named(ours.get("ResultParameters")) == _named(theirs.get("ResultParameters"))
    references = ours["ReferenceData"]["ReferenceItem"]
    if isinstance(references, list):
        assert references == theirs["ReferenceData"]["ReferenceItem"]


def _named(parameters: dict[str, Any] | None) -> dict[str, object]:
    found: list[dict[str, Any]] = (parameters or {}).get("ResultParameter", [])
    return {
        item["Key"]: item["Value"] if isinstance(item["Value"], str) else "a number"
        for item in found
    }


async def test_32_a_refused_balance_has_a_single_object(safaricom: Pretend) -> None:
    await safaricom.side("POST", "/faults", {"product": "balance", "result_code": "2001"})

    ours = await _balance(safaricom)

    single = ours["ResultParameters"]["ResultParameter"]
    assert set(single) == {"Key", "Value"}
    assert single["Key"] == "BOCompletedTime"


async def test_32_the_action_type_can_be_switched_off(safaricom: Pretend) -> None:
    await safaricom.side("PATCH", "/switches", {"action_type_in_balance": False})

    ours = await _balance(safaricom)

    assert list(_named(ours["ResultParameters"])) == ["AccountBalance", "BOCompletedTime"]


async def test_38_insufficient_means_the_utility_account(safaricom: Pretend) -> None:
    wanted = {"shortcode": "888880", "name": "KIOSK", "accounts": {"working": "50000"}}
    await safaricom.side("POST", "/organisations", wanted)

    await _b2c(safaricom, PartyA="888880")

    assert safaricom.told[-1]["Result"]["ResultCode"] == 1
    accounts = await safaricom.side("GET", "/accounts")
    assert accounts["org:888880:working"] == "50000.00"


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        (_BALANCE, {"CommandID": "AccountBalance", "IdentifierType": "4"}),
        (
            "/mpesa/transactionstatus/v1/query",
            {
                "CommandID": "TransactionStatusQuery",
                "TransactionID": "U",
                "IdentifierType": "4",
            },
        ),
        (
            "/mpesa/reversal/v1/request",
            {
                "CommandID": "TransactionReversal",
                "TransactionID": "U",
                "Amount": 1,
                "ReceiverParty": "174379",
                "RecieverIdentifierType": "11",
            },
        ),
        (
            _B2B,
            {
                "CommandID": "BusinessBuyGoods",
                "SenderIdentifierType": "4",
                "RecieverIdentifierType": "4",
                "Amount": 1,
                "PartyB": "5123456",
            },
        ),
    ],
    ids=["balance", "status", "reversal", "b2b"],
)
async def test_16_the_queue_of_every_product_can_time_out(
    safaricom: Pretend, path: str, fields: dict[str, Any]
) -> None:
    await safaricom.side("POST", "/faults", {"queue_timeout": True})

    await safaricom.command(path, Initiator=INITIATOR, **fields)
    await safaricom.advance(60)

    (echoed,) = safaricom.postbox.posts
    assert echoed.url.endswith("/timeout")
    assert fields.items() <= json.loads(echoed.body).items()
    assert "SecurityCredential" in json.loads(echoed.body)
    assert safaricom.world.movements == []
