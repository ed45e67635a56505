"""Payments come back as they were put in; pages show each once, newest first."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from harness.examples import (
    ACCOUNT,
    NOW,
    PHONE,
    a_full_payment,
    a_payment,
    an_attempt,
    named,
)
from pokea.daraja.values import Msisdn, Receipt
from pokea.domain.idempotency import IdempotencyKey
from pokea.domain.ids import AccountId, PaymentId
from pokea.domain.payment import Payment, PaymentState
from pokea.flows.ports import PaymentFilter, Tx
from pokea.store.bulk import StaleWrite
from pokea.store.database import SqlDatabase


def keep(db: SqlDatabase, *payments: Payment) -> None:
    def write(tx: Tx) -> None:
        for payment in payments:
            tx.payments.add(payment)

    db.write_here(write)


def page(db: SqlDatabase, **wanted: Any) -> list[int]:
    asked: dict[str, Any] = {"account_id": ACCOUNT, "livemode": False, "limit": 10} | wanted
    shown = db.write_here(lambda tx: tx.payments.page(PaymentFilter(**asked)))
    return [int(payment.id[-1]) for payment in shown]


def id_of(number: int) -> PaymentId:
    return PaymentId(named("pay", number))


@pytest.mark.parametrize("payment", [a_payment(), a_full_payment()], ids=["bare", "full"])
def test_a_payment_comes_back_as_it_was(db: SqlDatabase, payment: Payment) -> None:
    keep(db, payment)

    assert db.write_here(lambda tx: tx.payments.get(payment.id)) == payment
    assert db.write_here(lambda tx: tx.payments.lock([payment.id])) == {payment.id: payment}


def test_a_saved_payment_comes_back_changed_and_one_version_on(db: SqlDatabase) -> None:
    bare = a_payment()
    keep(db, bare)
    changed = replace(
        bare, state=PaymentState.SUCCEEDED, late=True, receipt=Receipt("UAF7X2K9QP")
    )

    db.write_here(lambda tx: tx.payments.save([changed]))

    saved = db.write_here(lambda tx: tx.payments.get(bare.id))
    assert saved == replace(changed, version=2)


def test_a_stale_save_is_refused(db: SqlDatabase) -> None:
    payment = a_payment()
    keep(db, payment)
    db.write_here(lambda tx: tx.payments.save([payment]))

    with pytest.raises(StaleWrite):
        db.write_here(lambda tx: tx.payments.save([payment]))


def test_the_same_id_twice_is_refused(db: SqlDatabase) -> None:
    keep(db, a_payment())

    with pytest.raises(IntegrityError):
        keep(db, a_payment())


def test_pages_are_newest_first_with_one_more_to_tell_that_there_is_more(
    db: SqlDatabase,
) -> None:
    keep(db, *(a_payment(number) for number in range(1, 6)))

    assert page(db, limit=2) == [5, 4, 3]
    assert page(db, limit=2, starting_after=id_of(4)) == [3, 2, 1]
    assert page(db, limit=2, ending_before=id_of(2)) == [3, 4, 5]
    assert page(db, limit=5) == [5, 4, 3, 2, 1]


def test_pages_show_one_merchant_and_one_mode(db: SqlDatabase) -> None:
    stranger = replace(a_payment(2), account_id=AccountId("acct_other"))
    keep(db, a_payment(1), stranger, replace(a_payment(3), livemode=True))

    assert page(db) == [1]
    assert page(db, livemode=True) == [3]


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [
        ({"status": "succeeded"}, [2]),
        ({"reference": "order-2"}, [2]),
        ({"receipt": "UAF7X2K9QP"}, [2]),
        ({"phone": PHONE}, [3]),
        ({"phone": Msisdn("254112345678")}, []),
        ({"idempotency_key": "order-3-v1"}, [3]),
        ({"created_gte": NOW + timedelta(seconds=1)}, [2]),
        ({"created_lt": NOW + timedelta(seconds=1)}, [3, 1]),
        ({"status": "succeeded", "reference": "order-1"}, []),
    ],
)
def test_pages_are_filtered(db: SqlDatabase, wanted: dict[str, Any], shown: list[int]) -> None:
    special = replace(
        a_payment(2),
        state=PaymentState.SUCCEEDED,
        reference="order-2",
        receipt=Receipt("UAF7X2K9QP"),
        created_at=NOW + timedelta(seconds=1),
    )
    keep(db, a_payment(1), special, a_payment(3))
    key = IdempotencyKey(
        account_id=ACCOUNT, livemode=False, key="order-3-v1", request_sha256=bytes(32)
    )
    db.write_here(lambda tx: tx.attempts.add(an_attempt(1, payment=3)))
    db.write_here(lambda tx: tx.idempotency.bind(key, id_of(3), NOW))

    assert page(db, **wanted) == shown
