"""B2C, Pochi, B2B, tax and their results: SPEC 10.4 to 10.6 and 5.2."""

import json
from pathlib import Path
from typing import Any

import pytest

from pokea.simulator.testing import MERCHANT, Pretend
from pokea.simulator.world.genesis import B2C_SHORTCODE, INITIATOR, KRA, STORE, TILL

pytestmark = pytest.mark.anyio
_V1, _V3 = "/mpesa/b2c/v1/paymentrequest", "/mpesa/b2c/v3/paymentrequest"
_B2B, _TAX = "/mpesa/b2b/v1/paymentrequest", "/mpesa/b2b/v1/remittax"
_WANJIKU = "254712345678"
_PAYLOADS = Path(__file__).parents[2] / "fixtures" / "daraja" / "payloads"


def _b2c(**changes: Any) -> dict[str, Any]:
    return {
        "OriginatorConversationID": "pay-1",
        "InitiatorName": INITIATOR,
        "CommandID": "BusinessPayment",
        "Amount": 1500,
        "PartyB": _WANJIKU,
        "Occassion": "June",
    } | changes


def _b2b(command: str, party: str, **changes: Any) -> dict[str, Any]:
    return {
        "Initiator": INITIATOR,
        "CommandID": command,
        "SenderIdentifierType": "4",
        "RecieverIdentifierType": "4",
        "Amount": 239,
        "PartyB": party,
        "AccountReference": "353353",
    } | changes


def _result(safaricom: Pretend) -> dict[str, Any]:
    return safaricom.told[-1]["Result"]


def _parameters(safaricom: Pretend) -> dict[str, Any]:
    items = _result(safaricom)["ResultParameters"]["ResultParameter"]
    return {item["Key"]: item.get("Value") for item in items}


def _keys(name: str) -> list[str]:
    result = json.loads((_PAYLOADS / name).read_text())["Result"]
    return [item["Key"] for item in result["ResultParameters"]["ResultParameter"]]


async def test_b2c_pays_from_the_utility_account_and_tells_the_result(
    safaricom: Pretend,
) -> None:
    ack = await safaricom.command(_V3, **_b2c())
    await safaricom.advance(2)

    assert ack.json()["OriginatorConversationID"] == "pay-1"
    assert ack.json()["ResponseCode"] == "0"
    assert _result(safaricom)["ResultCode"] == 0
    assert _result(safaricom)["ConversationID"] == ack.json()["ConversationID"]
    assert list(_parameters(safaricom)) == _keys("b2c_result_success_2024__SirWaithaka.json")
    assert _parameters(safaricom)["ReceiverPartyPublicName"] == "0712345678 - WANJIKU KAMAU"
    accounts = await safaricom.side("GET", "/accounts")
    assert accounts[f"org:{B2C_SHORTCODE}:utility"] == "9998500.00"
    assert accounts[f"org:{B2C_SHORTCODE}:charges"] == "-5.00"
    assert accounts[f"phone:{_WANJIKU}"] == "6500.00"


async def test_b2c_v1_is_named_by_safaricom(safaricom: Pretend) -> None:
    ack = await safaricom.command(_V1, **_b2c())

    assert ack.json()["OriginatorConversationID"] != "pay-1"


async def test_a_repeated_originator_looks_like_a_server_error(safaricom: Pretend) -> None:
    await safaricom.command(_V3, **_b2c())

    again = await safaricom.command(_V3, **_b2c(Amount=20))
    await safaricom.advance(5)

    assert (again.status_code, again.json()["errorCode"]) == (500, "500.002.1001")
    assert again.json()["errorMessage"] == "Duplicate OriginatorConversationID."
    assert len(safaricom.world.movements) == 1


