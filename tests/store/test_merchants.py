"""Merchants, their keys, their endpoints, and what an idempotency key is bound to."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from harness.examples import ACCOUNT, NOW, SECRET, an_endpoint
from pokea.domain.api_key import ApiKey
from pokea.domain.idempotency import IdempotencyKey, IdempotencyRecord
from pokea.domain.ids import AccountId, KeyId
from pokea.flows.ports import Listener
from pokea.store.database import SqlDatabase
from pokea.store.tables import api_keys

SHOP = an_endpoint(1)
KEY = ApiKey(
    id=KeyId("key_1"), account_id=ACCOUNT, livemode=False, sha256=bytes(32), hint="sk_test_a…b"
)
ORDER = IdempotencyKey(
    account_id=ACCOUNT, livemode=False, key="order-10042-v1", request_sha256=b"r" * 32
)


@pytest.fixture(autouse=True)
def merchant(db: SqlDatabase) -> None:
    db.write_here(lambda tx: tx.accounts.add(ACCOUNT, "Duka la Wanjiku", NOW))


def bind(db: SqlDatabase, key: IdempotencyKey, to: str) -> bool:
    return db.write_here(lambda tx: tx.idempotency.bind(key, to, NOW))


def find(db: SqlDatabase, key: IdempotencyKey) -> IdempotencyRecord | None:
    return db.write_here(lambda tx: tx.idempotency.find(key))


def test_the_first_merchant_is_the_oldest(db: SqlDatabase) -> None:
    later = AccountId("acct_00000000000000000000000002")
    db.write_here(lambda tx: tx.accounts.add(later, "Another", NOW))

    assert db.write_here(lambda tx: tx.accounts.first()) == ACCOUNT


def test_a_key_is_found_by_its_hash_until_it_is_revoked(db: SqlDatabase) -> None:
    db.write_here(lambda tx: tx.api_keys.add(KEY, NOW))
    assert db.write_here(lambda tx: tx.api_keys.find(KEY.sha256)) == KEY
    assert db.write_here(lambda tx: tx.api_keys.find(b"x" * 32)) is None

    with db.engine.begin() as connection:
        connection.execute(update(api_keys).values(revoked_at=NOW))

    assert db.write_here(lambda tx: tx.api_keys.find(KEY.sha256)) is None


def test_an_endpoint_comes_back_with_its_secret(db: SqlDatabase) -> None:
    db.write_here(lambda tx: tx.endpoints.add(SHOP, NOW))

    assert db.write_here(lambda tx: tx.endpoints.get(SHOP.id)) == SHOP
    assert SHOP.secret == SECRET
    assert db.write_here(lambda tx: tx.endpoints.get(an_endpoint(9).id)) is None


def test_a_merchants_endpoints_are_those_of_one_mode(db: SqlDatabase) -> None:
    live = replace(an_endpoint(2), livemode=True)
    db.write_here(lambda tx: (tx.endpoints.add(SHOP, NOW), tx.endpoints.add(live, NOW)))

    assert db.write_here(lambda tx: tx.endpoints.of_account(ACCOUNT, livemode=False)) == [SHOP]
    assert db.write_here(lambda tx: tx.endpoints.of_account(ACCOUNT, livemode=True)) == [live]


def test_a_switched_off_endpoint_is_known_as_such(db: SqlDatabase) -> None:
    db.write_here(lambda tx: tx.endpoints.add(SHOP, NOW))
    enabled = {(ACCOUNT, False): [Listener(id=SHOP.id, enabled=True)]}
    assert db.write_here(lambda tx: tx.endpoints.listeners([ACCOUNT])) == enabled

    db.write_here(lambda tx: tx.endpoints.switch(SHOP.id, enabled=False))

    disabled = {(ACCOUNT, False): [Listener(id=SHOP.id, enabled=False)]}
    assert db.write_here(lambda tx: tx.endpoints.listeners([ACCOUNT])) == disabled
    assert db.write_here(lambda tx: tx.endpoints.get(SHOP.id)) == replace(SHOP, enabled=False)


def test_one_url_is_registered_once(db: SqlDatabase) -> None:
    db.write_here(lambda tx: tx.endpoints.add(SHOP, NOW))

    with pytest.raises(IntegrityError):
        db.write_here(lambda tx: tx.endpoints.add(replace(an_endpoint(2), url=SHOP.url), NOW))


def test_an_idempotency_key_is_bound_once(db: SqlDatabase) -> None:
    assert bind(db, ORDER, "pay_1")
    assert not bind(db, replace(ORDER, request_sha256=b"other".ljust(32)), "pay_2")

    assert find(db, ORDER) == IdempotencyRecord(
        key=ORDER, resource_id="pay_1", status=None, body=None
    )


def test_the_first_of_many_binds_at_the_same_moment_wins(db: SqlDatabase) -> None:
    def race(number: int) -> bool:
        return bind(db, ORDER, f"pay_{number}")

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(race, range(24)))

    record = find(db, ORDER)
    assert won.count(True) == 1
    assert record is not None
    assert record.resource_id == f"pay_{won.index(True)}"


def test_a_key_belongs_to_one_merchant_and_one_mode(db: SqlDatabase) -> None:
    bind(db, ORDER, "pay_1")

    assert bind(db, replace(ORDER, livemode=True), "pay_2")
    assert bind(db, replace(ORDER, account_id=AccountId("acct_other")), "pay_3")
    assert find(db, replace(ORDER, key="another-key")) is None


def test_the_first_complete_answer_stays(db: SqlDatabase) -> None:
    bind(db, ORDER, "pay_1")

    db.write_here(lambda tx: tx.idempotency.finish(ORDER, status=201, body='{"first":1}'))
    db.write_here(lambda tx: tx.idempotency.finish(ORDER, status=200, body='{"second":2}'))

    record = find(db, ORDER)
    assert record is not None
    assert (record.status, record.body) == (201, '{"first":1}')
