"""Customers come back as they were put in, are found by number and phone, and can be erased."""

import hashlib
from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from harness.examples import ACCOUNT, NOW, PHONE, named
from harness.stores import KEY
from pokea.daraja.values import BillReference, HashedMsisdn, MaskedMsisdn, Msisdn
from pokea.domain.customer import Customer, erased
from pokea.domain.ids import AccountId, CustomerId
from pokea.flows.ports import CustomerFilter, Tx
from pokea.store.bulk import StaleWrite
from pokea.store.database import SqlDatabase
from pokea.store.sealing import Sealer
from pokea.store.tables import customers

SEALER = Sealer([KEY])
OTHER_PHONE = Msisdn("254112345678")
STRANGER = AccountId("acct_00000000000000000000000002")


def a_customer(number: int = 1) -> Customer:
    return Customer(
        id=CustomerId(named("cus", number)),
        account_id=ACCOUNT,
        livemode=False,
        created_at=NOW,
        number=BillReference(f"ADM/{1000 + number}"),
        name="Wanjiku Mwangi",
        phone=PHONE,
        email="wanjiku@example.com",
        metadata={"class": "4 East"},
    )


def keep(db: SqlDatabase, *kept: Customer) -> None:
    def write(tx: Tx) -> None:
        for customer in kept:
            tx.customers.add(customer)

    db.write_here(write)


def numbers(found: list[Customer]) -> list[int]:
    return [int(customer.id[-1]) for customer in found]


@pytest.mark.parametrize(
    "customer",
    [
        a_customer(),
        Customer(
            id=a_customer().id, account_id=ACCOUNT, livemode=True, created_at=NOW, version=1
        ),
    ],
    ids=["full", "bare"],
)
def test_a_customer_comes_back_as_they_were(db: SqlDatabase, customer: Customer) -> None:
    keep(db, customer)

    assert db.write_here(lambda tx: tx.customers.get(customer.id)) == customer
    held = db.write_here(lambda tx: tx.customers.lock([customer.id]))
    assert held == {customer.id: customer}


def test_a_stale_save_of_a_customer_is_refused(db: SqlDatabase) -> None:
    keep(db, a_customer())
    changed = replace(a_customer(), name="Wanjiku Kamau")
    db.write_here(lambda tx: tx.customers.save([changed]))

    saved = db.write_here(lambda tx: tx.customers.get(changed.id))
    assert saved == replace(changed, version=2)
    with pytest.raises(StaleWrite):
        db.write_here(lambda tx: tx.customers.save([changed]))


def test_a_number_is_one_customers_in_any_spelling(db: SqlDatabase) -> None:
    keep(db, a_customer(1))

    with pytest.raises(IntegrityError):
        keep(db, replace(a_customer(2), number=BillReference("adm 1001")))
    keep(
        db,
        replace(a_customer(3), number=BillReference("adm 1001"), account_id=STRANGER),
        replace(a_customer(4), number=BillReference("adm 1001"), livemode=True),
        replace(a_customer(5), number=None),
        replace(a_customer(6), number=None),
    )


def test_customers_are_found_by_the_keys_of_their_numbers(db: SqlDatabase) -> None:
    keep(db, a_customer(1), a_customer(2), replace(a_customer(3), account_id=STRANGER))

    found = db.write_here(
        lambda tx: tx.customers.numbered(
            ACCOUNT, livemode=False, keys=["ADM1002", "ADM1003", "ADM9", ""]
        )
    )

    assert {key: customer.id for key, customer in found.items()} == {
        "ADM1002": a_customer(2).id
    }


def test_customers_are_found_by_a_phone_that_is_only_known_by_its_hash(
    db: SqlDatabase,
) -> None:
    sister = replace(a_customer(2), number=None)
    keep(db, a_customer(1), sister, replace(a_customer(3), phone=OTHER_PHONE))
    hashed = HashedMsisdn(hashlib.sha256(PHONE.digits.encode()).hexdigest())
    index = SEALER.payer_index(hashed)
    assert index is not None

    found = db.write_here(
        lambda tx: tx.customers.with_phone_indexes(
            ACCOUNT, livemode=False, indexes=[index, bytes(16)]
        )
    )

    assert {key: numbers(family) for key, family in found.items()} == {index: [1, 2]}


def test_a_payer_is_indexed_by_number_or_hash_and_never_by_a_mask() -> None:
    hashed = HashedMsisdn(hashlib.sha256(PHONE.digits.encode()).hexdigest())
    masked = MaskedMsisdn.parse("2547 ***** 678")

    assert SEALER.payer_index(PHONE) == SEALER.payer_index(hashed) == SEALER.phone_index(PHONE)
    assert SEALER.payer_index(masked) is None


def test_pages_of_customers_are_filtered_and_leave_out_the_erased(db: SqlDatabase) -> None:
    keep(
        db,
        a_customer(1),
        replace(a_customer(2), phone=OTHER_PHONE),
        a_customer(3),
        replace(a_customer(4), livemode=True),
    )
    db.write_here(lambda tx: tx.customers.save([erased(a_customer(3), NOW)]))

    def page(**wanted: object) -> list[int]:
        asked = {"account_id": ACCOUNT, "livemode": False, "limit": 1} | wanted
        return numbers(
            db.write_here(lambda tx: tx.customers.page(CustomerFilter(**asked)))  # pyright: ignore[reportArgumentType]
        )

    assert page() == [2, 1]
    assert page(starting_after=a_customer(2).id) == [1]
    assert page(ending_before=a_customer(1).id) == [2]
    assert page(number="adm-1001") == [1]
    assert page(phone=OTHER_PHONE) == [2]
    assert page(phone=OTHER_PHONE, number="adm-1001") == []


def test_of_an_erased_customer_only_the_id_is_left(db: SqlDatabase) -> None:
    keep(db, a_customer())
    gone = erased(a_customer(), NOW)
    db.write_here(lambda tx: tx.customers.save([gone]))

    with db.engine.connect() as connection:
        row = connection.execute(select(customers)).one()

    assert (row.person_sealed, row.number_index, row.phone_index) == (None, None, None)
    assert db.write_here(lambda tx: tx.customers.get(gone.id)) == replace(gone, version=2)
    keep(db, replace(a_customer(2), number=BillReference("ADM/1001")))


def test_the_phone_index_of_a_customer_is_sixteen_keyed_bytes(db: SqlDatabase) -> None:
    keep(db, a_customer())

    with db.engine.connect() as connection:
        row = connection.execute(select(customers)).one()

    assert row.phone_index == SEALER.phone_index(PHONE)
    assert len(row.phone_index) == len(row.number_index) == 16
    assert PHONE.digits.encode() not in row.person_sealed
    assert b"Wanjiku" not in row.person_sealed
