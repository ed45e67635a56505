"""Rows of money coming in: payments, attempts, receipts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from pokea.daraja.values import Money, Msisdn, Receipt, Shortcode
from pokea.domain.attempt import Attempt
from pokea.domain.ids import AccountId, AttemptId, CustomerId, PaymentId, ReceiptId, ShortcodeId
from pokea.domain.payment import Payment
from pokea.domain.prompting import Prompted
from pokea.domain.receipt import Collector, MoneyHeard, ReceiptRecord, ReceiptState


class Attempts(Protocol):
    """Rows of attempts. ``save`` fails the transaction when a row changed meanwhile."""

    def add(self, attempt: Attempt) -> None: ...
    def get(self, attempt_id: AttemptId) -> Attempt | None: ...
    def lock(self, ids: Collection[AttemptId]) -> dict[AttemptId, Attempt]: ...
    def lock_idle(self, ids: Collection[AttemptId]) -> dict[AttemptId, Attempt]: ...
    def save(self, changed: Sequence[Attempt]) -> None: ...
    def of_payment(self, payment_id: PaymentId) -> list[Attempt]: ...
    def lock_of_payment(self, payment_id: PaymentId) -> list[Attempt]: ...
    def like(self, wanted: Sequence[MoneyHeard]) -> list[Attempt]: ...
    def disputed(self, told: Collection[Receipt]) -> list[Attempt]: ...
    def prompts(self, phone: Msisdn, since: datetime) -> list[Prompted]: ...
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
    def called(
        self, account_id: AccountId, keys: Collection[str], *, livemode: bool
    ) -> dict[str, list[Payment]]: ...
    def of_customers(self, customers: Collection[CustomerId]) -> list[Payment]: ...
    def prompted(
        self, account_id: AccountId, indexes: Collection[bytes], since: datetime
    ) -> dict[bytes, list[Payment]]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptFilter:
    """Which money by hand a list shows, newest first."""

    account_id: AccountId
    livemode: bool
    limit: int
    starting_after: ReceiptId | None = None
    status: str | None = None
    receipt: str | None = None
    phone: Msisdn | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a receipt stands, without what is secret of it; cheap for thousands at once.

    ``settled`` when it is the receipt of an attempt that succeeded on two witnesses.
    """

    id: ReceiptId
    amount: Money
    shortcode: Shortcode
    state: ReceiptState
    attempt_id: AttemptId | None
    verified: bool
    settled: bool


class Receipts(Protocol):
    """M-PESA's receipts: one row each, whatever channel brought it."""

    def lock(self, wanted: Collection[Receipt]) -> dict[Receipt, ReceiptRecord]: ...
    def find(self, wanted: Collection[Receipt]) -> dict[Receipt, ReceiptRecord]: ...
    def standing(self, wanted: Collection[Receipt]) -> dict[Receipt, Standing]: ...
    def verify(self, ids: Collection[ReceiptId], at: datetime) -> None: ...
    def get(self, receipt_id: ReceiptId) -> ReceiptRecord | None: ...
    def like(self, attempt: Attempt, reach: timedelta) -> list[ReceiptRecord]: ...
    def of_payment(self, payment_id: PaymentId) -> list[ReceiptRecord]: ...
    def page(self, wanted: ReceiptFilter) -> list[ReceiptRecord]: ...
    def add(self, new: Sequence[ReceiptRecord]) -> None: ...
    def save(self, changed: Sequence[ReceiptRecord]) -> None: ...
    def divide(self, changed: Sequence[ReceiptRecord]) -> None: ...


class Shortcodes(Protocol):
    """Where money arrives."""

    def get(self, shortcode_id: ShortcodeId) -> Collector | None: ...
    def of(self, shortcode: Shortcode, *, livemode: bool) -> Collector | None: ...
    def add(self, collector: Collector, at: datetime) -> None: ...
    def change_till(self, shortcode_id: ShortcodeId, till: Shortcode | None) -> None: ...
    def registered(self, shortcode_id: ShortcodeId, at: datetime) -> None: ...
