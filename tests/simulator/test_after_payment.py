"""Status, balance and reversal: SPEC 10.8 to 10.10."""

import json
from pathlib import Path
from typing import Any

import pytest

from pokea.simulator.testing import Pretend
from pokea.simulator.world.genesis import B2C_SHORTCODE, INITIATOR, PAYBILL

pytestmark = pytest.mark.anyio
_STATUS = "/mpesa/transactionstatus/v1/query"
_BALANCE = "/mpesa/accountbalance/v1/query"
_REVERSAL = "/mpesa/reversal/v1/request"
_PAYS = "254700000000"
_PAYLOADS = Path(__file__).parents[2] / "fixtures" / "daraja" / "payloads"


def _status(**changes: Any) -> dict[str, Any]:
    return {
        "Initiator": INITIATOR,
        "CommandID": "TransactionStatusQuery",
        "PartyA": PAYBILL,
        "IdentifierType": "4",
        "Occasion": "OK",
    } | changes


def _reversal(receipt: str, amount: int = 100) -> dict[str, Any]:
    return {
        "Initiator": INITIATOR,
        "CommandID": "TransactionReversal",
        "TransactionID": receipt,
        "Amount": amount,
        "ReceiverParty": PAYBILL,
        "RecieverIdentifierType": "11",
        "PartyA": None,
    }


async def _paid(safaricom: Pretend, phone: str = _PAYS, shillings: int = 100) -> str:
    await safaricom.push(phone, shillings)
    await safaricom.advance(2)
    return safaricom.world.movements[-1].receipt


def _result(safaricom: Pretend) -> dict[str, Any]:
    return safaricom.told[-1]["Result"]


def _parameters(safaricom: Pretend) -> dict[str, Any]:
    items = _result(safaricom)["ResultParameters"]["ResultParameter"]
    return {item["Key"]: item.get("Value") for item in items}


async def test_status_of_a_receipt(safaricom: Pretend) -> None:
    captured = json.loads(
        (_PAYLOADS / "status_result_success_fuliza_production_2024.json").read_text()
    )
    items = captured["Result"]["ResultParameters"]["ResultParameter"]
    receipt = await _paid(safaricom)

    ack = await safaricom.command(_STATUS, **_status(TransactionID=receipt))
    await safaricom.advance(2)

    assert ack.json()["ResponseDescription"] == "Accept the service request successfully."
    assert _parameters(safaricom)["ReceiptNo"] == receipt
    assert _parameters(safaricom)["TransactionStatus"] == "Completed"
    assert _parameters(safaricom)["Amount"] == 100
    assert set(_parameters(safaricom)) - {"DebitPartyCharges"} == {i["Key"] for i in items}
    # The placeholder in TransactionID is not the receipt.
    assert _result(safaricom)["TransactionID"] == "UKO0000000"


async def test_status_of_a_conversation(safaricom: Pretend) -> None:
    fields = {
        "OriginatorConversationID": "mine",
        "InitiatorName": INITIATOR,
        "CommandID": "SalaryPayment",
        "Amount": 50,
        "PartyB": "254712345678",
    }
    await safaricom.command("/mpesa/b2c/v3/paymentrequest", **fields)
    asked = _status(PartyA=B2C_SHORTCODE, OriginalConversationID="mine")

    await safaricom.command(_STATUS, **asked)
    await safaricom.advance(2)
    done = _parameters(safaricom)

    assert done["TransactionStatus"] == "Completed"
    assert done["OriginatorConversationID"] == "mine"


async def test_a_strangers_receipt_does_not_exist(safaricom: Pretend) -> None:
    receipt = await _paid(safaricom)

    await safaricom.command(_STATUS, **_status(TransactionID="UKO1234567"))
    await safaricom.command(_STATUS, **_status(TransactionID=receipt, PartyA="600000"))
    await safaricom.advance(2)

    assert [told["Result"]["ResultCode"] for told in safaricom.told[-2:]] == [2032, 2032]


async def test_status_needs_one_of_the_ids(safaricom: Pretend) -> None:
    reply = await safaricom.command(_STATUS, **_status())

    assert reply.json()["errorMessage"] == "Bad Request - Invalid TransactionID"


async def test_balances_stand_between_pipes(safaricom: Pretend) -> None:
    await _paid(safaricom)

    await safaricom.command(
        _BALANCE,
        Initiator=INITIATOR,
        CommandID="AccountBalance",
        PartyA=PAYBILL,
        IdentifierType="4",
    )
    await safaricom.advance(2)

    assert list(_parameters(safaricom)) == ["ActionType", "AccountBalance", "BOCompletedTime"]
    accounts = _parameters(safaricom)["AccountBalance"].split("&")
    assert accounts[1] == "Utility Account|KES|100.00|100.00|0.00|0.00"
    assert len(accounts) == 5


async def test_a_reversal_gives_everything_back_once(safaricom: Pretend) -> None:
    receipt = await _paid(safaricom)
    before = safaricom.world.accounts[f"phone:{_PAYS}"]

    await safaricom.command(_REVERSAL, **_reversal(receipt))
    await safaricom.advance(2)
    first = _result(safaricom)
    await safaricom.command(_REVERSAL, **_reversal(receipt))
    await safaricom.advance(2)

    assert first["ResultCode"] == 0
    assert safaricom.world.accounts[f"phone:{_PAYS}"] == before + 100_00
    assert _result(safaricom)["ResultCode"] == "R000001"
    truth = await safaricom.side("GET", "/truth")
    assert truth["movements"][1]["reverses"] == receipt
    assert truth["movements"][0]["reversed_by"] == truth["movements"][1]["receipt"]


@pytest.mark.parametrize(
    ("receipt", "amount", "code"),
    [("UKO1234567", 100, "R000002"), ("", 100, ""), ("own", 50, 25)],
)
async def test_other_reversals_are_refused(
    safaricom: Pretend, receipt: str, amount: int, code: object
) -> None:
    own = await _paid(safaricom)
    chosen = own if receipt == "own" else receipt

    reply = await safaricom.command(_REVERSAL, **_reversal(chosen, amount))
    await safaricom.advance(2)

    if receipt:
        assert _result(safaricom)["ResultCode"] == code
    else:
        assert reply.json()["errorMessage"] == "Bad Request - Invalid TransactionID"


async def test_a_reversal_fails_when_the_business_has_spent_the_money(
    safaricom: Pretend,
) -> None:
    receipt = await _paid(safaricom)
    safaricom.world.accounts[f"org:{PAYBILL}:utility"] -= 1
    safaricom.world.accounts["outside"] += 1

    await safaricom.command(_REVERSAL, **_reversal(receipt))
    await safaricom.advance(2)

    assert _result(safaricom)["ResultCode"] == 1


async def test_an_untyped_reversal_speaks_of_the_identifier(safaricom: Pretend) -> None:
    headers = {"Authorization": f"Bearer {await safaricom.token()}"}

    reply = await safaricom.http.post(_REVERSAL, content=b"{}", headers=headers)

    assert reply.json()["errorMessage"] == "Bad Request - Invalid RecieverIdentifierType"
