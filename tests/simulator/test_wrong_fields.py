"""Each wrong field of each product is refused with Safaricom's status, code and sentence."""

from typing import Any

import pytest

from pokea.simulator.testing import MERCHANT, Pretend
from pokea.simulator.world.genesis import INITIATOR, KRA, PAYBILL

pytestmark = pytest.mark.anyio
_WANJIKU = "254712345678"
_C2B, _PULL = "/mpesa/c2b/v2", "/pulltransactions/v1"
_BILLS = "/v1/billmanager-invoice"
_RATIBA = "/standingorder/v1/createStandingOrderExternal"
_EXPRESS = "/v1/ussdpush/get-msisdn"
_BAD = "http://127.0.0.1:9/mpesa"

_B2B: dict[str, Any] = {
    "Initiator": INITIATOR,
    "CommandID": "BusinessPayBill",
    "SenderIdentifierType": "4",
    "RecieverIdentifierType": "4",
    "Amount": 10,
    "PartyB": "600000",
    "AccountReference": "1",
}
_STATUS = {
    "Initiator": INITIATOR,
    "CommandID": "TransactionStatusQuery",
    "TransactionID": "UKO1234567",
    "IdentifierType": "4",
}
_REVERSAL = {
    "Initiator": INITIATOR,
    "CommandID": "TransactionReversal",
    "TransactionID": "UKO1234567",
    "Amount": 1,
    "ReceiverParty": PAYBILL,
    "RecieverIdentifierType": "11",
}
_BALANCE = {"Initiator": INITIATOR, "CommandID": "AccountBalance", "IdentifierType": "4"}
_POCHI = {
    "InitiatorName": INITIATOR,
    "OriginatorConversationID": "p1",
    "CommandID": "BusinessPayToPochi",
    "Amount": 10,
    "PartyB": _WANJIKU,
}
_COMMANDS: dict[str, dict[str, Any]] = {
    "/mpesa/b2c/v3/paymentrequest": _POCHI | {"CommandID": "BusinessPayment"},
    "/mpesa/b2pochi/v1/paymentrequest": _POCHI,
    "/mpesa/b2b/v1/paymentrequest": _B2B,
    "/mpesa/b2b/v1/remittax": _B2B | {"CommandID": "PayTaxToKRA", "PartyB": KRA},
    "/mpesa/transactionstatus/v1/query": _STATUS,
    "/mpesa/accountbalance/v1/query": _BALANCE,
    "/mpesa/reversal/v1/request": _REVERSAL,
}
# What each field may not be; missing is wrong for all of them.
_NOT: dict[str, list[Any]] = {
    "Amount": [0, "10.5", "x"],
    "CommandID": ["GiveMoney"],
    "PartyA": ["1"],
    "PartyB": ["07"],
    "ReceiverParty": ["1"],
    "Remarks": ["", "x" * 101],
    "ResultURL": ["nowhere", _BAD],
    "QueueTimeOutURL": ["nowhere", _BAD],
    "IdentifierType": ["9"],
    "RecieverIdentifierType": ["9"],
    "SenderIdentifierType": ["1"],
}
_EVERY = ("SecurityCredential", "PartyA", "Remarks", "QueueTimeOutURL", "ResultURL")
_OPTIONAL = {"AccountReference"}
_WRONG = [
    (path, field, value)
    for path, body in _COMMANDS.items()
    for field in dict.fromkeys([*body, *_EVERY])
    if field not in _OPTIONAL and not (field == "PartyA" and "reversal" in path)
    for value in [None, *_NOT.get(field, [])]
]


@pytest.mark.parametrize("path", _COMMANDS)
async def test_a_right_command_is_acknowledged(safaricom: Pretend, path: str) -> None:
    reply = await safaricom.command(path, **_COMMANDS[path])

    assert reply.json()["ResponseCode"] == "0"


@pytest.mark.parametrize(("path", "field", "value"), _WRONG)
async def test_a_commands_wrong_field_is_named(
    safaricom: Pretend, path: str, field: str, value: Any
) -> None:
    reply = await safaricom.command(path, **_COMMANDS[path] | {field: value})

    assert (reply.status_code, reply.json()["errorCode"]) == (400, "400.002.02")
    assert reply.json()["errorMessage"] == f"Bad Request - Invalid {field}"


_SIMULATE = {
    "ShortCode": PAYBILL, "CommandID": "CustomerPayBillOnline", "Amount": 5,
    "Msisdn": _WANJIKU, "BillRefNumber": "x",
}  # fmt: skip
_QR = {
    "MerchantName": "DUKA", "RefNo": "R", "Amount": 1, "TrxCode": "BG", "CPI": "373132",
    "Size": "300",
}  # fmt: skip
_REGISTER = {
    "ShortCode": PAYBILL, "ResponseType": "Completed", "ConfirmationURL": f"{MERCHANT}/c",
    "ValidationURL": f"{MERCHANT}/v",
}  # fmt: skip


