"""Every recorded STK callback, replayed over HTTP for a payment that was prepared for it."""

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import delete, select, update

from harness.databases import sqlalchemy_url
from harness.examples import an_attempt
from harness.installation import CLOCK, Gateway, Installation, store_attempts
from harness.truth import Truth
from pokea.daraja.values import Money, Msisdn, parse_eat
from pokea.domain.attempt import Attempt, AttemptState
from pokea.domain.ids import AttemptId, PaymentId
from pokea.store.database import open_engine
from pokea.store.tables import attempts, inbox, payments, receipts
from pokea.wiring.world import UlidIds

# The attempts that answer to the recordings are written as rows, without their events.
pytestmark = [pytest.mark.system, pytest.mark.breaks_the_books]

FOLDER: Final = Path(__file__).parents[2] / "fixtures/daraja/payloads"
PAID, OPEN, WAITING = "succeeded", "open", "processing"

# File: what became of the callback, of the payment, and its receipt or the failure's code.
OUTCOMES: Final = {
    "stk_callback_1001__synthetic.json": ("applied", OPEN, "subscriber_busy"),
    "stk_callback_1019_2023__Muasa-harman.json": ("applied", OPEN, "customer_timeout"),
    "stk_callback_1019_sandbox_2022__php-sdk-51.json": ("applied", OPEN, "customer_timeout"),
    "stk_callback_1025__synthetic.json": ("applied", OPEN, "prompt_failed"),
    "stk_callback_1031_2021__id37120673398.json": ("applied", OPEN, "customer_cancelled"),
    "stk_callback_1032_2019.json": ("applied", OPEN, "customer_cancelled"),
    "stk_callback_1032_2021__id30775643733.json": ("applied", OPEN, "customer_cancelled"),
    "stk_callback_1032_2021__id37120673398.json": ("applied", OPEN, "customer_cancelled"),
    "stk_callback_1032_2023__Muasa-harman.json": ("applied", OPEN, "customer_cancelled"),
    "stk_callback_1032_2024__KibokoDao.json": ("applied", OPEN, "customer_cancelled"),
    "stk_callback_1032__portal2025.json": ("applied", OPEN, "customer_cancelled"),
    "stk_callback_1032_prefixed__portal2017.json": ("applied", OPEN, "customer_cancelled"),
    "stk_callback_1036_2018__id26190903925.json": ("applied", OPEN, "customer_unreachable"),
    "stk_callback_1037_2022__id32004723452.json": ("applied", OPEN, "customer_unreachable"),
    "stk_callback_1037_2024__id36907340974.json": ("applied", OPEN, "customer_unreachable"),
    "stk_callback_1037_ds_timeout_2021__id30775643733.json": (
        "applied", OPEN, "customer_unreachable",
    ),
    "stk_callback_1037_no_response_sandbox_2026__nkap.json": (
        "applied", OPEN, "customer_timeout",
    ),
    "stk_callback_17_rule_limited_2021__id48904929130.json": ("applied", OPEN, "too_soon"),
    "stk_callback_1_2021__id37120673398.json": ("applied", OPEN, "insufficient_funds"),
    "stk_callback_2001_2019__mpesa_flutter_plugin.json": ("applied", OPEN, "wrong_pin"),
    "stk_callback_2028__synthetic.json": ("applied", OPEN, "product_not_allowed"),
    "stk_callback_26__synthetic.json": ("applied", OPEN, "provider_refused"),
    "stk_callback_8006__synthetic.json": ("applied", OPEN, "operator_locked"),
    # Its ids were cut away by its author: it names no request, so it fails none.
    "stk_callback_E3008_string__id67383405426.json": ("conflict", WAITING, None),
    "stk_callback_SFC_IC0003_string_2021.json": ("applied", OPEN, "product_not_allowed"),
    "stk_callback_SFC_IC0003_string_2021b.json": ("applied", OPEN, "product_not_allowed"),
    "stk_callback_phone_masked_2026__mpesa-stk.json": ("applied", PAID, "NLJ7RT61SV"),
    "stk_callback_success_2018__php-sdk-5.json": ("applied", PAID, "MAO0DO9BYO"),
    "stk_callback_success_2019__django-daraja.json": ("applied", PAID, "NCB9FJNAIT"),
    "stk_callback_success_2019__id43497005120.json": ("applied", PAID, "NBN52K8A1J"),
    "stk_callback_success_2019__laravel_mpesa.json": ("applied", PAID, "NAJ3ABAMIR"),
    "stk_callback_success_2019__pastebin.json": ("applied", PAID, "NE10MHGI7K"),
    "stk_callback_success_2022__id32004723452.json": ("applied", PAID, "QJD4T7ZOT0"),
    "stk_callback_success__portal2025.json": ("applied", PAID, "NLJ7RT61SV"),
    "stk_callback_success_balance_no_value__portal2017.json": ("applied", PAID, "LGR7OWQX0R"),
    "stk_callback_success_int_amount_2023__paidtag.json": ("applied", PAID, "RLA0R69NXM"),
    "stk_callback_success_no_balance_2021__id37120673398.json": (
        "applied", PAID, "PAG0OJ3CDO",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def running(
    module_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Installation, Gateway]]:
    """One gateway for all recordings, on each database."""
    settings = {"POKEA_CORROBORATION": "fast"}
    installation = Installation(module_url, tmp_path_factory.mktemp("run"), settings=settings)
    with installation.serve() as gateway:
        yield installation, gateway


def prepared_for(recorded: dict[str, Any]) -> Attempt:
    """An attempt that this callback is true for: its ids, amount, phone and time."""
    callback = recorded["Body"]["stkCallback"]
    metadata = callback.get("CallbackMetadata", {"Item": []})["Item"]
    items = {item["Name"]: item.get("Value") for item in metadata}
    at = _when(items)
    phone = str(items.get("PhoneNumber", 254708374149)).replace("*", "0")
    ids = UlidIds()
    return replace(
        an_attempt(),
        id=AttemptId(ids.new("attempt")),
        payment_id=PaymentId(ids.new("payment")),
        state=AttemptState.AWAITING_CUSTOMER,
        amount=Money.shillings(int(items.get("Amount", 1))),
        phone=Msisdn(phone),
        created_at=at,
        dispatched_at=at,
        accepted_at=at,
        checkout_request_id=callback.get("CheckoutRequestID", "ws_CO_prepared"),
        merchant_request_id=callback.get("MerchantRequestID", "29115-prepared"),
    )


def _when(items: dict[str, Any]) -> datetime:
    paid_at = items.get("TransactionDate")
    return CLOCK.now() if paid_at is None else parse_eat(paid_at) - timedelta(seconds=20)


def forget_ids(installation: Installation) -> None:
    """Let the next recording use the same ids and receipt: some share their author's."""
    engine = open_engine(sqlalchemy_url(installation.database_url))
    with engine.begin() as connection:
        connection.execute(delete(receipts))
        connection.execute(update(attempts).values(checkout_index=None, due_at=None))
    engine.dispose()


def test_no_recording_is_forgotten() -> None:
    with (FOLDER / "index.tsv").open() as index:
        rows = list(csv.DictReader(index, delimiter="\t"))

    stk = {row["file"] for row in rows if row["file"].startswith("stk_callback_")}
    assert set(OUTCOMES) == stk


@pytest.mark.parametrize("name", sorted(OUTCOMES))
def test_a_recorded_callback_ends_as_it_says(
    running: tuple[Installation, Gateway], name: str
) -> None:
    installation, gateway = running
    body = (FOLDER / name).read_bytes()
    attempt = prepared_for(json.loads(body))
    store_attempts(installation, [attempt])

    with gateway.calls() as safaricom:
        reply = safaricom.post(installation.path_of(attempt.id), content=body)

    assert (reply.status_code, reply.json()["ResultCode"]) == (200, 0)
    callback, payment, detail = OUTCOMES[name]
    with Truth(installation) as truth:
        kept = truth.rows(select(inbox.c.state).where(inbox.c.subject == attempt.id))
        shown = truth.rows(
            select(payments.c.state, payments.c.receipt, payments.c.status_reason).where(
                payments.c.id == attempt.payment_id
            )
        )
        paid = payment == PAID
        assert kept == [(callback,)]
        assert shown == [(payment, detail if paid else None, None if paid else detail)]
        assert truth.effects(attempt) == ((1, 1) if paid else (0, 0))
    forget_ids(installation)
