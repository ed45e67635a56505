"""Rows of money coming in: payments, attempts, receipts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pokea.daraja.values import Msisdn, Receipt
from pokea.domain.attempt import Attempt
from pokea.domain.ids import AccountId, AttemptId, CustomerId, PaymentId
from pokea.domain.payment import Payment


class Attempts(Protocol):
    """Rows of attempts. ``save`` fails the transaction when a row changed meanwhile."""

    def add(self, attempt: Attempt) -> None: ...
    def get(self, attempt_id: AttemptId) -> Attempt | None: ...
    def lock(self, ids: Collection[AttemptId]) -> dict[AttemptId, Attempt]: ...
    def save(self, changed: Sequence[Attempt]) -> None: ...
    def lock_of_payment(self, payment_id: PaymentId) -> list[Attempt]: ...
    def prompts_since(self, phone: Msisdn, since: datetime) -> int: ...
    def prompted_as(self, checkout_ids: Collection[str]) -> dict[str, AttemptId]: ...
    def latest(self, ids: Collection[AttemptId]) -> dict[AttemptId, Attempt]: ...
    def left_in_flight(
        self, *, begun_before: datetime, due_before: datetime, limit: int
    ) -> list[AttemptId]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentFilter:
    """Which payments a list shows, newest first."""

    account_id: AccountId
    livemode: bool
    limit: int
    starting_after: PaymentId | None = None
    ending_before: PaymentId | None = None
    status: str | None = None
    reference: str | None = None
    receipt: str | None = None
    phone: Msisdn | None = None
    customer_id: CustomerId | None = None
    idempotency_key: str | None = None
    created_gte: datetime | None = None
    created_lt: datetime | None = None


class Payments(Protocol):
    """Rows of payments."""

    def add(self, payment: Payment) -> None: ...
    def get(self, payment_id: PaymentId) -> Payment | None: ...
    def lock(self, ids: Collection[PaymentId]) -> dict[PaymentId, Payment]: ...
    def save(self, changed: Sequence[Payment]) -> None: ...
    def page(self, wanted: PaymentFilter) -> list[Payment]: ...


class Receipts(Protocol):
    """M-PESA's receipts: one row each, whatever channel brought it."""

    def owners(self, wanted: Collection[Receipt]) -> dict[Receipt, AttemptId]: ...
    def claim(self, settled: Sequence[Attempt], at: datetime) -> None: ...
