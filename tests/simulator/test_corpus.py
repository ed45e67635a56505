"""The recorded corpus against the simulator: the same keys, types and errors."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import pytest

from pokea.simulator.testing import MERCHANT, Pretend
from pokea.simulator.world.genesis import INITIATOR, KRA, PAYBILL

pytestmark = pytest.mark.anyio
_PAYLOADS = Path(__file__).parents[2] / "fixtures" / "daraja" / "payloads"
_PAYS = "254700000000"
Play = Callable[[Pretend], Awaitable[Any]]


def _load(name: str) -> Any:
    return json.loads((_PAYLOADS / name).read_text())


def _shape(value: Any) -> Any:
    """Keys and kinds; a list is the shapes in it, a number is a number."""
    match value:
        case dict():
            found = cast("dict[str, Any]", value)
            return {key: _shape(item) for key, item in found.items()}
        case list():
            return [_shape(item) for item in cast("list[Any]", value)]
        case bool() | None:
            return repr(value)
        case int() | float():
            return "number"
        case _:
            return "string"


def _as_map(items: Any) -> dict[str, Any]:
    listed = cast("list[dict[str, Any]]", items if isinstance(items, list) else [items])
    return {item["Key"]: _shape(item.get("Value")) for item in listed}


async def _b2c(safaricom: Pretend, **changes: Any) -> Any:
    fields: dict[str, Any] = {
        "OriginatorConversationID": "c1",
        "InitiatorName": INITIATOR,
        "CommandID": "BusinessPayment",
        "Amount": 10,
        "PartyB": _PAYS,
    }
    reply = await safaricom.command("/mpesa/b2c/v3/paymentrequest", **fields | changes)
    await safaricom.advance(2)
    return reply.json()


async def _b2b(safaricom: Pretend, path: str = "paymentrequest", **changes: Any) -> Any:
    fields: dict[str, Any] = {
        "Initiator": INITIATOR,
        "CommandID": "BusinessPayBill",
        "SenderIdentifierType": "4",
        "RecieverIdentifierType": "4",
        "Amount": 10,
        "PartyB": "600000",
        "AccountReference": "1",
    }
    reply = await safaricom.command(f"/mpesa/b2b/v1/{path}", **fields | changes)
    await safaricom.advance(2)
    return reply.json()


async def _receipt(safaricom: Pretend) -> str:
    await safaricom.push(_PAYS, 1)
    await safaricom.advance(2)
    return safaricom.world.movements[-1].receipt


async def _status(safaricom: Pretend, **changes: Any) -> Any:
    fields: dict[str, Any] = {
        "Initiator": INITIATOR,
        "CommandID": "TransactionStatusQuery",
        "TransactionID": await _receipt(safaricom),
        "PartyA": PAYBILL,
        "IdentifierType": "4",
        "Occasion": "OK",
    }
    reply = await safaricom.command("/mpesa/transactionstatus/v1/query", **fields | changes)
    await safaricom.advance(2)
    return reply.json()


async def _balance(safaricom: Pretend, **changes: Any) -> Any:
    fields = {"Initiator": INITIATOR, "CommandID": "AccountBalance", "IdentifierType": "4"}
    reply = await safaricom.command("/mpesa/accountbalance/v1/query", **fields | changes)
    await safaricom.advance(2)
    return reply.json()


async def _reversal(safaricom: Pretend, **changes: Any) -> Any:
    fields: dict[str, Any] = {
        "Initiator": INITIATOR,
        "CommandID": "TransactionReversal",
        "TransactionID": await _receipt(safaricom),
        "Amount": 1,
        "ReceiverParty": PAYBILL,
        "RecieverIdentifierType": "11",
        "PartyA": None,
    }
    reply = await safaricom.command("/mpesa/reversal/v1/request", **fields | changes)
    await safaricom.advance(2)
    return reply.json()


_WRONG = {"SecurityCredential": "AAAA"}
_RESULTS: list[tuple[str, Play]] = [
    ("b2c_result_success_2024__SirWaithaka.json", _b2c),
    ("b2c_result_success_2019__jwambugu.json", _b2c),
    ("b2c_result_2001_2024__id36907340974.json", lambda s: _b2c(s, **_WRONG)),
    ("b2b_result_success_2024__SirWaithaka.json", _b2b),
    ("b2b_paybill_result_2001__portal2025.json", lambda s: _b2b(s, **_WRONG)),
    (
        "tax_result_2001_2024__id36907340974.json",
        lambda s: _b2b(s, "remittax", CommandID="PayTaxToKRA", PartyB=KRA, **_WRONG),
    ),
    ("status_result_success_2024__SirWaithaka.json", _status),
    ("status_result_success_fuliza_production_2024.json", _status),
    ("status_result_2001_2018__dkiptugen-1.json", lambda s: _status(s, **_WRONG)),
    (
        "status_result_2032_receipt_not_found_2026__paysync.json",
        lambda s: _status(s, TransactionID="UKO1234567"),
    ),
    ("balance_result_success_production_2026__id57964556337.json", _balance),
    ("reversal_result_success__portal2025.json", _reversal),
    (
        "reversal_result_R000002__portal2025.json",
        lambda s: _reversal(s, TransactionID="UKO1234567"),
    ),
]


@pytest.mark.parametrize(("name", "play"), _RESULTS, ids=[name for name, _ in _RESULTS])
async def test_a_result_has_the_codes_and_parameters_of_the_recorded_one(
    safaricom: Pretend, name: str, play: Play
) -> None:
    recorded = _load(name)["Result"]

    await play(safaricom)

    ours = safaricom.told[-1]["Result"]
    assert ours["ResultCode"] == recorded["ResultCode"]
    assert set(recorded) - {"ResultParameters", "ReferenceData"} <= set(ours)
    for key in set(recorded) & set(ours) - {"ResultParameters", "ReferenceData"}:
        assert _shape(ours[key]) == _shape(recorded[key]), key
    if recorded["ResultCode"] == 0:
        theirs = _as_map(recorded["ResultParameters"]["ResultParameter"])
        mine = _as_map(ours["ResultParameters"]["ResultParameter"])
        assert set(mine) - {"DebitPartyCharges"} == set(theirs) - {"DebitPartyCharges"}
        different = {key for key in set(mine) & set(theirs) if mine[key] != theirs[key]}
        assert different == set()


_ACKS: list[tuple[str, Play]] = [
    ("b2c_sync_success_2019__jwambugu.json", _b2c),
    ("b2b_paybill_sync_success__portal2025.json", _b2b),
    ("status_sync_success_2026__paysync.json", _status),
    ("balance_sync_success__mpesa-rust.json", _balance),
    ("reversal_sync_success__portal2025.json", _reversal),
]


@pytest.mark.parametrize(("name", "play"), _ACKS, ids=[name for name, _ in _ACKS])
async def test_an_acknowledgement_has_the_recorded_shape(
    safaricom: Pretend, name: str, play: Play
) -> None:
    assert _shape(await play(safaricom)) == _shape(_load(name))


async def _push(safaricom: Pretend, **changes: Any) -> Any:
    return (await safaricom.push(_PAYS, **changes)).json()


async def _after(safaricom: Pretend, fault: dict[str, Any]) -> Any:
    await safaricom.token()
    await safaricom.side("POST", "/faults", fault)
    return (await safaricom.push(_PAYS)).json()


async def _with_dead_token(safaricom: Pretend, path: str) -> Any:
    headers = {"Authorization": "Bearer BJGFGOXv5aZnw90KkA4TDtu4Xdyf"}
    return (await safaricom.http.post(path, json={}, headers=headers)).json()


async def _without_product(safaricom: Pretend) -> Any:
    token = await safaricom.token()
    safaricom.world.tokens[token].products = frozenset()
    return await _push(safaricom)


async def _repeated(safaricom: Pretend) -> Any:
    await _b2c(safaricom)
    return await _b2c(safaricom)


async def _refused_v3(safaricom: Pretend) -> Any:
    await safaricom.side("PATCH", "/switches", {"refuse_b2c_v3": True})
    return await _b2c(safaricom)


async def _qr(safaricom: Pretend) -> Any:
    return (await safaricom.call("/mpesa/qrcode/v1/generate", {"TrxCode": "?"})).json()


async def _register(safaricom: Pretend) -> Any:
    body = {
        "ShortCode": PAYBILL,
        "ResponseType": "Completed",
        "ConfirmationURL": f"{MERCHANT}/c",
        "ValidationURL": f"{MERCHANT}/mpesa",
    }
    return (await safaricom.call("/mpesa/c2b/v2/registerurl", body)).json()


async def _unknown_checkout(safaricom: Pretend) -> Any:
    return (await safaricom.query("ws_CO_01012026000000000712345678")).json()


_ERRORS: list[tuple[str, Play]] = [
    (
        "error_400_002_02_invalid_amount__mpesa_flutter_plugin.json",
        lambda s: _push(s, Amount="x"),
    ),
    (
        "error_400_002_02_invalid_businessshortcode__portal2025.json",
        lambda s: _push(s, BusinessShortCode=""),
    ),
    (
        "error_400_002_02_invalid_callbackurl__LNM-40.json",
        lambda s: _push(s, CallBackURL="http://a b"),
    ),
    (
        "error_400_002_02_invalid_phonenumber__osen-65.json",
        lambda s: _push(s, PhoneNumber="07"),
    ),
    (
        "error_400_002_02_invalid_remarks_2026__umojahub.json",
        lambda s: _push(s, TransactionDesc=None),
    ),
    (
        "error_400_002_02_invalid_timestamp__LNM-36.json",
        lambda s: _push(s, Timestamp="2026"),
    ),
    (
        "error_400_002_02_invalid_transactionid__portal2025.json",
        lambda s: _reversal(s, TransactionID=""),
    ),
    ("error_400_plain_invalid_trxcode__jwambugu.json", _qr),
    (
        "error_401_002_01_invalid_access_token__jwambugu.json",
        lambda s: _with_dead_token(s, "/mpesa/b2c/v1/paymentrequest"),
    ),
    ("error_401_003_01_no_apiproduct__osen-69.json", _without_product),
    ("error_403_002_1001_b2c_v3_not_authorized__daraja-studio.json", _refused_v3),
    (
        "error_404_001_03_invalid_access_token__flutter-10.json",
        lambda s: _with_dead_token(s, "/mpesa/stkpush/v1/processrequest"),
    ),
    (
        "error_500_001_1001_wrong_credentials__Iankumu-12.json",
        lambda s: _push(s, Password="d3Jvbmc="),
    ),
    ("error_500_002_1001_duplicate_originator__portal2025.json", _repeated),
    (
        "error_500_003_1001_unreachable_2026__paysync.json",
        lambda s: _after(s, {"sync": "json_503"}),
    ),
    (
        "error_billmanager_401__daraja-js.json",
        lambda s: _with_dead_token(s, "/v1/billmanager-invoice/optin"),
    ),
    ("stk_query_500_does_not_exist_2026__nkap.json", _unknown_checkout),
    (
        "stk_query_429_spike_arrest_2026__mpesa-stk.json",
        lambda s: _after(s, {"sync": "fault_429"}),
    ),
    ("error_soap_fault_as_json__bnjunge-8.json", lambda s: _after(s, {"sync": "soap_fault"})),
    ("c2b_register_400_mpesa_in_url__StatumKE.json", _register),
]


@pytest.mark.parametrize(("name", "play"), _ERRORS, ids=[name for name, _ in _ERRORS])
async def test_every_recorded_error_can_be_provoked(
    safaricom: Pretend, name: str, play: Play
) -> None:
    recorded = {key: value for key, value in _load(name).items() if key != "requestId"}

    ours = await play(safaricom)

    ours.pop("requestId", None)
    assert ours == recorded
