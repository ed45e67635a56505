"""A customer: somebody whom a merchant knows by an account number or a phone.

Money paid by hand finds its owner through these two. Who the customer is can be erased; the id
stays, because the books name it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from pokea.daraja.values import BillReference, Msisdn
from pokea.domain.ids import AccountId, CustomerId


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """One merchant's customer. ``number`` is what they type as the account when they pay."""

    id: CustomerId
    account_id: AccountId
    livemode: bool
    created_at: datetime
    number: BillReference | None = None
    name: str | None = None
    phone: Msisdn | None = None
    email: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])
    erased_at: datetime | None = None
    version: int = 1


def erased(customer: Customer, at: datetime) -> Customer:
    """A customer of whom only the id is left; erasing again changes nothing."""
    if customer.erased_at is not None:
        return customer
    return replace(
        customer, number=None, name=None, phone=None, email=None, metadata={}, erased_at=at
    )
