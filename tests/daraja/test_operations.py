"""Bad input is refused when an operation is made, with the field's name: nothing is sent."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from pokea.daraja.credentials import Initiator, Passkey, SecurityCredential
from pokea.daraja.errors import DuplicateRequest, InvalidValue, Refused
from pokea.daraja.operations import (
    B2b,
    B2c,
    BillCancel,
    BongaPoints,
    BongaRedeem,
    BusinessCommand,
    C2bRegister,
    Custom,
    DynamicQr,
    Frequency,
    Identity,
    IdType,
    Invoice,
    InvoiceItem,
    PullQuery,
    Purpose,
    QrPurpose,
    ResultUrls,
    StandingOrder,
    StatusQuery,
    StkPush,
    StkQuery,
    WhenUnreachable,
)
from pokea.daraja.operations.bills import AppKey
from pokea.daraja.testing import reply
from pokea.daraja.values import (
    AccountReference,
    BillerAccount,
    CallbackUrl,
    Money,
    Msisdn,
    OriginatorConversationId,
    Remarks,
    Shortcode,
    TransactionDescription,
)

NOW = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
URL = CallbackUrl.parse("https://shop.example/i")
URLS = ResultUrls(result=URL, timeout=URL)
INITIATOR = Initiator(name="testapi", credential=SecurityCredential("x"))
PUSH = StkPush(
    shortcode=Shortcode("174379"),
    passkey=Passkey("p"),
    amount=Money.shillings(10),
    phone=Msisdn("254712345678"),
    callback_url=URL,
    account_reference=AccountReference("INV-1"),
    description=TransactionDescription("Order 1"),
    timestamp=NOW,
)
PAYOUT = B2c(
    shortcode=Shortcode("600992"),
    initiator=INITIATOR,
    originator_conversation_id=OriginatorConversationId("pay-1"),
    purpose=Purpose.PAYMENT,
    amount=Money.shillings(10),
    phone=PUSH.phone,
    remarks=Remarks("OK"),
    urls=URLS,
)
QR = DynamicQr(
    merchant_name="Shop",
    reference="INV-1",
    amount=Money.shillings(10),
    purpose=QrPurpose.PAY_BILL,
    credit_party="174379",
)
ORDER = StandingOrder(
    name="Rent",
    shortcode=PUSH.shortcode,
    amount=PUSH.amount,
    phone=PUSH.phone,
    starts=date(2026, 1, 1),
    ends=date(2026, 12, 1),
    frequency=Frequency.MONTHLY,
    callback_url=URL,
    account_reference=PUSH.account_reference,
    description=PUSH.description,
)
REDEEM = BongaRedeem(
    phone=PUSH.phone,
    amount=PUSH.amount,
    points=50,
    rate=Decimal("0.2"),
    shortcode=PUSH.shortcode,
    account="INV-1",
)
PULL = PullQuery(shortcode=PUSH.shortcode, starts=NOW, ends=NOW)
naive = NOW.replace(tzinfo=None)


BAD: list[tuple[Callable[[], object], str]] = [
    (lambda: replace(PUSH, amount=Money.parse("10.50")), "amount"),
    (lambda: replace(PUSH, amount=Money.zero()), "amount"),
    (lambda: replace(PUSH, amount=Money.shillings(250_001)), "amount"),
    (lambda: replace(PUSH, timestamp=naive), "timestamp"),
    (lambda: replace(PAYOUT, amount=Money.shillings(9)), "amount"),
    (lambda: Initiator(name="", credential=INITIATOR.credential), "initiator"),
    (lambda: Initiator(name="a b", credential=INITIATOR.credential), "initiator"),
    (lambda: Passkey("a b"), "passkey"),
    (lambda: SecurityCredential(""), "security_credential"),
    (lambda: Identity(kind=IdType.NATIONAL, number="12 34"), "identity"),
    (lambda: OriginatorConversationId("a b"), "originator_conversation_id"),
    (lambda: replace(QR, size=0), "size"),
    (lambda: replace(QR, merchant_name=""), "merchant_name"),
    (lambda: replace(ORDER, ends=date(2025, 1, 1)), "ends"),
    (lambda: replace(REDEEM, points=0), "points"),
    (lambda: replace(REDEEM, rate=Decimal("NaN")), "rate"),
    (lambda: BongaPoints(points=0), "points"),
    (lambda: replace(PULL, starts=naive), "starts"),
    (lambda: replace(PULL, offset=-1), "offset"),
    (
        lambda: BillCancel(app_key=AppKey("k"), external_references=()),
        "external_references",
    ),
    (lambda: Custom(path="mpesa", members={}, moves_money=True), "path"),
    (
        lambda: StkQuery(
            shortcode=PUSH.shortcode,
            passkey=PUSH.passkey,
            checkout_request_id="",
            timestamp=NOW,
        ),
        "checkout_request_id",
    ),
    (
        lambda: StatusQuery(
            shortcode=PUSH.shortcode, initiator=INITIATOR, remarks=Remarks("OK"), urls=URLS
        ),
        "receipt",
    ),
    (
        lambda: Invoice(
            external_reference="1",
            billed_name="Jane",
            billed_phone=PUSH.phone,
            billed_period="May",
            name="Fees",
            due=date(2026, 5, 1),
            account_reference="A1",
            amount=Money.shillings(10),
            items=(InvoiceItem(name="food", amount=Money.shillings(9)),),
        ),
        "items",
    ),
]


@pytest.mark.parametrize("nth", range(len(BAD)))
def test_bad_input_never_reaches_the_network(nth: int) -> None:
    make, field = BAD[nth]

    with pytest.raises(InvalidValue) as caught:
        make()

    assert caught.value.field == field


def test_limits_are_the_callers_to_change() -> None:
    assert replace(PUSH, amount=Money.shillings(300_000), largest=Money.shillings(500_000))


def test_a_till_is_paid_and_its_store_asks() -> None:
    body = replace(PUSH, till=Shortcode("5555555")).encode().body

    assert b'"BusinessShortCode":"174379"' in body
    assert b'"PartyB":"5555555"' in body
    assert b'"TransactionType":"CustomerBuyGoodsOnline"' in body


def test_no_secret_is_shown_by_any_representation() -> None:
    secret = "bfb279f9aa9bdbcf158e97dd71a467cd"
    push = replace(PUSH, passkey=Passkey(secret))

    assert secret not in f"{push!r} {push.passkey} {push.encode()!r}"
    assert "12345678" not in repr(push)


def test_version_one_of_b2c_carries_no_id_of_ours() -> None:
    body = replace(PAYOUT, version=1).encode()

    assert body.path == "/mpesa/b2c/v1/paymentrequest"
    assert b"OriginatorConversationID" not in body.body


def test_a_payout_sent_twice_under_one_id_was_accepted_once() -> None:
    duplicate = reply(
        500,
        {"errorCode": "500.002.1001", "errorMessage": "Duplicate OriginatorConversationID."},
    )

    with pytest.raises(DuplicateRequest):
        PAYOUT.decode(duplicate)


@pytest.mark.parametrize(
    "message",
    [
        "Urls are already registered.",
        "Duplicate notification info, SP ID is 1, correlator is 2",
    ],
)
def test_urls_that_are_registered_already_are_a_warning(message: str) -> None:
    register = C2bRegister(
        shortcode=PUSH.shortcode,
        when_unreachable=WhenUnreachable.COMPLETE,
        confirmation_url=URL,
        validation_url=URL,
    )

    ack = register.decode(reply(500, {"errorCode": "500.003.1001", "errorMessage": message}))

    assert ack.already_registered


def test_an_ack_with_another_code_is_a_refusal() -> None:
    payment = B2b(
        shortcode=PUSH.shortcode,
        initiator=INITIATOR,
        command=BusinessCommand.PAY_BILL,
        receiver=Shortcode("600000"),
        amount=PUSH.amount,
        account=BillerAccount("A1"),
        remarks=Remarks("OK"),
        urls=URLS,
    )

    with pytest.raises(Refused) as caught:
        payment.decode(reply(200, {"ResponseCode": "21", "ResponseDescription": "no"}))

    assert caught.value.code == "21"
