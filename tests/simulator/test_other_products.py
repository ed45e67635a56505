"""QR, Bill Manager, Ratiba, Pull, B2B Express and the look-ups: SPEC 10.7, 10.11 to 10.15."""

import base64
import io
from typing import Any

import pytest
from PIL import Image

from pokea.simulator.courier import Reply
from pokea.simulator.testing import MERCHANT, Pretend
from pokea.simulator.world.agenda import Post
from pokea.simulator.world.genesis import PAYBILL, TILL

pytestmark = pytest.mark.anyio
_WANJIKU = "254712345678"
_BILLS = "/v1/billmanager-invoice"
_RATIBA = "/standingorder/v1/createStandingOrderExternal"
_EXPRESS = "/v1/ussdpush/get-msisdn"


async def test_a_qr_code_is_a_picture(safaricom: Pretend) -> None:
    body = {
        "MerchantName": "TEST SUPERMARKET", "RefNo": "Invoice Test", "Amount": 1,
        "TrxCode": "BG", "CPI": "373132", "Size": "300",
    }  # fmt: skip

    reply = (await safaricom.call("/mpesa/qrcode/v1/generate", body)).json()
    wrong = (await safaricom.call("/mpesa/qrcode/v1/generate", body | {"TrxCode": "X"})).json()

    picture = Image.open(io.BytesIO(base64.b64decode(reply["QRCode"])))
    assert reply["ResponseCode"] == "00"
    assert 200 <= picture.width <= 300
    assert (wrong["errorCode"], wrong["errorMessage"]) == (
        "400",
        "Bad Request - Invalid TrxCode",
    )


async def _opted_in(safaricom: Pretend) -> str:
    body = {"shortcode": PAYBILL, "email": "a@b.example", "callbackurl": f"{MERCHANT}/bills"}
    return (await safaricom.call(f"{_BILLS}/optin", body)).json()["app_key"]


async def _bill(safaricom: Pretend, path: str, key: str, body: object) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {await safaricom.token()}", "app_key": key}
    reply = await safaricom.http.post(f"{_BILLS}/{path}", json=body, headers=headers)
    assert reply.status_code == 200
    return reply.json()


def _invoice(reference: str, account: str = "A1") -> dict[str, Any]:
    return {
        "externalReference": reference, "billedFullName": "John Doe",
        "billedPhoneNumber": "0722000000", "invoiceName": "School", "accountReference": account,
        "amount": "800", "billedPeriod": "August 2026", "dueDate": "2026-12-01",
    }  # fmt: skip


async def test_invoices_are_sent_once_and_cancelled_unless_paid(safaricom: Pretend) -> None:
    key = await _opted_in(safaricom)

    sent = await _bill(safaricom, "single-invoicing", key, _invoice("1"))
    again = await _bill(safaricom, "single-invoicing", key, _invoice("1"))
    bulk = await _bill(safaricom, "bulk-invoicing", key, [_invoice("2"), _invoice("3", "A3")])
    await safaricom.side("POST", "/c2b", {"msisdn": _WANJIKU, "amount": 100, "account": "A1"})
    paid = await _bill(safaricom, "cancel-single-invoice", key, {"externalReference": "1"})
    gone = await _bill(safaricom, "cancel-bulk-invoices", key, [{"externalReference": "3"}])

    assert (sent["rescode"], again["rescode"], bulk["rescode"]) == ("200", "409", "200")
    assert paid["Status_Message"] == "partially or fully paid invoices cannot be cancelled."
    assert gone["Status_Message"] == "Invoice cancelled successfuly."


async def test_bill_manager_needs_its_key_and_opts_in_once(safaricom: Pretend) -> None:
    await _opted_in(safaricom)

    strange = await _bill(safaricom, "single-invoicing", "no", _invoice("1"))
    twice = await _bill(safaricom, "optin", "", {"shortcode": PAYBILL})

    assert strange["rescode"] == "401"
    assert twice["rescode"] == "409"


async def test_a_payment_is_pushed_to_the_biller_up_to_five_times(safaricom: Pretend) -> None:
    await _opted_in(safaricom)
    safaricom.postbox.answer = lambda _: Reply(500, b"")

    await safaricom.side("POST", "/c2b", {"msisdn": _WANJIKU, "amount": 50, "account": "A1"})
    await safaricom.advance(3600)

    pushes = [post for post in safaricom.postbox.posts if post.purpose == "bill_manager"]
    assert len(pushes) == 5
    assert safaricom.told[0]["paidAmount"] == "50.00"


async def test_an_acknowledged_push_is_not_repeated(safaricom: Pretend) -> None:
    await _opted_in(safaricom)

    def answer(_: Post) -> Reply:
        return Reply(200, b'{"resmsg":"Success","rescode":"200"}')

    safaricom.postbox.answer = answer
    await safaricom.side("POST", "/c2b", {"msisdn": _WANJIKU, "amount": 50, "account": "A1"})
    await safaricom.advance(3600)

    assert len(safaricom.postbox.posts) == 1


def _standing(**changes: Any) -> dict[str, Any]:
    return {
        "StandingOrderName": "Rent", "StartDate": "20261125", "EndDate": "20261128",
        "BusinessShortCode": PAYBILL, "TransactionType": "Standing Order Customer Pay Bill",
        "ReceiverPartyIdentifierType": "4", "Amount": "450", "PartyA": _WANJIKU,
        "CallBackURL": f"{MERCHANT}/ratiba", "AccountReference": "Rent", "Frequency": "2",
        "TransactionDesc": "Rent",
    } | changes  # fmt: skip


