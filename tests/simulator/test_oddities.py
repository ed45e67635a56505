"""The painful behaviours that no other file of these tests shows, one test each."""

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest

from pokea.simulator.testing import MERCHANT, Pretend
from pokea.simulator.world.genesis import PAYBILL, TEST_MSISDN

pytestmark = pytest.mark.anyio
_PAYS = "254700000000"
_WANJIKU = "254712345678"
_PAYLOADS = Path(__file__).parents[2] / "fixtures" / "daraja" / "payloads"


def _recorded(name: str) -> dict[str, Any]:
    return json.loads((_PAYLOADS / name).read_text())


async def _ended(safaricom: Pretend, **script: Any) -> dict[str, Any]:
    """Wanjiku does what the script says; returns the callback."""
    await safaricom.side("POST", f"/phones/{_WANJIKU}/next", script)
    await safaricom.push(_WANJIKU)
    await safaricom.advance(2)
    return safaricom.told[-1]["Body"]["stkCallback"]


async def test_4_a_callback_may_come_four_times(safaricom: Pretend) -> None:
    await _ended(safaricom, action="pay", callback_copies=4)

    assert len({post.body for post in safaricom.postbox.posts}) == 1
    assert len(safaricom.postbox.posts) == 4


async def test_5_an_unreachable_phone_is_4999_for_fourteen_seconds(
    safaricom: Pretend,
) -> None:
    ack = (await safaricom.push(TEST_MSISDN)).json()

    codes: list[str] = []
    for seconds in (0, 13, 1):
        await safaricom.advance(seconds)
        codes.append((await safaricom.query(ack["CheckoutRequestID"])).json()["ResultCode"])

    assert codes == ["4999", "4999", "1037"]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("error", "Internal Server Error"),
        ("being_processed", "The transaction is being processed"),
        ("unknown", "The transaction does not Exist"),
    ],
)
async def test_7_the_query_says_500_001_1001_for_a_push_that_exists(
    safaricom: Pretend, query: str, message: str
) -> None:
    ack = (await safaricom.push(_PAYS)).json()
    await safaricom.side("POST", "/faults", {"product": "stk_query", "query": query})

    reply = await safaricom.query(ack["CheckoutRequestID"])

    assert (reply.status_code, reply.json()["errorCode"]) == (500, "500.001.1001")
    assert reply.json()["errorMessage"] == message


async def test_7_a_share_of_the_polls_may_fail_at_random(safaricom: Pretend) -> None:
    ack = (await safaricom.push(_PAYS)).json()
    rule = {"product": "stk_query", "probability": 0.2, "query": "error"}
    await safaricom.side("POST", "/faults", rule)

    polls = [(await safaricom.query(ack["CheckoutRequestID"])).status_code for _ in range(40)]

    assert 1 < polls.count(500) < 20


async def test_10_e3008_is_a_string_in_the_callback_and_in_the_query(
    safaricom: Pretend,
) -> None:
    told = await _ended(safaricom, action="code", result_code="E3008")

    asked = (await safaricom.query(told["CheckoutRequestID"])).json()

    recorded = _recorded("stk_query_E3008_2026__umojahub.json")
    assert recorded.items() <= asked.items()
    assert recorded.items() <= told.items()


_REGISTER = {
    "ShortCode": PAYBILL,
    "ResponseType": "Completed",
    "ConfirmationURL": f"{MERCHANT}/c",
    "ValidationURL": f"{MERCHANT}/v",
}


async def test_21_already_registered_is_a_500_in_two_texts(safaricom: Pretend) -> None:
    fault = {"product": "c2b_v2", "sync": "duplicate_notification", "times": 1}
    await safaricom.side("POST", "/faults", fault)
    path = "/mpesa/c2b/v2/registerurl"

    sandbox = await safaricom.call(path, _REGISTER)
    await safaricom.side("POST", "/scenarios/production")
    await safaricom.call(path, _REGISTER)
    production = await safaricom.call(path, _REGISTER)

    codes = {(reply.status_code, reply.json()["errorCode"]) for reply in (sandbox, production)}
    assert codes == {(500, "500.003.1001")}
    assert sandbox.json()["errorMessage"].startswith("Duplicate notification info")
    assert production.json()["errorMessage"] == "Urls are already registered."


@pytest.mark.parametrize("word", ["MPESA", "Safaricom", "exe", "exec", "cmd", "sql", "query"])
async def test_22_a_banned_word_is_refused_in_any_case(safaricom: Pretend, word: str) -> None:
    url = f"https://shop.example/{word}/paid"

    pushed = await safaricom.push(_PAYS, CallBackURL=url)
    registered = await safaricom.call(
        "/mpesa/c2b/v1/registerurl", _REGISTER | {"ValidationURL": url}
    )

    assert pushed.json()["errorMessage"] == "Bad Request - Invalid CallBackURL"
    assert registered.status_code == 400
    assert registered.json()["errorMessage"].endswith(f"URL has the word {word.upper()}")


