"""The same for the smaller products: QR, Ratiba, Pull, Bill Manager, identity, Bonga, IoT."""

import csv
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from pokea.daraja.operations import (
    AppKey,
    BillCancel,
    BillChangeOptIn,
    Biller,
    BillInvoice,
    BillInvoices,
    BillOptIn,
    BillReconcile,
    BongaPoints,
    BongaRedeem,
    DynamicQr,
    Frequency,
    Identity,
    IdType,
    Invoice,
    InvoiceItem,
    LineCheck,
    LineQuestion,
    Operation,
    OrganisationLookup,
    OwnerCheck,
    PullQuery,
    PullRegister,
    QrPurpose,
    SimAction,
    SimManagement,
    StandingOrder,
)
from pokea.daraja.values import (
    AccountReference,
    CallbackUrl,
    Money,
    Msisdn,
    Receipt,
    Shortcode,
    TransactionDescription,
)

Mended = Callable[[bytes, set[str]], object]

SMALLER = ("qr", "ratiba", "pull", "imsi", "swap", "query", "kyc", "bonga", "iot", "bill")
CORPUS = Path(__file__).parents[2] / "fixtures" / "daraja" / "payloads"
URL = CallbackUrl.parse("https://mydomain.com/path")
PHONE = Msisdn("254708374149")
APP_KEY = AppKey("AG_2376487236_126732989KJ")


def shillings(number: int) -> Money:
    return Money.shillings(number)


def eat(*parts: int) -> datetime:
    year, month, day, hour, minute, second = parts
    return datetime(year, month, day, hour - 3, minute, second, tzinfo=UTC)


def invoice(reference: str, account: str) -> Invoice:
    items = (("food", 1000), ("water", 1000))
    return Invoice(
        external_reference=reference,
        billed_name="John Doe",
        billed_phone=Msisdn("254722000000"),
        billed_period="August 2021",
        name="Jentrys ",
        due=date(2021, 9, 15),
        account_reference=account,
        amount=shillings(2000),
        items=tuple(InvoiceItem(name=name, amount=shillings(sum_)) for name, sum_ in items),
    )


