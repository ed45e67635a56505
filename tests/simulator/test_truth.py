"""The truth lists every movement of money, of every product, with its ids and its moment."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from pokea.simulator.testing import MERCHANT, START, Pretend
from pokea.simulator.world.genesis import INITIATOR, KRA, PAYBILL

pytestmark = pytest.mark.anyio
_WANJIKU = "254712345678"


async def _b2c(safaricom: Pretend, path: str, command: str) -> None:
    await safaricom.command(
        path,
        OriginatorConversationID=command,
        InitiatorName=INITIATOR,
        CommandID=command,
        Amount=100,
        PartyB=_WANJIKU,
    )


async def _b2b(safaricom: Pretend, path: str, command: str, party: str) -> None:
    await safaricom.command(
        f"/mpesa/b2b/v1/{path}",
        Initiator=INITIATOR,
        CommandID=command,
        SenderIdentifierType="4",
        RecieverIdentifierType="4",
        Amount=100,
        PartyB=party,
        AccountReference="R1",
    )


async def _reverse(safaricom: Pretend, receipt: str) -> None:
    await safaricom.command(
        "/mpesa/reversal/v1/request",
        Initiator=INITIATOR,
        CommandID="TransactionReversal",
        TransactionID=receipt,
        Amount=100,
        ReceiverParty=PAYBILL,
        RecieverIdentifierType="11",
        PartyA=None,
    )


async def _standing_order(safaricom: Pretend) -> None:
    await safaricom.side("POST", f"/phones/{_WANJIKU}/next", {"action": "pay"})
    body = {
        "StandingOrderName": "Rent", "StartDate": "20261124", "EndDate": "20261124",
        "BusinessShortCode": PAYBILL, "TransactionType": "Standing Order Customer Pay Bill",
        "ReceiverPartyIdentifierType": "4", "Amount": "100", "PartyA": _WANJIKU,
        "CallBackURL": f"{MERCHANT}/r", "AccountReference": "Rent", "Frequency": "1",
    }  # fmt: skip
    await safaricom.call("/standingorder/v1/createStandingOrderExternal", body)


async def _express(safaricom: Pretend) -> None:
    body = {
        "primaryShortCode": "600000", "receiverShortCode": PAYBILL, "amount": 100,
        "paymentRef": "ref", "callbackUrl": f"{MERCHANT}/e", "RequestRefID": "r1",
    }  # fmt: skip
    await safaricom.call("/v1/ussdpush/get-msisdn", body)


async def _everything(safaricom: Pretend) -> list[dict[str, Any]]:
    await safaricom.push("254700000000", 100)
    await safaricom.advance(10)
    first = safaricom.world.movements[0].receipt
    await safaricom.side("POST", "/c2b", {"msisdn": _WANJIKU, "amount": 100, "account": "x"})
    await _b2c(safaricom, "/mpesa/b2c/v3/paymentrequest", "BusinessPayment")
    await _b2c(safaricom, "/mpesa/b2pochi/v1/paymentrequest", "BusinessPayToPochi")
    await _b2b(safaricom, "paymentrequest", "BusinessPayBill", "600000")
    await _b2b(safaricom, "remittax", "PayTaxToKRA", KRA)
    await _express(safaricom)
    await _standing_order(safaricom)
    await safaricom.advance(10)
    await _reverse(safaricom, first)
    await safaricom.advance(10)
    return (await safaricom.side("GET", "/truth"))["movements"]


async def test_the_truth_lists_every_product(safaricom: Pretend) -> None:
    movements = await _everything(safaricom)

    assert sorted(found["kind"] for found in movements) == [
        "b2b", "b2b_express", "b2c", "b2pochi", "c2b", "ratiba", "reversal", "stk", "tax",
    ]  # fmt: skip


async def test_every_movement_has_its_ids_and_its_moment(safaricom: Pretend) -> None:
    movements = await _everything(safaricom)

    assert [found["number"] for found in movements] == list(range(1, len(movements) + 1))
    for found in movements:
        assert len(found["receipt"]) == 10
        assert found["conversation_id"].startswith("AG_20261124_")
        assert found["amount_cents"] == 100_00
        assert START <= datetime.fromisoformat(found["at"]) <= START + timedelta(seconds=30)


async def test_the_movements_explain_every_balance(safaricom: Pretend) -> None:
    opening = dict(safaricom.world.accounts)

    movements = await _everything(safaricom)

    told: dict[str, int] = {}
    for found in movements:
        for account, sign in ((found["debit"], -1), (found["credit"], 1)):
            told[account] = told.get(account, 0) + sign * found["amount_cents"]
    changed = {
        name: cents - opening[name]
        for name, cents in safaricom.world.accounts.items()
        if name in opening and name.startswith("org:") and not name.endswith(":charges")
    }
    assert {name: told.get(name, 0) for name in changed} == changed


async def test_calls_are_counted_by_path_and_unknown_paths_are_not(safaricom: Pretend) -> None:
    await safaricom.push("254700000000")
    await safaricom.push("254700000000")
    await safaricom.call("/mpesa/nothing", {})

    reply = await safaricom.http.get("/_sim/calls")

    assert reply.json() == {
        "/oauth/v1/generate": 1,
        "/mpesa/stkpush/v1/processrequest": 2,
    }


async def test_a_new_world_counts_from_the_start(safaricom: Pretend) -> None:
    await safaricom.push("254700000000")
    await safaricom.http.post("/_sim/reset")

    assert (await safaricom.http.get("/_sim/calls")).json() == {}
