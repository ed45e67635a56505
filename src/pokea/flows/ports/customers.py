"""Rows of whom merchants know."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from pokea.daraja.values import Msisdn
from pokea.domain.customer import Customer
from pokea.domain.ids import AccountId, CustomerId


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerFilter:
    """Which customers a list shows, newest first; the erased are not listed."""

    account_id: AccountId
    livemode: bool
    limit: int
    starting_after: CustomerId | None = None
    ending_before: CustomerId | None = None
    number: str | None = None
    phone: Msisdn | None = None


class Customers(Protocol):
    """Rows of customers. ``save`` fails the transaction when a row changed meanwhile."""

    def add(self, customer: Customer) -> None: ...
    def get(self, customer_id: CustomerId) -> Customer | None: ...
    def lock(self, ids: Collection[CustomerId]) -> dict[CustomerId, Customer]: ...
    def save(self, changed: Sequence[Customer]) -> None: ...
    def page(self, wanted: CustomerFilter) -> list[Customer]: ...

    def numbered(
        self, account_id: AccountId, *, livemode: bool, keys: Collection[str]
    ) -> dict[str, Customer]:
        """Customers by their number's :func:`~pokea.domain.account_key.account_key`."""
        ...

    def with_phone_indexes(
        self, account_id: AccountId, *, livemode: bool, indexes: Collection[bytes]
    ) -> dict[bytes, list[Customer]]:
        """Customers by their phone's blind index; a family may share a phone."""
        ...
