"""C2B: registration, validation before the money, confirmation after: SPEC 10.1 to 10.3."""

import hashlib
import json
from typing import Any

import pytest

from pokea.simulator.courier import Reply
from pokea.simulator.testing import MERCHANT, Pretend
from pokea.simulator.world.agenda import Post
from pokea.simulator.world.genesis import PAYBILL, STORE, TILL

pytestmark = pytest.mark.anyio
_WANJIKU = "254712345678"


async def _register(safaricom: Pretend, version: str = "v2", **changes: Any) -> Any:
    body = {
        "ShortCode": PAYBILL,
        "ResponseType": "Completed",
        "ConfirmationURL": f"{MERCHANT}/confirm",
        "ValidationURL": f"{MERCHANT}/validate",
    }
    return await safaricom.call(f"/mpesa/c2b/{version}/registerurl", body | changes)


async def _pay(safaricom: Pretend, **changes: Any) -> Any:
    body = {"msisdn": _WANJIKU, "shortcode": PAYBILL, "amount": 100, "account": "INV 7"}
    return await safaricom.side("POST", "/c2b", body | changes)


def _validation(code: str, status: int = 200) -> Any:
    def answer(post: Post) -> Reply:
        if post.purpose != "c2b_validation":
            return Reply(200, b"{}")
        return Reply(
            status, json.dumps({"ResultCode": code, "ThirdPartyTransID": "T9"}).encode()
        )

    return answer


async def test_validation_comes_before_and_confirmation_after_the_money(
    safaricom: Pretend,
) -> None:
    await _register(safaricom)
    balances: list[int] = []

    def watch(post: Post) -> Reply:
        balances.append(safaricom.world.accounts[f"phone:{_WANJIKU}"])
        return _validation("0")(post)

    safaricom.postbox.answer = watch
    paid = await _pay(safaricom)

    validation, confirmation = safaricom.told
    assert balances == [5_000_00, 4_900_00]
    assert validation["TransID"] == confirmation["TransID"] == paid["receipt"]
    assert validation["OrgAccountBalance"] == ""
    assert confirmation["OrgAccountBalance"] == "100.00"
    assert confirmation["ThirdPartyTransID"] == "T9"
    assert confirmation["TransAmount"] == "100.00"
    assert confirmation["TransTime"] == "20261124120000"
    assert confirmation["BillRefNumber"] == "INV 7"


async def test_v2_masks_the_phone_and_v1_hashes_it(safaricom: Pretend) -> None:
    await _register(safaricom, "v2")
    await _pay(safaricom)
    await _register(safaricom, "v1")
    await _pay(safaricom)

    assert safaricom.told[1]["MSISDN"] == "2547 ***** 678"
    assert safaricom.told[3]["MSISDN"] == hashlib.sha256(_WANJIKU.encode()).hexdigest()


async def test_only_the_first_name_is_there_unless_switched(safaricom: Pretend) -> None:
    await _register(safaricom)
    await _pay(safaricom)
    await safaricom.side("PATCH", "/switches", {"middle_and_last_names": True})
    await _pay(safaricom)

    assert safaricom.told[1]["FirstName"] == "WANJIKU"
    assert "LastName" not in safaricom.told[1]
    assert safaricom.told[3]["LastName"] == "KAMAU"


async def test_a_refused_validation_moves_no_money(safaricom: Pretend) -> None:
    await _register(safaricom)
    safaricom.postbox.answer = _validation("C2B00012")

    refused = await _pay(safaricom)

    assert refused["state"] == "refused"
    assert "C2B00012" in refused["reason"]
    assert len(safaricom.told) == 1
    assert safaricom.world.movements == []


@pytest.mark.parametrize(
    ("default", "state"), [("Completed", "paid"), ("Cancelled", "refused")]
)
async def test_without_an_answer_the_registered_default_holds(
    safaricom: Pretend, default: str, state: str
) -> None:
    await _register(safaricom, ResponseType=default)
    safaricom.postbox.answer = lambda _: Reply(0, b"")

    paid = await _pay(safaricom)

    assert paid["state"] == state


async def test_a_till_payment_is_a_customer_merchant_payment(safaricom: Pretend) -> None:
    await _register(safaricom, ShortCode=STORE)

    await _pay(safaricom, shortcode=TILL)

    confirmation = safaricom.told[-1]
    assert confirmation["TransactionType"] == "Customer Merchant Payment"
    assert confirmation["BusinessShortCode"] == TILL
    assert confirmation["BillRefNumber"] == ""


async def test_a_paid_push_has_a_c2b_twin_with_the_same_receipt(safaricom: Pretend) -> None:
    await _register(safaricom)

    await safaricom.push("254700000000", 10)
    await safaricom.advance(2)

    callback, twin = safaricom.told
    items = callback["Body"]["stkCallback"]["CallbackMetadata"]["Item"]
    assert twin["TransID"] == items[1]["Value"]
    assert twin["BillRefNumber"] == "INV-1"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ResponseType": "completed"}, "Bad Request - Invalid ResponseType"),
        ({"ShortCode": "999999"}, "Bad Request - Invalid ShortCode"),
        ({"ConfirmationURL": "nope"}, "Bad Request - Invalid ConfirmationURL"),
        (
            {"ValidationURL": "https://a.example/mpesa"},
            "Invalid ValidationURL - URL has the word MPESA",
        ),
        (
            {"ConfirmationURL": "https://a.example/x.exe"},
            "Invalid ConfirmationURL - URL has the word EXE",
        ),
    ],
)
async def test_a_bad_registration_is_refused(
    safaricom: Pretend, changes: dict[str, Any], message: str
) -> None:
    reply = await _register(safaricom, **changes)

    assert reply.status_code == 400
    assert reply.json()["errorMessage"] == message


async def test_the_sandbox_overwrites_and_production_registers_once(safaricom: Pretend) -> None:
    first = await _register(safaricom)
    second = await _register(safaricom)
    await safaricom.side("POST", "/scenarios/production")
    third = await _register(safaricom)

    assert (
        first.json()["ResponseDescription"] == second.json()["ResponseDescription"] == "Success"
    )
    assert "OriginatorCoversationID" in first.json()
    assert third.json()["errorMessage"] == "Urls are already registered."


async def test_simulate_pays_in_the_sandbox_only(safaricom: Pretend) -> None:
    body = {
        "ShortCode": 174379,
        "CommandID": "CustomerPayBillOnline",
        "Amount": 5,
        "Msisdn": 254712345678,
        "BillRefNumber": "INV-9",
    }
    await _register(safaricom)

    good = await safaricom.call("/mpesa/c2b/v2/simulate", body)
    await safaricom.app.engine.settle()
    await safaricom.side("POST", "/scenarios/production")
    gone = await safaricom.call("/mpesa/c2b/v2/simulate", body)

    assert good.json()["ResponseDescription"] == "Accept the service request successfully."
    assert safaricom.told[-1]["BillRefNumber"] == "INV-9"
    assert gone.status_code == 404


async def test_paying_by_hand_explains_what_went_wrong(safaricom: Pretend) -> None:
    poor = await _pay(safaricom, msisdn="0722 000 111", amount=500)
    unknown = await safaricom.http.post(
        "/_sim/c2b", json={"msisdn": _WANJIKU, "shortcode": "55555", "amount": 1}
    )

    assert poor["reason"].startswith("There is not enough money")
    assert unknown.status_code == 404