BILLER = Biller(
    shortcode=Shortcode("718003"),
    email="youremail@gmail.com",
    contact=Msisdn("254710000000"),
    sends_reminders=True,
    logo="image",
    callback_url=URL,
)
CASES: dict[str, tuple[Operation[object], str]] = {
    "qr_request__portal2025": (
        DynamicQr(
            merchant_name="TEST SUPERMARKET",
            reference="Invoice Test",
            amount=shillings(1),
            purpose=QrPurpose.BUY_GOODS,
            credit_party="373132",
        ),
        "",
    ),
    "ratiba_request__portal2025": (
        StandingOrder(
            name="Test Standing Order",
            shortcode=Shortcode("174379"),
            amount=shillings(4500),
            phone=PHONE,
            starts=date(2024, 9, 5),
            ends=date(2025, 9, 5),
            frequency=Frequency.DAILY,
            callback_url=CallbackUrl.parse("https://mydomain.com/pat"),
            account_reference=AccountReference("Test"),
            description=TransactionDescription("Test"),
        ),
        "EndDate",  # a year before the start
    ),
    "pull_register_request__portal2025": (
        PullRegister(
            shortcode=Shortcode("600000"),
            nominated_phone=Msisdn("254722000000"),
            callback_url=URL,
        ),
        "NominatedNumber CallBackURL",  # written 07...
    ),
    "pull_query_request__portal2025": (
        PullQuery(
            shortcode=Shortcode("600000"),
            starts=eat(2020, 8, 4, 8, 36, 0),
            ends=eat(2020, 8, 16, 10, 10, 0),
        ),
        "StartDate EndDate",  # "8:36:00" and "10:10:000"
    ),
    "imsi_request__portal2025": (
        LineCheck(question=LineQuestion.IMSI, phone=Msisdn("254722000000")),
        "",
    ),
    "swap_request__portal2025": (
        LineCheck(question=LineQuestion.SWAP, phone=Msisdn("254722000000")),
        "",
    ),
    "query_org_info_request__daraja-js": (
        OrganisationLookup(shortcode=Shortcode("666677")),
        "",
    ),
    "kyc_validateid_request__StatumKE": (
        OwnerCheck(
            shortcode=Shortcode("600984"),
            phone=Msisdn("254700000027"),
            identity=Identity(kind=IdType.NATIONAL, number="12345678"),
            request_id="req-6a4def0d51020",
        ),
        "",
    ),
    "bonga_calculate_points_request__daraja-js": (BongaPoints(points=40), ""),
    "bonga_redeem_paybill_request__daraja-js": (
        BongaRedeem(
            phone=PHONE,
            amount=shillings(50),
            points=20,
            rate=Decimal("0.2"),
            shortcode=Shortcode("888880"),
            account="test",
        ),
        "",
    ),
    "iot_querylifecycle_request__portal2025": (
        SimManagement(
            action=SimAction.LIFE_CYCLE,
            members={
                "msisdn": "300000020***",
                "vpnGroup": "1-225560081***_VPN",
                "username": "user@safaricom.co.ke",
            },
        ),
        "",
    ),
    "iot_sendsinglemessage_request__portal2025": (
        SimManagement(
            action=SimAction.SEND_MESSAGE,
            members={
                "msisdn": "300001172***",
                "message": "Test",
                "vpnGroup": "1-47820525***_VPN",
            },
        ),
        "",
    ),
    "billmanager_optin_request__portal2025": (
        BillOptIn(biller=BILLER),
        "officialContact callbackurl",
    ),
    "billmanager_change_optin_request__portal2025": (
        BillChangeOptIn(app_key=APP_KEY, biller=BILLER),
        "officialContact callbackurl",
    ),
    "billmanager_single_invoice_request__portal2025": (
        BillInvoice(
            app_key=APP_KEY,
            invoice=Invoice(
                external_reference="#9932340",
                billed_name="John Doe",
                billed_phone=PHONE,
                billed_period="August 2021",
                name="Jentrys",
                due=date(2021, 10, 12),
                account_reference="1ASD678H",
                amount=shillings(800),
                items=(
                    InvoiceItem(name="food", amount=shillings(700)),
                    InvoiceItem(name="water", amount=shillings(100)),
                ),
            ),
        ),
        "billedPhoneNumber",
    ),
    "billmanager_bulk_invoice_request__portal2025": (
        BillInvoices(
            app_key=APP_KEY, invoices=(invoice("1107", "A1"), invoice("967", "Balboa45"))
        ),
        "dueDate",  # with a time of day
    ),
    "billmanager_cancel_single_request__portal2025": (
        BillCancel(app_key=APP_KEY, external_references=("113",)),
        "",
    ),
    "billmanager_cancel_bulk_request__portal2025": (
        BillCancel(app_key=APP_KEY, external_references=("113", "113")),
        "",
    ),
    "billmanager_reconciliation_request__portal2025": (
        BillReconcile(
            app_key=APP_KEY,
            paid_on=date(2021, 10, 1),
            amount=shillings(800),
            account_reference="Balboa95",
            receipt=Receipt("PJB53MYR1N"),
            phone=PHONE,
            full_name="John Doe",
            invoice_name="School Fees",
            external_reference="955",
        ),
        "phoneNumber",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_recorded_request_is_reproduced(name: str, mended: Mended) -> None:
    operation, differing = CASES[name]
    differs = {"SecurityCredential", *differing.split()}

    ours = mended(operation.encode().body, differs)
    theirs = mended((CORPUS / f"{name}.json").read_bytes(), differs)

    assert ours == theirs


def test_no_recorded_request_is_left_out() -> None:
    with (CORPUS / "index.tsv").open() as index:
        rows = csv.DictReader(index, delimiter="\t")
        recorded = {Path(row["file"]).stem for row in rows if row["kind"] == "request"}

    assert {name for name in recorded if name.startswith(SMALLER)} == set(CASES)