async def test_a_standing_order_pays_every_day_until_its_end(safaricom: Pretend) -> None:
    ack = (await safaricom.call(_RATIBA, _standing())).json()
    await safaricom.advance(10 * 86_400)

    assert ack["ResponseHeader"]["responseCode"] == "200"
    told = safaricom.told[0]
    assert told["responseHeader"]["responseCode"] == "0"
    assert told["responseBody"]["responseData"][3] == {
        "name": "Msisdn",
        "value": "254******678",
    }
    kinds = [movement.kind for movement in safaricom.world.movements]
    assert kinds == ["ratiba"] * 4


async def test_a_refused_standing_order_is_spelt_in_another_case(safaricom: Pretend) -> None:
    await safaricom.side("POST", f"/phones/{_WANJIKU}/next", {"action": "off"})

    await safaricom.call(_RATIBA, _standing())
    await safaricom.advance(5)

    assert safaricom.told[0]["ResponseHeader"]["responseCode"] == "1037"
    assert safaricom.told[0]["ResponseBody"]["ResponseData"][0]["Value"] == "0000000000"


async def test_a_standing_orders_name_is_unique_per_customer(safaricom: Pretend) -> None:
    for _ in range(2):
        await safaricom.call(_RATIBA, _standing())
        await safaricom.advance(5)

    assert safaricom.told[1]["ResponseHeader"]["responseCode"] == "1050"


async def test_pull_lists_what_was_collected(safaricom: Pretend) -> None:
    register = {
        "ShortCode": PAYBILL, "RequestType": "Pull", "NominatedNumber": "0722000000",
        "CallBackURL": f"{MERCHANT}/pull",
    }  # fmt: skip
    query = {
        "ShortCode": PAYBILL, "StartDate": "2026-11-24 00:00:00",
        "EndDate": "2026-11-25 00:00:00", "OffSetValue": "0",
    }  # fmt: skip
    early = await safaricom.call("/pulltransactions/v1/query", query)
    first = (await safaricom.call("/pulltransactions/v1/register", register)).json()
    second = (await safaricom.call("/pulltransactions/v1/register", register)).json()
    empty = (await safaricom.call("/pulltransactions/v1/query", query)).json()
    await safaricom.push("254700000000", 168)
    await safaricom.advance(2)

    found = (await safaricom.call("/pulltransactions/v1/query", query)).json()

    assert early.json()["errorCode"] == "400.001"
    assert (first["Response Status"], second["Response Status"]) == ("1000", "1001")
    assert (empty["ResponseCode"], found["ResponseCode"]) == ("1001", "1000")
    row = found["Response"][0][0]
    assert (row["amount"], row["msisdn"]) == ("168.0", 254700000000)
    assert row["trxDate"] == "2026-11-24T12:00:01+03:00"


async def test_b2b_express_is_flat_and_can_be_cancelled(safaricom: Pretend) -> None:
    body = {
        "primaryShortCode": TILL, "receiverShortCode": PAYBILL, "amount": 71,
        "paymentRef": "ref", "callbackUrl": f"{MERCHANT}/express", "partnerName": "V",
        "RequestRefID": "r1",
    }  # fmt: skip
    for _ in range(8):
        await safaricom.side(
            "POST", "/c2b", {"msisdn": _WANJIKU, "amount": 10, "shortcode": TILL}
        )

    ack = (await safaricom.call(_EXPRESS, body)).json()
    await safaricom.side("POST", "/faults", {"product": "b2b_express", "action": "cancel"})
    await safaricom.call(_EXPRESS, body | {"RequestRefID": "r2"})
    await safaricom.advance(5)

    paid, cancelled = safaricom.told[-2:]
    assert ack == {"code": "0", "status": "USSD Initiated Successfully"}
    assert (paid["resultCode"], paid["amount"], paid["status"]) == ("0", "71.0", "SUCCESS")
    assert (cancelled["resultCode"], cancelled["paymentReference"]) == ("4001", "ref")


@pytest.mark.parametrize(
    ("path", "body", "key", "value"),
    [
        ("/imsi/v1/checkATI", {"customerNumber": _WANJIKU}, "responseCode", "200"),
        ("/imsi/v2/checkATI", {"customerNumber": _WANJIKU}, "lastSwapDate", "01-01-1900 00:00"),
        (
            "/sfcverify/v1/query/info",
            {"IdentifierType": "4", "Identifier": PAYBILL},
            "OrganizationName",
            "DUKA LA WANJIKU",
        ),
        (
            "/sfcverify/v1/query/info",
            {"IdentifierType": "4", "Identifier": "1"},
            "ResponseMessage",
            "Invalid Identifier",
        ),
        ("/v1/KYC-validation/validateID", {"idNumber": "12345677"}, "responseCode", "4001"),
        ("/v1/KYC-validation/validateID", {"idNumber": "12345678"}, "status", True),
    ],
)
async def test_look_ups_answer_in_their_own_envelopes(
    safaricom: Pretend, path: str, body: dict[str, str], key: str, value: object
) -> None:
    reply = await safaricom.call(path, body)

    assert reply.json()[key] == value


async def test_hakikisha_masks_all_but_the_first_name(safaricom: Pretend) -> None:
    path = "/mpesa/b2c/hakikisha/v1/hakikisha"

    known = (await safaricom.call(path, {"body": {"msisdn": _WANJIKU}})).json()
    unknown = (await safaricom.call(path, {"body": {"msisdn": "254799999999"}})).json()

    assert known["body"]["name"] == "WANJIKU K****"
    assert unknown["header"]["status"] == "400"


async def test_bonga_points_and_their_numeric_code(safaricom: Pretend) -> None:
    path = "/v1/lipa/na/bonga/calculate-points"

    reply = (await safaricom.call(path, {"points": "40"})).json()

    assert reply["header"]["responseCode"] == 200
    assert reply["body"] == {"amount": "8", "points": "40", "rate": "0.2"}