async def test_v3_can_be_refused_and_v1_still_works(safaricom: Pretend) -> None:
    await safaricom.side("PATCH", "/switches", {"refuse_b2c_v3": True})

    refused = await safaricom.command(_V3, **_b2c())
    served = await safaricom.command(_V1, **_b2c())

    assert (refused.status_code, refused.json()["errorCode"]) == (403, "403.002.1001")
    assert served.status_code == 200


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Amount": 9}, 2),
        ({"Amount": 250_001}, 3),
        ({"PartyA": "600000", "Amount": 250_000, "PartyB": "254110555010"}, 0),
        ({"PartyA": "174379"}, 1),
        ({"PartyA": "888888"}, 11),
        ({"InitiatorName": "nobody"}, 2001),
        ({"SecurityCredential": "bm90IHNlYWxlZA=="}, 2001),
        ({"PartyB": "254700102040"}, 2040),
        ({"PartyB": "254700100000"}, 0),
    ],
)
async def test_b2c_is_acknowledged_and_ends_in_a_code(
    safaricom: Pretend, changes: dict[str, Any], code: int
) -> None:
    ack = await safaricom.command(_V3, **_b2c(**changes))
    await safaricom.advance(2)

    assert ack.json()["ResponseCode"] == "0"
    assert _result(safaricom)["ResultCode"] == code
    assert ("ResultParameters" in _result(safaricom)) == (code == 0)


async def test_a_full_or_unregistered_wallet_takes_no_money(safaricom: Pretend) -> None:
    await safaricom.side("PATCH", f"/phones/{_WANJIKU}", {"balance": "499000"})
    await safaricom.side("PATCH", "/phones/0722000111", {"registered": False})

    await safaricom.command(_V3, **_b2c())
    await safaricom.command(_V3, **_b2c(OriginatorConversationID="2", PartyB="254722000111"))
    await safaricom.advance(2)

    assert [told["Result"]["ResultCode"] for told in safaricom.told] == [8, 2040]


async def test_wrong_passwords_lock_the_initiator(safaricom: Pretend) -> None:
    for number in range(5):
        wrong = _b2c(OriginatorConversationID=f"w{number}", SecurityCredential="AAAA")
        await safaricom.command(_V3, **wrong)
    await safaricom.advance(2)
    await safaricom.command(_V3, **_b2c())
    await safaricom.advance(2)

    codes = [told["Result"]["ResultCode"] for told in safaricom.told]
    assert codes == [2001] * 5 + [8006]


@pytest.mark.parametrize(
    ("field", "named"),
    [
        ("InitiatorName", "InitiatorName"),
        ("SecurityCredential", "SecurityCredential"),
        ("CommandID", "CommandID"),
        ("Amount", "Amount"),
        ("PartyA", "PartyA"),
        ("PartyB", "PartyB"),
        ("Remarks", "Remarks"),
        ("QueueTimeOutURL", "QueueTimeOutURL"),
        ("ResultURL", "ResultURL"),
    ],
)
async def test_a_missing_b2c_field_is_named(safaricom: Pretend, field: str, named: str) -> None:
    reply = await safaricom.command(_V3, **_b2c(**{field: None}))

    assert reply.json()["errorMessage"] == f"Bad Request - Invalid {named}"


async def test_a_b2c_body_without_content_type_lacks_its_initiator(safaricom: Pretend) -> None:
    headers = {"Authorization": f"Bearer {await safaricom.token()}"}

    reply = await safaricom.http.post(_V3, content=b"{}", headers=headers)

    assert reply.json()["errorMessage"] == "Bad Request - Invalid InitiatorName"


async def test_the_queue_timeout_echoes_the_request_and_the_result_may_follow(
    safaricom: Pretend,
) -> None:
    fields = _b2c(PartyB="254700190003")

    await safaricom.command(_V3, **fields)
    await safaricom.advance(2)
    echoed = safaricom.postbox.posts[-1]
    await safaricom.advance(300)

    assert echoed.url == f"{MERCHANT}/timeout"
    assert json.loads(echoed.body)["OriginatorConversationID"] == "pay-1"
    assert "SecurityCredential" in json.loads(echoed.body)
    assert _result(safaricom)["ResultCode"] == 0
    assert len(safaricom.world.movements) == 1


