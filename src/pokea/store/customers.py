"""Customers in SQL: sealed as one, found by the blind indexes of number and phone."""

import json
from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, select

from pokea.daraja.values import BillReference, Msisdn
from pokea.domain.account_key import account_key
from pokea.domain.customer import Customer
from pokea.domain.ids import AccountId, CustomerId
from pokea.flows.ports import CustomerFilter
from pokea.store.bulk import among, insert_many, update_many
from pokea.store.sealing import Sealer
from pokea.store.tables import customers

_PERSON: Final = "customers.person"


class SqlCustomers:
    """Rows of customers."""

    def __init__(self, connection: Connection, sealer: Sealer) -> None:
        self._connection = connection
        self._sealer = sealer

    def add(self, customer: Customer) -> None:
        """Insert a customer; a number that is taken breaks a unique constraint."""
        row = self._changing_row(customer, version=customer.version) | {
            "account_id": customer.account_id,
            "livemode": customer.livemode,
            "created_at": customer.created_at,
        }
        insert_many(self._connection, customers, [row])

    def get(self, customer_id: CustomerId) -> Customer | None:
        """One customer."""
        row = self._connection.execute(
            select(customers).where(customers.c.id == customer_id)
        ).one_or_none()
        return None if row is None else self._customer(row)

    def lock(self, ids: Collection[CustomerId]) -> dict[CustomerId, Customer]:
        """Customers by id, locked in id order until the transaction ends."""
        statement = (
            select(customers)
            .where(among(customers.c.id, ids, self._connection.dialect))
            .order_by(customers.c.id)
            .with_for_update()
        )
        return {row.id: self._customer(row) for row in self._connection.execute(statement)}

    def save(self, changed: Sequence[Customer]) -> None:
        """Write changed customers; StaleWrite when another transaction was quicker."""
        rows = [self._changing_row(one, version=one.version + 1) for one in changed]
        update_many(self._connection, customers, rows)

    def page(self, wanted: CustomerFilter) -> list[Customer]:
        """One page, newest first, and one row more when there is a next page."""
        statement = self._of(wanted.account_id, livemode=wanted.livemode).where(
            customers.c.erased_at.is_(None)
        )
        if wanted.number is not None:
            index = self._number_index(account_key(wanted.number))
            statement = statement.where(customers.c.number_index == index)
        if wanted.phone is not None:
            index = self._sealer.phone_index(wanted.phone)
            statement = statement.where(customers.c.phone_index == index)
        if wanted.ending_before is not None:
            statement = statement.where(customers.c.id > wanted.ending_before)
            statement = statement.order_by(customers.c.id)
        else:
            if wanted.starting_after is not None:
                statement = statement.where(customers.c.id < wanted.starting_after)
            statement = statement.order_by(customers.c.id.desc())
        rows = self._connection.execute(statement.limit(wanted.limit + 1))
        return [self._customer(row) for row in rows]

    def numbered(
        self, account_id: AccountId, *, livemode: bool, keys: Collection[str]
    ) -> dict[str, Customer]:
        """Customers by the key of their number."""
        indexes = {self._number_index(key): key for key in keys if key}
        if not indexes:
            return {}
        statement = self._of(account_id, livemode=livemode).where(
            customers.c.number_index.in_(indexes)
        )
        return {
            indexes[row.number_index]: self._customer(row)
            for row in self._connection.execute(statement)
        }

    def with_phone_indexes(
        self, account_id: AccountId, *, livemode: bool, indexes: Collection[bytes]
    ) -> dict[bytes, list[Customer]]:
        """Customers by their phone's blind index, oldest first."""
        if not indexes:
            return {}
        statement = (
            self._of(account_id, livemode=livemode)
            .where(customers.c.phone_index.in_(set(indexes)))
            .order_by(customers.c.id)
        )
        found: dict[bytes, list[Customer]] = {}
        for row in self._connection.execute(statement):
            found.setdefault(row.phone_index, []).append(self._customer(row))
        return found

    def _of(self, account_id: AccountId, *, livemode: bool) -> Select[Any]:
        return (
            select(customers)
            .where(customers.c.account_id == account_id)
            .where(customers.c.livemode == livemode)
        )

    def _number_index(self, key: str) -> bytes:
        return self._sealer.text_index(f"customers.number|{key}")

    def _changing_row(self, customer: Customer, *, version: int) -> dict[str, object]:
        number, phone = customer.number, customer.phone
        return {
            "id": customer.id,
            "version": version,
            "person_sealed": self._sealed(customer),
            "number_index": number and self._number_index(account_key(number.text)),
            "phone_index": phone and self._sealer.phone_index(phone),
            "erased_at": customer.erased_at,
        }

    def _sealed(self, customer: Customer) -> bytes | None:
        if customer.erased_at is not None:
            return None
        person = {
            "number": customer.number and customer.number.text,
            "name": customer.name,
            "phone": customer.phone and customer.phone.digits,
            "email": customer.email,
            "metadata": dict(customer.metadata),
        }
        plain = json.dumps(person, separators=(",", ":")).encode()
        return self._sealer.seal(plain, field=_PERSON, row=customer.id)

    def _customer(self, row: Row[Any]) -> Customer:
        person: dict[str, Any] = {}
        if row.person_sealed is not None:
            opened = self._sealer.open(row.person_sealed, field=_PERSON, row=row.id)
            person = json.loads(opened)
        number, phone = person.get("number"), person.get("phone")
        return Customer(
            id=CustomerId(row.id),
            account_id=AccountId(row.account_id),
            livemode=row.livemode,
            created_at=row.created_at,
            number=None if number is None else BillReference(number),
            name=person.get("name"),
            phone=None if phone is None else Msisdn(phone),
            email=person.get("email"),
            metadata=person.get("metadata", {}),
            erased_at=row.erased_at,
            version=row.version,
        )