@pytest.mark.parametrize(
    ("path", "body", "field", "value"),
    [
        *((f"{_C2B}/registerurl", _REGISTER, field, None) for field in _REGISTER),
        *((f"{_C2B}/simulate", _SIMULATE, field, None) for field in _SIMULATE),
        (f"{_C2B}/simulate", _SIMULATE, "Amount", 0),
        (f"{_C2B}/simulate", _SIMULATE, "Msisdn", "0712345678"),
        (f"{_C2B}/simulate", _SIMULATE, "CommandID", "BusinessPayBill"),
        *(
            ("/mpesa/qrcode/v1/generate", _QR, field, None)
            for field in _QR
            if field != "TrxCode"
        ),
        ("/mpesa/qrcode/v1/generate", _QR, "Size", "9999"),
        ("/imsi/v1/checkATI", {}, "customerNumber", "0712"),
        ("/imsi/v2/checkATI", {}, "customerNumber", None),
    ],
)
async def test_a_wrong_field_of_c2b_qr_or_a_look_up_is_named(
    safaricom: Pretend, path: str, body: dict[str, Any], field: str, value: Any
) -> None:
    reply = await safaricom.call(path, body | {field: value})

    assert (reply.status_code, reply.json()["errorCode"]) == (400, "400.002.02")
    assert reply.json()["errorMessage"] == f"Bad Request - Invalid {field}"


_STANDING = {
    "StandingOrderName": "Rent", "StartDate": "20261125", "EndDate": "20261128",
    "BusinessShortCode": PAYBILL, "TransactionType": "Standing Order Customer Pay Bill",
    "ReceiverPartyIdentifierType": "4", "Amount": "450", "PartyA": _WANJIKU,
    "CallBackURL": f"{MERCHANT}/ratiba", "Frequency": "2",
}  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *((field, None) for field in _STANDING if field != "TransactionType"),
        ("TransactionType", "Rent"),
        ("Frequency", "9"),
        ("StartDate", "2026-11-25"),
        ("CallBackURL", _BAD),
    ],
)
async def test_ratiba_names_the_field_in_its_own_envelope(
    safaricom: Pretend, field: str, value: Any
) -> None:
    reply = await safaricom.call(_RATIBA, _STANDING | {field: value})

    head = reply.json()["ResponseHeader"]
    assert (reply.status_code, head["responseCode"]) == (200, "400")
    assert head["responseDescription"] == f"Bad Request - Invalid {field}"


_ASK = {
    "primaryShortCode": "600000", "receiverShortCode": PAYBILL, "amount": 71,
    "paymentRef": "ref", "callbackUrl": f"{MERCHANT}/e", "partnerName": "V",
    "RequestRefID": "r1",
}  # fmt: skip


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("primaryShortCode", "4104"),
        ("receiverShortCode", "4104"),
        ("amount", "4000"),
        ("callbackUrl", "4000"),
        ("RequestRefID", "4001"),
    ],
)
async def test_b2b_express_refuses_with_a_code_and_a_status(
    safaricom: Pretend, field: str, code: str
) -> None:
    reply = await safaricom.call(_EXPRESS, _ASK | {field: None})

    assert (reply.status_code, reply.json()["code"]) == (400, code)
    assert set(reply.json()) == {"code", "status"}


async def test_pull_refuses_a_shortcode_and_a_date_in_two_ways(safaricom: Pretend) -> None:
    register = {"ShortCode": PAYBILL, "RequestType": "Pull"}
    dates = {"StartDate": "2026-11-24 00:00:00", "EndDate": "2026-11-25 00:00:00"}

    strange = await safaricom.call(f"{_PULL}/register", register | {"ShortCode": "1"})
    pushed = await safaricom.call(f"{_PULL}/register", register | {"RequestType": "Push"})
    early = await safaricom.call(f"{_PULL}/query", dates | {"ShortCode": PAYBILL})
    await safaricom.call(f"{_PULL}/register", register)
    dated = await safaricom.call(f"{_PULL}/query", register | dates | {"StartDate": "now"})

    refused = [reply.json()["errorCode"] for reply in (strange, pushed, early)]
    assert refused == ["400.001"] * 3
    assert (dated.status_code, dated.json()["ResponseCode"]) == (400, "400.002")


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("optin", {"shortcode": "1"}, "400"),
        ("single-invoicing", {}, "400"),
        ("bulk-invoicing", [], "400"),
        ("cancel-single-invoice", {"externalReference": "no"}, "404"),
        ("cancel-bulk-invoices", [], "404"),
        ("reconciliation", {}, "400"),
    ],
)
async def test_bill_manager_refuses_inside_a_200(
    safaricom: Pretend, path: str, body: Any, code: str
) -> None:
    opted = await safaricom.call(f"{_BILLS}/optin", {"shortcode": PAYBILL})
    headers = {
        "Authorization": f"Bearer {await safaricom.token()}",
        "app_key": opted.json()["app_key"],
    }

    reply = await safaricom.http.post(f"{_BILLS}/{path}", json=body, headers=headers)

    assert (reply.status_code, reply.json()["rescode"]) == (200, code)
