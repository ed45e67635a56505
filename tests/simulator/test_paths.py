"""Every path that Safaricom is known to have (SPEC 1.1) answers, and no other does."""

import json
from pathlib import Path

import pytest

from pokea.simulator.testing import Pretend
from pokea.simulator.world.routes import OAUTH, OPERATIONS

pytestmark = pytest.mark.anyio
_PAYLOADS = Path(__file__).parents[2] / "fixtures" / "daraja" / "payloads"

# The endpoint table of the wire reference: product, then its paths.
_TABLE: dict[str, str] = {
    "OAuth": "/oauth/v1/generate",
    "M-Pesa Express": "/mpesa/stkpush/v1/processrequest",
    "STK query": "/mpesa/stkpushquery/v1/query",
    "C2B register": "/mpesa/c2b/v1/registerurl /mpesa/c2b/v2/registerurl",
    "C2B simulate": "/mpesa/c2b/v1/simulate /mpesa/c2b/v2/simulate",
    "B2C": "/mpesa/b2c/v3/paymentrequest /mpesa/b2c/v1/paymentrequest",
    "B2C with ID validation": "/mpesa/b2cvalidate/v2/paymentrequest",
    "B2Pochi": "/mpesa/b2pochi/v1/paymentrequest",
    "B2B": "/mpesa/b2b/v1/paymentrequest",
    "Tax remittance": "/mpesa/b2b/v1/remittax",
    "B2B Express Checkout": "/v1/ussdpush/get-msisdn",
    "Transaction status": "/mpesa/transactionstatus/v1/query",
    "Account balance": "/mpesa/accountbalance/v1/query",
    "Reversal": "/mpesa/reversal/v1/request",
    "Dynamic QR": "/mpesa/qrcode/v1/generate",
    "Bill Manager": "/v1/billmanager-invoice/{optin,change-optin-details,single-invoicing,"
    "bulk-invoicing,reconciliation,cancel-single-invoice,cancel-bulk-invoices}",
    "M-Pesa Ratiba": "/standingorder/v1/createStandingOrderExternal",
    "Pull": "/pulltransactions/v1/register /pulltransactions/v1/query",
    "IMSI, SWAP, age on network": "/imsi/v1/checkATI /imsi/v2/checkATI "
    "/registration/lookup/v1/checkATI",
    "Query org info": "/sfcverify/v1/query/info",
    "B2C Hakikisha": "/mpesa/b2c/hakikisha/v1/hakikisha",
    "Mobile number validation": "/v1/KYC-validation/validateID",
    "Lipa na Bonga": "/v1/lipa/na/bonga/calculate-points /v1/lipa/na/bonga/redeem-paybill",
    "Mobile data offers": "/v1/dynamic-offers/fetch "
    "/v1/dynamic-offers/facebook-bundle/purchase /v2/bundles/get/status",
    "IoT SIM": "/simportal/v1/{allsims,queryLifeCycleStatus,querycustomerinfo,simactivation,"
    "getactivationtrends,renameasset,getlocationinfo,suspend_unsuspend_sub,searchmessages,"
    "filtermessages,deleteMessageThread,getallmessages,sendsinglemessage,deletemessage}",
}


def _spelt_out(paths: str) -> list[str]:
    found: list[str] = []
    for path in paths.split():
        stem, _, ends = path.rstrip("}").partition("{")
        found += [stem + end for end in ends.split(",")] if ends else [path]
    return found


_PATHS = [path for paths in _TABLE.values() for path in _spelt_out(paths)]
_SIMS = [path for path in _PATHS if path.startswith("/simportal/")]
_OFFERS = _spelt_out(_TABLE["Mobile data offers"])


def test_no_path_of_the_endpoint_table_is_forgotten() -> None:
    assert sorted({OAUTH, *OPERATIONS}) == sorted(_PATHS)


@pytest.mark.parametrize("path", _PATHS[1:])
async def test_every_path_knows_its_token_and_its_method(safaricom: Pretend, path: str) -> None:
    posted = await safaricom.call(path, {})
    put = await safaricom.http.put(path, json={})

    assert posted.status_code in {200, 400, 401, 500}
    assert posted.json().get("errorCode") != "404.001.01"
    assert put.json()["errorCode"] == "405.001"


@pytest.mark.parametrize("path", _SIMS)
async def test_every_sim_operation_answers_in_the_recorded_envelope(
    safaricom: Pretend, path: str
) -> None:
    name = "iot_querylifecycle_response__portal2025.json"
    recorded = json.loads((_PAYLOADS / name).read_text())
    body = {"msisdn": "300000020123", "message": "Test", "vpnGroup": "1-225560081123_VPN"}

    reply = (await safaricom.call(path, body)).json()

    assert reply["header"].keys() == recorded["header"].keys()
    assert reply["header"]["responseCode"] == 200
    assert reply["body"].items() <= recorded["body"].items()
    assert reply["body"]["statusCode"] == "0"


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("queryLifeCycleStatus", "msisdn"),
        ("sendsinglemessage", "msisdn"),
        ("sendsinglemessage", "message"),
    ],
)
async def test_a_sim_operation_names_what_is_missing(
    safaricom: Pretend, name: str, wrong: str
) -> None:
    body = {"msisdn": "300000020123", "message": "Test"}
    del body[wrong]

    reply = await safaricom.call(f"/simportal/v1/{name}", body)

    assert reply.status_code == 400
    assert reply.json()["errorMessage"] == f"Bad Request - Invalid {wrong}"


@pytest.mark.parametrize("path", _OFFERS)
async def test_data_offers_are_not_provisioned_until_switched_on(
    safaricom: Pretend, path: str
) -> None:
    refused = await safaricom.call(path, {})
    await safaricom.side("PATCH", "/switches", {"data_offers": True})
    answered = await safaricom.call(path, {})

    assert (refused.status_code, refused.json()["errorCode"]) == (401, "401.003.01")
    assert answered.json()["header"]["responseCode"] == 200
