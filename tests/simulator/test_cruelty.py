"""Cruelty on demand: each fault the reference tells of, and the named scenarios."""

import contextlib
import json
from typing import Any

import pytest

from pokea.simulator.side_door.scenarios import SCENARIOS
from pokea.simulator.testing import Pretend

pytestmark = pytest.mark.anyio
_PAYS = "254700000000"
_WANJIKU = "254712345678"


def _callback(safaricom: Pretend, number: int = -1) -> dict[str, Any]:
    return safaricom.told[number]["Body"]["stkCallback"]


def _items(safaricom: Pretend) -> dict[str, Any]:
    items = _callback(safaricom)["CallbackMetadata"]["Item"]
    return {item["Name"]: item.get("Value") for item in items}


async def _pushed(safaricom: Pretend, **faults: object) -> dict[str, Any]:
    script = {"action": "pay"} | faults
    await safaricom.side("POST", f"/phones/{_WANJIKU}/next", script)
    ack = (await safaricom.push(_WANJIKU, 100)).json()
    await safaricom.advance(2)
    return ack


async def test_a_dropped_callback_is_still_money(safaricom: Pretend) -> None:
    ack = await _pushed(safaricom, callback="drop")

    reply = await safaricom.query(ack["CheckoutRequestID"])

    assert safaricom.postbox.posts == []
    assert len(safaricom.world.movements) == 1
    assert reply.json()["ResultCode"] == "0"


async def test_a_callback_comes_twice_with_one_receipt(safaricom: Pretend) -> None:
    await _pushed(safaricom, callback="twice")

    first, second = safaricom.postbox.posts
    assert first.body == second.body
    assert len(safaricom.world.movements) == 1


async def test_a_late_callback_and_an_earlier_one_arrive_in_the_other_order(
    safaricom: Pretend,
) -> None:
    await _pushed(safaricom, callback_delay_s=30)
    await _pushed(safaricom)
    await safaricom.advance(60)

    receipts = [
        told["Body"]["stkCallback"]["CallbackMetadata"]["Item"][1]["Value"]
        for told in safaricom.told
    ]
    moved = [movement.receipt for movement in safaricom.world.movements]
    assert receipts == moved[::-1]


async def test_the_callback_can_come_before_the_acknowledgement(safaricom: Pretend) -> None:
    reply = await safaricom.push("254700090006")

    assert _callback(safaricom)["CheckoutRequestID"] == reply.json()["CheckoutRequestID"]


async def test_wrong_amount_other_types_and_missing_items(safaricom: Pretend) -> None:
    await _pushed(
        safaricom,
        callback_amount="1",
        callback_types="strings",
        callback_missing=["Balance", "PhoneNumber"],
        masked_phone=True,
    )

    assert _items(safaricom)["Amount"] == "1.00"
    assert set(_items(safaricom)) == {"Amount", "MpesaReceiptNumber", "TransactionDate"}
    assert safaricom.world.movements[0].amount == 100_00


async def test_a_masked_phone_number(safaricom: Pretend) -> None:
    await _pushed(safaricom, masked_phone=True)

    assert _items(safaricom)["PhoneNumber"] == "254712***678"


async def test_paid_five_minutes_after_expiry(safaricom: Pretend) -> None:
    await safaricom.push("254700090003")

    await safaricom.advance(60)
    first = _callback(safaricom)["ResultCode"]
    unpaid = len(safaricom.world.movements)
    await safaricom.advance(300)

    assert (first, unpaid) == (1037, 0)
    assert _callback(safaricom)["ResultCode"] == 0
    assert len(safaricom.world.movements) == 1


async def test_a_query_that_disagrees_with_the_callback(safaricom: Pretend) -> None:
    ack = (await safaricom.push("254700090007")).json()
    await safaricom.advance(2)

    reply = await safaricom.query(ack["CheckoutRequestID"])

    assert _callback(safaricom)["ResultCode"] == 0
    assert reply.json()["ResultCode"] == "1032"


async def test_a_callback_that_lies_about_the_result(safaricom: Pretend) -> None:
    await _pushed(safaricom, callback_result_code="1032")

    assert _callback(safaricom)["ResultCode"] == 1032
    assert len(safaricom.world.movements) == 1


@pytest.mark.parametrize(
    ("sync", "status", "kind"),
    [
        ("html_503", 503, "text/html"),
        ("html_500", 500, "text/html"),
        ("empty_503", 503, "application/json;charset=UTF-8"),
        ("json_500", 500, "application/json;charset=UTF-8"),
        ("json_502", 502, "application/json;charset=UTF-8"),
        ("json_503", 503, "application/json;charset=UTF-8"),
        ("fault_429", 429, "application/json;charset=UTF-8"),
        ("spike_arrest", 500, "application/json;charset=UTF-8"),
        ("quota", 500, "application/json;charset=UTF-8"),
        ("busy", 500, "application/json;charset=UTF-8"),
    ],
)
async def test_an_error_instead_of_an_answer_did_nothing(
    safaricom: Pretend, sync: str, status: int, kind: str
) -> None:
    await safaricom.side("POST", "/faults", {"product": "stk_push", "sync": sync, "times": 1})

    broken = await safaricom.push(_PAYS)
    served = await safaricom.push(_PAYS)
    await safaricom.advance(5)

    assert (broken.status_code, broken.headers["content-type"]) == (status, kind)
    assert served.status_code == 200
    assert len(safaricom.world.movements) == 1


