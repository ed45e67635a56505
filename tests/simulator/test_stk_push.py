"""The STK push and its acknowledgement: SPEC 7.1 and 4.2."""

import re
from typing import Any

import pytest

from pokea.simulator.testing import MERCHANT, Pretend, password, stk_body
from pokea.simulator.world.genesis import STORE, TILL

pytestmark = pytest.mark.anyio
_PATH = "/mpesa/stkpush/v1/processrequest"
_PAYS = "254700000000"
_WANJIKU = "254712345678"


async def test_the_acknowledgement_has_todays_ids(safaricom: Pretend) -> None:
    reply = await safaricom.push("254708374149")

    ack = reply.json()
    assert reply.headers["content-type"] == "application/json;charset=UTF-8"
    assert re.fullmatch(r"ws_CO_24112026120000000708374149", ack["CheckoutRequestID"])
    assert re.fullmatch(
        r"[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\d+", ack["MerchantRequestID"]
    )
    assert ack["ResponseCode"] == "0"
    assert ack["ResponseDescription"] == "Success. Request accepted for processing"


async def test_two_pushes_in_one_millisecond_have_two_ids(safaricom: Pretend) -> None:
    first = await safaricom.push(_PAYS)
    second = await safaricom.push(_PAYS)

    assert first.json()["CheckoutRequestID"] != second.json()["CheckoutRequestID"]


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("BusinessShortCode", None, "BusinessShortCode"),
        ("BusinessShortCode", "12", "BusinessShortCode"),
        ("Password", None, "Password"),
        ("Password", "not base64!", "Password"),
        ("Timestamp", "2026-11-24", "Timestamp"),
        ("Timestamp", "20261324120000", "Timestamp"),
        ("TransactionType", "PayBill", "TransactionType"),
        ("TransactionType", "CustomerBuyGoodsOnline", "TransactionType"),
        ("Amount", 0, "Amount"),
        ("Amount", -5, "Amount"),
        ("Amount", "10.50", "Amount"),
        ("Amount", 10.5, "Amount"),
        ("Amount", True, "Amount"),
        ("Amount", None, "Amount"),
        ("PartyA", "0712345678", "PartyA"),
        ("PartyB", "", "PartyB"),
        ("PhoneNumber", "+254712345678", "PhoneNumber"),
        ("PhoneNumber", ["254712345678"], "PhoneNumber"),
        ("CallBackURL", "not a url", "CallBackURL"),
        ("CallBackURL", "https://shop.example/a b", "CallBackURL"),
        ("CallBackURL", "<placeholder>", "CallBackURL"),
        ("CallBackURL", "https://shop.example/Mpesa/callback", "CallBackURL"),
        ("CallBackURL", "https://shop.example/cmd", "CallBackURL"),
        ("AccountReference", None, "Remarks"),
        ("TransactionDesc", None, "Remarks"),
        ("TransactionDesc", "x" * 200, "Remarks"),
    ],
)
async def test_a_wrong_field_is_named(
    safaricom: Pretend, field: str, value: Any, named: str
) -> None:
    reply = await safaricom.push(_WANJIKU, **{field: value})

    assert reply.status_code == 400
    assert reply.json()["errorCode"] == "400.002.02"
    assert reply.json()["errorMessage"] == f"Bad Request - Invalid {named}"
    assert safaricom.world.prompts == {}


async def test_numbers_may_be_numbers_or_strings(safaricom: Pretend) -> None:
    reply = await safaricom.push(
        _PAYS,
        BusinessShortCode=174379,
        Amount="10",
        PartyA=254700000000,
        PartyB=174379,
        PhoneNumber=254700000000,
    )

    assert reply.json()["ResponseCode"] == "0"


async def test_without_its_content_type_the_body_is_empty(safaricom: Pretend) -> None:
    headers = {"Authorization": f"Bearer {await safaricom.token()}"}

    reply = await safaricom.http.post(
        _PATH, content=b'{"BusinessShortCode":1}', headers=headers
    )

    assert reply.json()["errorMessage"] == "Bad Request - Invalid BusinessShortCode"


@pytest.mark.parametrize("body", ["[]", "[1]", '"x"', "{", "NaN", "12", '{"a":NaN}', "\x00"])
async def test_what_is_not_an_object_is_an_invalid_payload(
    safaricom: Pretend, body: str
) -> None:
    headers = {
        "Authorization": f"Bearer {await safaricom.token()}",
        "Content-Type": "application/json",
    }

    reply = await safaricom.http.post(_PATH, content=body, headers=headers)

    assert (reply.status_code, reply.json()["errorCode"]) == (400, "400.002.05")


