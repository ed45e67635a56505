"""The recorded corpus against every other product: the same keys and kinds, field by field."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import pytest

from pokea.simulator.testing import MERCHANT, Pretend
from pokea.simulator.world.genesis import CONSUMER_KEY, CONSUMER_SECRET, PAYBILL, STORE, TILL

pytestmark = pytest.mark.anyio
_PAYLOADS = Path(__file__).parents[2] / "fixtures" / "daraja" / "payloads"
_WANJIKU = "254712345678"
_PAYS = "254700000000"
Play = Callable[[Pretend], Awaitable[Any]]


def _shape(value: Any) -> Any:
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


async def _token(safaricom: Pretend) -> Any:
    path = "/oauth/v1/generate?grant_type=client_credentials"
    return (await safaricom.http.get(path, auth=(CONSUMER_KEY, CONSUMER_SECRET))).json()


async def _push(safaricom: Pretend) -> Any:
    return (await safaricom.push(_PAYS)).json()


async def _paid_push(safaricom: Pretend) -> Any:
    await safaricom.push(_PAYS)
    await safaricom.advance(2)
    return safaricom.told[-1]


async def _query(safaricom: Pretend) -> Any:
    ack = (await safaricom.push("254700001037")).json()
    await safaricom.advance(2)
    return (await safaricom.query(ack["CheckoutRequestID"])).json()


async def _register(safaricom: Pretend, version: str, shortcode: str = PAYBILL) -> Any:
    body = {
        "ShortCode": shortcode,
        "ResponseType": "Completed",
        "ConfirmationURL": f"{MERCHANT}/c",
        "ValidationURL": f"{MERCHANT}/v",
    }
    return (await safaricom.call(f"/mpesa/c2b/{version}/registerurl", body)).json()


async def _confirmation(safaricom: Pretend, version: str, business: str = PAYBILL) -> Any:
    await _register(safaricom, version, STORE if business == TILL else PAYBILL)
    body = {"msisdn": _WANJIKU, "amount": 1, "shortcode": business, "account": "test"}
    await safaricom.side("POST", "/c2b", body)
    return safaricom.told[-1]


async def _till_confirmation(safaricom: Pretend) -> Any:
    await safaricom.side("PATCH", "/switches", {"middle_and_last_names": True})
    return await _confirmation(safaricom, "v1", TILL)


async def _simulate(safaricom: Pretend) -> Any:
    body = {
        "ShortCode": 174379,
        "CommandID": "CustomerPayBillOnline",
        "Amount": 1,
        "Msisdn": 254712345678,
        "BillRefNumber": "x",
    }
    return (await safaricom.call("/mpesa/c2b/v2/simulate", body)).json()


async def _optin(safaricom: Pretend) -> Any:
    body = _recorded("billmanager_optin_request__portal2025.json")
    return (await safaricom.call("/v1/billmanager-invoice/optin", body | _MINE)).json()


_MINE = {"shortcode": PAYBILL, "callbackurl": f"{MERCHANT}/bills"}


async def _billed(safaricom: Pretend, path: str, name: str) -> Any:
    headers = {
        "Authorization": f"Bearer {await safaricom.token()}",
        "app_key": (await _optin(safaricom))["app_key"],
    }
    url = f"/v1/billmanager-invoice/{path}"
    return (await safaricom.http.post(url, json=_recorded(name), headers=headers)).json()


async def _bill_payment(safaricom: Pretend) -> Any:
    await _optin(safaricom)
    body = {"msisdn": _WANJIKU, "amount": 50, "account": "LGHJIO789"}
    await safaricom.side("POST", "/c2b", body)
    return safaricom.told[-1]


async def _standing(safaricom: Pretend, action: str) -> Any:
    script = {"action": action}
    await safaricom.side("POST", f"/phones/{_WANJIKU}/next", script)
    body = _recorded("ratiba_request__portal2025.json") | {
        "PartyA": _WANJIKU,
        "CallBackURL": f"{MERCHANT}/r",
        "EndDate": "20270905",
    }
    path = "/standingorder/v1/createStandingOrderExternal"
    ack = (await safaricom.call(path, body)).json()
    await safaricom.advance(2)
    return ack if action == "wait" else safaricom.told[-1]


async def _express(safaricom: Pretend, *, cancel: bool) -> Any:
    body = _recorded("b2b_express_request__portal2025.json") | {
        "primaryShortCode": "600000",
        "receiverShortCode": PAYBILL,
        "callbackUrl": f"{MERCHANT}/e",
    }
    if cancel:
        await safaricom.side("POST", "/faults", {"product": "b2b_express", "action": "cancel"})
    await safaricom.call("/v1/ussdpush/get-msisdn", body)
    await safaricom.advance(2)
    return safaricom.told[-1]


async def _pull(safaricom: Pretend) -> Any:
    await _paid_push(safaricom)
    register = _recorded("pull_register_request__portal2025.json") | {"ShortCode": PAYBILL}
    await safaricom.call("/pulltransactions/v1/register", register)
    body = _recorded("pull_query_request__portal2025.json") | {
        "ShortCode": PAYBILL,
        "StartDate": "2026-11-24 8:36:00",
        "EndDate": "2026-11-25 10:10:00",
    }
    return (await safaricom.call("/pulltransactions/v1/query", body)).json()


async def _pull_twice(safaricom: Pretend) -> Any:
    body = _recorded("pull_register_request__portal2025.json") | {"ShortCode": PAYBILL}
    await safaricom.call("/pulltransactions/v1/register", body)
    return (await safaricom.call("/pulltransactions/v1/register", body)).json()


async def _looked_up(safaricom: Pretend, path: str, body: dict[str, str]) -> Any:
    return (await safaricom.call(path, body)).json()


async def _asked_as_recorded(safaricom: Pretend, path: str, name: str) -> Any:
    return await _looked_up(safaricom, path, _recorded(f"{name}__portal2025.json"))


def _recorded(name: str) -> Any:
    return json.loads((_PAYLOADS / name).read_text())


_NUMBER = {"customerNumber": _WANJIKU}
_CASES: list[tuple[str, Play]] = [
    ("oauth_token_2023__mpesaoverlay.json", _token),
    ("stk_sync_success_2024__create-daraja-app.json", _push),
    ("stk_callback_success_balance_no_value__portal2017.json", _paid_push),
    ("stk_query_1032__portal2017.json", _query),
    ("c2b_register_sync__jwambugu.json", lambda s: _register(s, "v1")),
    ("c2b_v2_register_sync_success__portal2025.json", lambda s: _register(s, "v2")),
    ("c2b_simulate_sync__mpesa-rust.json", _simulate),
    (
        "c2b_confirmation_v2_masked_firstname_only_2023.json",
        lambda s: _confirmation(s, "v2"),
    ),
    ("c2b_confirmation_v1_hashed_production_till_2025__id13352307242.json", _till_confirmation),
    ("billmanager_optin_sync_success__portal2025.json", _optin),
    (
        "billmanager_single_invoice_sync_success__portal2025.json",
        lambda s: _billed(
            s, "single-invoicing", "billmanager_single_invoice_request__portal2025.json"
        ),
    ),
    ("billmanager_payment_notification__portal2025.json", _bill_payment),
    ("ratiba_sync_success__portal2025.json", lambda s: _standing(s, "wait")),
    ("ratiba_callback_success__portal2025.json", lambda s: _standing(s, "pay")),
    ("ratiba_callback_1037__portal2025.json", lambda s: _standing(s, "off")),
    ("b2b_express_callback_success__portal2025.json", lambda s: _express(s, cancel=False)),
    (
        "b2b_express_callback_4001_cancelled__portal2025.json",
        lambda s: _express(s, cancel=True),
    ),
    ("pull_query_success_2025__sdk-readme.json", _pull),
    ("pull_register_1001_spaced_keys__portal2020.json", _pull_twice),
    ("imsi_response__portal2025.json", lambda s: _looked_up(s, "/imsi/v1/checkATI", _NUMBER)),
    ("swap_response__portal2025.json", lambda s: _looked_up(s, "/imsi/v2/checkATI", _NUMBER)),
    (
        "iot_querylifecycle_response__portal2025.json",
        lambda s: _asked_as_recorded(
            s, "/simportal/v1/queryLifeCycleStatus", "iot_querylifecycle_request"
        ),
    ),
    (
        "query_org_info_response__daraja-js.json",
        lambda s: _looked_up(s, "/sfcverify/v1/query/info", {"Identifier": PAYBILL}),
    ),
    (
        "kyc_validateid_response_4001__StatumKE.json",
        lambda s: _looked_up(s, "/v1/KYC-validation/validateID", {"idNumber": "7"}),
    ),
    (
        "bonga_calculate_points_response__daraja-js.json",
        lambda s: _looked_up(s, "/v1/lipa/na/bonga/calculate-points", {"points": "40"}),
    ),
]


@pytest.mark.parametrize(("name", "play"), _CASES, ids=[name for name, _ in _CASES])
async def test_a_body_has_the_keys_and_kinds_of_the_recorded_one(
    safaricom: Pretend, name: str, play: Play
) -> None:
    assert _shape(await play(safaricom)) == _shape(_recorded(name))


async def test_bulk_invoices_as_recorded_are_taken(safaricom: Pretend) -> None:
    name = "billmanager_bulk_invoice_request__portal2025.json"

    reply = await _billed(safaricom, "bulk-invoicing", name)

    assert reply["rescode"] == "200"