async def test_22_production_refuses_a_tunnel(safaricom: Pretend) -> None:
    tunnel = _REGISTER | {"ConfirmationURL": "https://a1b2.ngrok.io/c"}

    sandbox = await safaricom.call("/mpesa/c2b/v2/registerurl", tunnel)
    await safaricom.side("POST", "/scenarios/production")
    production = await safaricom.call("/mpesa/c2b/v2/registerurl", tunnel)

    assert sandbox.status_code == 200
    assert production.json()["errorMessage"] == "Bad Request - Invalid ConfirmationURL"


async def _with_products(safaricom: Pretend, *products: str) -> dict[str, str]:
    app = {"consumer_key": "k", "consumer_secret": "s", "products": products}
    await safaricom.side("POST", "/apps", app)
    path = "/oauth/v1/generate?grant_type=client_credentials"
    token = (await safaricom.http.get(path, auth=httpx2.BasicAuth("k", "s"))).json()
    return {"Authorization": f"Bearer {token['access_token']}"}


async def test_23_an_app_has_one_version_of_c2b(safaricom: Pretend) -> None:
    headers = await _with_products(safaricom, "c2b_v2")

    other = await safaricom.http.post(
        "/mpesa/c2b/v1/registerurl", json=_REGISTER, headers=headers
    )
    own = await safaricom.http.post(
        "/mpesa/c2b/v2/registerurl", json=_REGISTER, headers=headers
    )

    assert (other.status_code, other.json()["errorCode"]) == (401, "401.003.01")
    assert own.status_code == 200


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/mpesa/b2c/v3/paymentrequest", "401.003.01"),
        ("/mpesa/b2pochi/v1/paymentrequest", "401.002.01"),
        ("/pulltransactions/v1/query", "401.001"),
    ],
)
async def test_24_an_app_without_the_product_reads_of_a_bad_token(
    safaricom: Pretend, path: str, code: str
) -> None:
    headers = await _with_products(safaricom, "qr")

    reply = await safaricom.http.post(path, json={}, headers=headers)

    assert (reply.status_code, reply.json()["errorCode"]) == (401, code)


async def test_36_the_sandboxs_number_never_answers(safaricom: Pretend) -> None:
    await safaricom.push(TEST_MSISDN)
    await safaricom.advance(60)

    assert [told["Body"]["stkCallback"]["ResultCode"] for told in safaricom.told] == [1037]


async def test_36_the_sandbox_loses_most_of_its_c2b_confirmations(
    safaricom: Pretend,
) -> None:
    await safaricom.side("POST", "/scenarios/sandbox_lies")
    await safaricom.call("/mpesa/c2b/v2/registerurl", _REGISTER)
    body = {"ShortCode": PAYBILL, "CommandID": "CustomerPayBillOnline", "Amount": 1}

    for number in range(40):
        payment = {"Msisdn": _PAYS, "BillRefNumber": str(number)}
        await safaricom.call("/mpesa/c2b/v2/simulate", body | payment)
        await safaricom.advance(1)

    purposes = [post.purpose for post in safaricom.postbox.posts]
    assert len(safaricom.world.movements) == 40
    assert 6 < purposes.count("c2b_confirmation") < 28


async def test_37_one_code_may_come_with_any_text(safaricom: Pretend) -> None:
    script = {"action": "cancel", "callback_result_desc": "[STK_CB - ]Request cancelled"}

    told = await _ended(safaricom, **script)
    asked = (await safaricom.query(told["CheckoutRequestID"])).json()

    assert told["ResultCode"] == 1032
    assert told["ResultDesc"] == "[STK_CB - ]Request cancelled"
    assert asked["ResultDesc"] == "Request cancelled by user"


async def test_a_phone_speaks_its_owners_language(safaricom: Pretend) -> None:
    await safaricom.side("PATCH", f"/phones/{_WANJIKU}", {"language": "sw"})

    await _ended(safaricom, action="pay")

    phone = await safaricom.side("GET", f"/phones/{_WANJIKU}")
    assert "Imethibitishwa. KSh10.00 imelipwa kwa DUKA LA WANJIKU" in phone["inbox"][0]["text"]


async def test_a_timeout_before_the_work_moves_no_money(safaricom: Pretend) -> None:
    await safaricom.side("POST", "/clock", {"mode": "fast"})
    await safaricom.side("POST", "/scenarios/timeout_nothing_happened")

    with pytest.raises(ConnectionResetError):
        await safaricom.push(_PAYS)
    await safaricom.advance(100)

    assert (safaricom.world.movements, safaricom.postbox.posts) == ([], [])
