"""What is written to Safaricom's wire says what was meant; what was meant is read back."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pokea.daraja.callbacks import StkPaid, decode
from pokea.daraja.credentials import Passkey
from pokea.daraja.operations import StkPush
from pokea.daraja.values import (
    AccountReference,
    CallbackUrl,
    Money,
    Msisdn,
    Receipt,
    Shortcode,
    TransactionDescription,
    eat_timestamp,
    parse_eat,
)

SHILLINGS = st.integers(min_value=1, max_value=250_000)
PHONES = st.from_regex(r"254[17][0-9]{8}", fullmatch=True)
RECEIPTS = st.from_regex(r"[A-Z0-9]{10}", fullmatch=True)
SHORTCODES = st.from_regex(r"[0-9]{5,7}", fullmatch=True)
REFERENCES = st.from_regex(r"[A-Z0-9]{1,12}", fullmatch=True)
# Hypothesis takes bounds without a zone and adds it.
INSTANTS = st.datetimes(
    min_value=datetime(2017, 1, 1),  # noqa: DTZ001
    max_value=datetime(2099, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
).map(lambda instant: instant.replace(microsecond=0))
PAID = "The service request is processed successfully."


@given(SHILLINGS, PHONES, SHORTCODES, REFERENCES, INSTANTS)
def test_a_push_can_be_read_back_from_the_bytes_that_are_sent(
    shillings: int, phone: str, shortcode: str, reference: str, instant: datetime
) -> None:
    push = StkPush(
        shortcode=Shortcode(shortcode),
        passkey=Passkey("passkey"),
        amount=Money.shillings(shillings),
        phone=Msisdn(phone),
        callback_url=CallbackUrl.parse("https://shop.example/i/s/0"),
        account_reference=AccountReference(reference),
        description=TransactionDescription("Payment"),
        timestamp=instant,
    )

    sent: dict[str, Any] = json.loads(push.encode().body)

    assert Money.parse(int(sent["Amount"])) == push.amount
    assert Msisdn.parse(str(sent["PhoneNumber"])) == push.phone
    assert Shortcode(str(sent["BusinessShortCode"])) == push.shortcode
    assert AccountReference(sent["AccountReference"]) == push.account_reference
    assert parse_eat(sent["Timestamp"]) == instant
    password = base64.b64decode(sent["Password"]).decode()
    assert password == f"{shortcode}passkey{sent['Timestamp']}"


@given(SHILLINGS, PHONES, RECEIPTS, INSTANTS, st.randoms(use_true_random=False))
def test_a_paid_callback_is_read_as_it_was_written_in_any_order_and_type(
    shillings: int, phone: str, receipt: str, instant: datetime, random: Any
) -> None:
    amount: Any = random.choice([shillings, f"{shillings}.00"])
    items: list[dict[str, Any]] = [
        {"Name": "Amount", "Value": amount},
        {"Name": "MpesaReceiptNumber", "Value": receipt},
        {"Name": "Balance"},
        {"Name": "TransactionDate", "Value": random.choice([int, str])(eat_timestamp(instant))},
        {"Name": "PhoneNumber", "Value": random.choice([int, str])(phone)},
    ]
    random.shuffle(items)
    callback: dict[str, Any] = {
        "MerchantRequestID": "29115-34620561-1",
        "CheckoutRequestID": "ws_CO_191220191020363925",
        "ResultCode": random.choice([0, "0"]),
        "ResultDesc": PAID,
        "CallbackMetadata": {"Item": items},
    }

    said = decode("stk", json.dumps({"Body": {"stkCallback": callback}}).encode())

    assert isinstance(said, StkPaid)
    assert said.amount == Money.shillings(shillings)
    assert said.receipt == Receipt(receipt)
    assert said.paid_at == instant
    assert said.payer == Msisdn(phone)
    assert said.problems == ()