@pytest.mark.parametrize(
    ("sync", "movements"),
    [("reset_before", 0), ("reset_after", 1)],
)
async def test_a_connection_that_breaks_before_or_after_the_work(
    safaricom: Pretend, sync: str, movements: int
) -> None:
    await safaricom.side("POST", "/faults", {"product": "stk_push", "sync": sync, "times": 1})

    with pytest.raises(ConnectionResetError):
        await safaricom.push(_PAYS)
    await safaricom.advance(5)

    assert len(safaricom.world.movements) == movements


async def test_a_token_revoked_in_flight_is_refused_once(safaricom: Pretend) -> None:
    refused = await safaricom.push("254700090009")
    dead = await safaricom.push(_PAYS)
    safaricom.forget_token()
    served = await safaricom.push("254700090009")

    assert refused.json()["errorCode"] == dead.json()["errorCode"] == "404.001.03"
    assert served.status_code == 200


async def test_the_query_budget_answers_as_the_api_gateway(safaricom: Pretend) -> None:
    await safaricom.side("PATCH", "/switches", {"query_per_minute": 5})
    ack = (await safaricom.push(_PAYS)).json()

    served = [await safaricom.query(ack["CheckoutRequestID"]) for _ in range(5)]
    refused = await safaricom.query(ack["CheckoutRequestID"])
    await safaricom.advance(60)
    again = await safaricom.query(ack["CheckoutRequestID"])

    assert {reply.status_code for reply in [*served, again]} == {200}
    assert refused.status_code == 429
    assert refused.json()["fault"]["detail"]["errorcode"].endswith("SpikeArrestViolation")


async def test_spike_arrest_and_quota_when_switched_on(safaricom: Pretend) -> None:
    await safaricom.side("PATCH", "/switches", {"spike_arrest_per_s": 2, "quota_per_day": 4})

    codes = [(await safaricom.push(_PAYS)).json().get("errorCode") for _ in range(3)]
    await safaricom.advance(2)
    late = [(await safaricom.push(_PAYS)).json().get("errorCode") for _ in range(2)]

    assert codes == [None, None, "500.003.02"]
    assert late == [None, "500.003.03"]


async def test_a_rule_by_probability_hits_some(safaricom: Pretend) -> None:
    rule = {"product": "stk_push", "probability": 0.5, "action": "cancel"}
    await safaricom.side("POST", "/faults", rule)

    for _ in range(40):
        await safaricom.push(_PAYS)
    await safaricom.advance(5)

    codes = [told["Body"]["stkCallback"]["ResultCode"] for told in safaricom.told]
    assert 8 < codes.count(1032) < 32


async def test_a_rule_for_one_phone_leaves_the_others_alone(safaricom: Pretend) -> None:
    await safaricom.side("POST", "/faults", {"phone": "0700 000 000", "sync": "json_500"})

    hit = await safaricom.push(_PAYS)
    spared = await safaricom.push("254700001032")
    await safaricom.side("DELETE", "/faults")
    forgiven = await safaricom.push(_PAYS)

    assert [hit.status_code, spared.status_code, forgiven.status_code] == [500, 200, 200]


@pytest.mark.parametrize("name", [name for name in SCENARIOS if "timeout" not in name])
async def test_every_scenario_can_be_played(safaricom: Pretend, name: str) -> None:
    played = await safaricom.side("POST", f"/scenarios/{name}")
    await safaricom.side("POST", "/clock", {"mode": "fast"})
    # A scenario may break the very call for a token.
    with contextlib.suppress(ConnectionResetError, KeyError, ValueError):
        await safaricom.push(_WANJIKU)
    await safaricom.advance(1000)

    assert played["about"] == SCENARIOS[name].about
    assert sum(safaricom.world.accounts.values()) == 0


async def test_an_unknown_scenario_names_the_known_ones(safaricom: Pretend) -> None:
    reply = await safaricom.http.post("/_sim/scenarios/nothing")

    assert reply.status_code == 404
    assert "friday_evening" in reply.json()["detail"]


async def test_items_can_come_in_any_order(safaricom: Pretend) -> None:
    await safaricom.side("PATCH", "/switches", {"shuffle_items": True})

    for _ in range(5):
        await safaricom.push(_PAYS)
    await safaricom.advance(5)

    orders = {
        tuple(item["Name"] for item in told["Body"]["stkCallback"]["CallbackMetadata"]["Item"])
        for told in safaricom.told
    }
    assert len(orders) > 1


async def test_every_fault_of_a_plan_has_a_name_in_the_side_door(safaricom: Pretend) -> None:
    plan = await safaricom.side("GET", "/plan")
    unknown = await safaricom.http.post("/_sim/faults", json={"sync": "flood"})

    assert {"action", "callback", "query", "sync", "late_success_s"} <= set(plan)
    assert unknown.status_code == 422
    assert "sync" in json.dumps(unknown.json())
