"""Attempts that wait for their callbacks, and the callbacks that Safaricom would send."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pokea.daraja.values import (
    AccountReference,
    Money,
    Msisdn,
    Shortcode,
    eat_timestamp,
)
from pokea.domain.attempt import Attempt, AttemptState
from pokea.domain.capability import path_for
from pokea.domain.ids import AccountId, AttemptId, PaymentId
from pokea.domain.payment import Payment, PaymentState
from pokea.flows.ports import Tx, Work
from pokea.store.database import SqlDatabase, open_engine
from pokea.store.sealing import Sealer
from pokea.wiring.world import UlidIds

ACCOUNT = AccountId("acct_01JZ8X4R2W8Z6V4H1G5F3D7S9A")
SHORTCODE = Shortcode("174379")


@dataclass(frozen=True, slots=True)
class Expected:
    """One attempt's callback."""

    path: str
    body: bytes


class _NoCarrier:
    def carry(self, connection: object, work: Work) -> None:
        """Nothing is due."""

    def carried(self, work: Work) -> None:
        """Nothing is due."""


def prepare(database_url: str, key: bytes, number: int) -> list[Expected]:
    """Store attempts that await their customers; returns the success callback of each."""
    sealer, ids = Sealer([key]), UlidIds()
    url = database_url.replace("postgresql://", "postgresql+psycopg://")
    db = SqlDatabase(open_engine(url), sealer=sealer, ids=ids, carrier=_NoCarrier())
    made = [_attempt(ids, sealer, index) for index in range(number)]
    for begin in range(0, number, 2000):
        db.write_here(lambda tx, begin=begin: _add(tx, made[begin : begin + 2000]))
    db.close()
    return [
        _callback(attempt, sealer.path_keys[0], index)
        for index, (_, attempt) in enumerate(made)
    ]


def _add(tx: Tx, pairs: list[tuple[Payment, Attempt]]) -> None:
    for payment, attempt in pairs:
        tx.payments.add(payment)
        tx.attempts.add(attempt)


def _attempt(ids: UlidIds, sealer: Sealer, index: int) -> tuple[Payment, Attempt]:
    now = datetime.now(UTC)  # noqa: TID251 - a benchmark is a program
    phone = Msisdn(f"2547{index % 100_000_000:08d}")
    payment = Payment(
        id=PaymentId(ids.new("payment")),
        account_id=ACCOUNT,
        livemode=False,
        shortcode=SHORTCODE,
        amount=Money.shillings(1 + index % 5000),
        account_reference=AccountReference(f"INV-{index % 1_000_000}"),
        reference=f"order-{index}",
        created_at=now,
        expires_at=now + timedelta(hours=1),
        state=PaymentState.PROCESSING,
        sequence=2,
    )
    attempt = Attempt(
        id=AttemptId(ids.new("attempt")),
        payment_id=payment.id,
        account_id=ACCOUNT,
        livemode=False,
        shortcode=SHORTCODE,
        till=None,
        amount=payment.amount,
        phone=phone,
        phone_token=sealer.phone_token(ACCOUNT, phone),
        account_reference=payment.account_reference,
        created_at=now,
        state=AttemptState.AWAITING_CUSTOMER,
        dispatched_at=now,
        accepted_at=now,
        checkout_request_id=f"ws_CO_{index:026d}",
        merchant_request_id=f"6e86-45dd-91ac-{index}",
    )
    return replace(payment, latest_attempt_id=attempt.id), attempt


def _callback(attempt: Attempt, key: bytes, index: int) -> Expected:
    items: list[dict[str, object]] = [
        {"Name": "Amount", "Value": attempt.amount.whole_shillings()},
        {"Name": "MpesaReceiptNumber", "Value": f"UK{index:08d}"},
        {"Name": "Balance"},
        {"Name": "TransactionDate", "Value": int(eat_timestamp(attempt.created_at))},
        {"Name": "PhoneNumber", "Value": int(attempt.phone.digits)},
    ]
    body = {
        "Body": {
            "stkCallback": {
                "MerchantRequestID": attempt.merchant_request_id,
                "CheckoutRequestID": attempt.checkout_request_id,
                "ResultCode": 0,
                "ResultDesc": "The service request is processed successfully.",
                "CallbackMetadata": {"Item": items},
            }
        }
    }
    path = f"/i/s/{path_for(attempt.id, purpose='s', key=key)}"
    return Expected(path=path, body=json.dumps(body).encode())


def applied(database_url: str) -> tuple[int, int]:
    """How many journals and success events there are."""
    url = database_url.replace("postgresql://", "postgresql+psycopg://")
    engine = open_engine(url)
    with engine.connect() as connection:
        journals = connection.exec_driver_sql("select count(*) from journals").scalar_one()
        events = connection.exec_driver_sql(
            "select count(*) from events where type = 'payment.succeeded'"
        ).scalar_one()
    engine.dispose()
    return int(journals), int(events)


def sqlite_url(folder: Path) -> str:
    """The URL of a file in a folder."""
    return f"sqlite:///{folder / 'pokea.db'}"