async def test_a_password_of_another_timestamp_is_wrong_credentials(safaricom: Pretend) -> None:
    reply = await safaricom.push(_PAYS, Password=password("174379", "20200101000000"))

    assert (reply.status_code, reply.json()["errorCode"]) == (500, "500.001.1001")
    assert "Wrong credentials" in reply.json()["errorMessage"]


async def test_an_unknown_shortcode_does_not_exist(safaricom: Pretend) -> None:
    reply = await safaricom.push(_PAYS, BusinessShortCode="999999", PartyB="999999")

    assert reply.json()["errorMessage"] == "Merchant does not exist"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"PartyB": "600992"}, "SFC_IC0003"),
        ({"Amount": 250_001}, 3),
        ({"AccountReference": "A" * 150}, 1025),
        (
            {
                "BusinessShortCode": STORE,
                "Password": password(STORE),
                "TransactionType": "CustomerPayBillOnline",
                "PartyB": TILL,
            },
            2028,
        ),
    ],
)
async def test_a_doomed_push_is_acknowledged_and_fails_in_the_callback(
    safaricom: Pretend, changes: dict[str, Any], code: object
) -> None:
    reply = await safaricom.push(_PAYS, **changes)
    await safaricom.advance(2)

    assert reply.json()["ResponseCode"] == "0"
    assert safaricom.told[0]["Body"]["stkCallback"]["ResultCode"] == code
    assert safaricom.world.movements == []


async def test_a_till_is_paid_through_its_store_number(safaricom: Pretend) -> None:
    reply = await safaricom.push(
        _PAYS,
        BusinessShortCode=STORE,
        Password=password(STORE),
        TransactionType="CustomerBuyGoodsOnline",
        PartyB=TILL,
    )
    await safaricom.advance(2)

    assert reply.json()["ResponseCode"] == "0"
    assert safaricom.world.movements[0].credit == f"org:{STORE}:merchant"


async def test_a_till_as_shortcode_is_acknowledged_and_ends_in_4999(safaricom: Pretend) -> None:
    fields: dict[str, Any] = {
        "BusinessShortCode": TILL,
        "Password": password(TILL),
        "TransactionType": "CustomerBuyGoodsOnline",
        "PartyB": TILL,
    }

    ack = (await safaricom.push(_PAYS, **fields)).json()
    await safaricom.advance(2)
    reply = await safaricom.query(
        ack["CheckoutRequestID"], BusinessShortCode=TILL, Password=password(TILL)
    )

    assert ack["ResponseCode"] == "0"
    assert safaricom.postbox.posts == []
    assert reply.json()["ResultCode"] == "4999"
    assert reply.json()["ResultDesc"] == "Merchant does not exist"


async def test_production_has_one_prompt_per_subscriber_and_rule_17(safaricom: Pretend) -> None:
    await safaricom.side("POST", "/scenarios/production")
    await safaricom.push(_WANJIKU, 100)

    second = await safaricom.push(_WANJIKU, 100)
    await safaricom.side("POST", f"/phones/{_WANJIKU}/answer", {"pin": "1234"})
    await safaricom.push(_WANJIKU, 100)
    await safaricom.advance(5)

    assert second.json()["errorMessage"].startswith("Unable to lock subscriber")
    assert safaricom.told[-1]["Body"]["stkCallback"]["ResultCode"] == 17


async def test_production_wants_https_except_on_this_machine(safaricom: Pretend) -> None:
    await safaricom.side("POST", "/scenarios/production")

    far = await safaricom.push(_PAYS, CallBackURL="http://shop.example/pay")
    near = await safaricom.push(_PAYS, CallBackURL=f"{MERCHANT}/pay")

    assert far.json()["errorMessage"] == "Bad Request - Invalid CallBackURL"
    assert near.status_code == 200


def test_the_sample_body_of_these_tests_is_the_portals_shape() -> None:
    assert set(stk_body(_PAYS)) == {
        "BusinessShortCode", "Password", "Timestamp", "TransactionType", "Amount", "PartyA",
        "PartyB", "PhoneNumber", "CallBackURL", "AccountReference", "TransactionDesc",
    }  # fmt: skip