async def test_the_payout_behaviours_mirror_the_pushes(safaricom: Pretend) -> None:
    for number in range(1, 8):
        fields = _b2c(OriginatorConversationID=f"b{number}", PartyB=f"25470019000{number}")
        if number != 5:
            await safaricom.command(_V3, **fields)
            await safaricom.advance(310)

    posts = [post for post in safaricom.postbox.posts if post.purpose == "b2c"]
    by_phone = [json.loads(post.body)["Result"]["OriginatorConversationID"] for post in posts]
    assert by_phone == ["b2", "b2", "b3", "b4", "b6", "b7"]


async def test_pochi_needs_a_wallet(safaricom: Pretend) -> None:
    path = "/mpesa/b2pochi/v1/paymentrequest"
    fields = _b2c(CommandID="BusinessPayToPochi")

    await safaricom.command(path, **fields)
    await safaricom.advance(2)
    await safaricom.side("PATCH", f"/phones/{_WANJIKU}", {"pochi": False})
    await safaricom.command(path, **fields | {"OriginatorConversationID": "pay-2"})
    await safaricom.advance(2)

    assert [told["Result"]["ResultCode"] for told in safaricom.told] == [0, 2040]


async def test_b2b_moves_from_working_to_the_receivers_account(safaricom: Pretend) -> None:
    for command, party, account in (
        ("BusinessPayBill", "600000", "org:600000:utility"),
        ("BusinessBuyGoods", TILL, f"org:{STORE}:merchant"),
        ("BusinessPayToBulk", "600981", "org:600981:utility"),
    ):
        await safaricom.command(_B2B, **_b2b(command, party))
        await safaricom.advance(2)

        assert _result(safaricom)["ResultCode"] == 0
        assert safaricom.world.movements[-1].debit == f"org:{B2C_SHORTCODE}:working"
        assert safaricom.world.movements[-1].credit == account
    assert list(_parameters(safaricom)) == _keys("b2b_result_success_2024__SirWaithaka.json")


async def test_a_b2b_reference_of_digits_comes_back_as_a_number(safaricom: Pretend) -> None:
    await safaricom.command(_B2B, **_b2b("BusinessPayBill", "600000"))
    await safaricom.advance(2)

    items = _result(safaricom)["ReferenceData"]["ReferenceItem"]
    assert items[0] == {"Key": "BillReferenceNumber", "Value": 353353}


async def test_a_failed_b2b_has_one_parameter_that_is_no_list(safaricom: Pretend) -> None:
    await safaricom.command(_B2B, **_b2b("BusinessPayBill", "999999"))
    await safaricom.advance(2)

    assert _result(safaricom)["ResultCode"] == "SFC_IC0003"
    single = _result(safaricom)["ResultParameters"]["ResultParameter"]
    assert single["Key"] == "BOCompletedTime"


async def test_legacy_commands_need_whitelisting(safaricom: Pretend) -> None:
    await safaricom.command(_B2B, **_b2b("MerchantToMerchantTransfer", "600000"))
    await safaricom.advance(2)

    assert _result(safaricom)["ResultCode"] == 21


async def test_the_corrected_spelling_of_the_identifier_is_refused(safaricom: Pretend) -> None:
    fields = _b2b("BusinessPayBill", "600000", RecieverIdentifierType=None)

    reply = await safaricom.command(_B2B, **fields, ReceiverIdentifierType="4")

    assert reply.json()["errorMessage"] == "Bad Request - Invalid RecieverIdentifierType"


async def test_tax_goes_to_the_revenue_authority_only(safaricom: Pretend) -> None:
    wrong = await safaricom.command(_TAX, **_b2b("PayTaxToKRA", "600000"))
    await safaricom.command(_TAX, **_b2b("PayTaxToKRA", KRA))
    await safaricom.advance(2)

    assert wrong.json()["errorMessage"] == "Bad Request - Invalid PartyB"
    assert _result(safaricom)["ResultCode"] == 0
    assert safaricom.world.movements[-1].credit == f"org:{KRA}:utility"
