"""What flows need from the world, as protocols; ``wiring.py`` chooses who answers.

The one rule: work on the database is a *synchronous* function that gets a :class:`Tx`. It
cannot await, so no network call can ever happen inside a transaction, and ``write`` returns
only after the commit.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeVar

from pokea.daraja.values import Msisdn, Receipt
from pokea.domain.api_key import ApiKey
from pokea.domain.attempt import Attempt, Failure
from pokea.domain.delivery import Delivery, Endpoint, SendResult
from pokea.domain.event import Event
from pokea.domain.idempotency import IdempotencyKey, IdempotencyRecord
from pokea.domain.ids import (
    AccountId,
    AttemptId,
    DeliveryId,
    EndpointId,
    EventId,
    InboxId,
    PaymentId,
)
from pokea.domain.inbox import InboxState, ReceivedCallback, Verdict
from pokea.domain.ledger import JournalEntry
from pokea.domain.payment import Payment

Result = TypeVar("Result")


class Clock(Protocol):
    """The time, aware and in UTC."""

    def now(self) -> datetime:
        """The present instant."""
        ...


class Ids(Protocol):
    """Names for new things; they sort by time."""

    def new(self, thing: str) -> str:
        """A new id; ``thing`` is a key of :data:`pokea.domain.ids.PREFIXES`."""
        ...


# ── work that is due ─────────────────────────────────────────────────────────────────────


class WorkKind(StrEnum):
    """The flows that the engine can be asked to run."""

    ATTEMPT = "attempt"  # send, ask about, or stop waiting for an attempt
    PAYMENT = "payment"  # expire a payment
    DELIVERY = "delivery"  # send a webhook
    CALLBACK = "callback"  # apply a callback that could not be applied at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Rows of one kind that are due at one time. Handing over twice changes nothing."""

    kind: WorkKind
    ids: tuple[str, ...]
    due_at: datetime


# ── the database ─────────────────────────────────────────────────────────────────────────


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


class Journals(Protocol):
    """The books; only ever added to."""

    def add(self, entries: Sequence[JournalEntry]) -> None: ...


class Events(Protocol):
    """The outbox."""

    def add(self, new: Sequence[Event]) -> None: ...
    def get(self, event_id: EventId) -> Event | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Who is to be told of an account's events; what a disabled one misses is held for it."""

    id: EndpointId
    enabled: bool


class Endpoints(Protocol):
    """Where merchants listen."""

    def add(self, endpoint: Endpoint, at: datetime) -> None: ...
    def get(self, endpoint_id: EndpointId) -> Endpoint | None: ...
    def of_account(self, account_id: AccountId, *, livemode: bool) -> list[Endpoint]: ...
    def listeners(
        self, accounts: Collection[AccountId]
    ) -> dict[tuple[AccountId, bool], list[Listener]]: ...
    def switch(self, endpoint_id: EndpointId, *, enabled: bool) -> None: ...


class Deliveries(Protocol):
    """Events on their way."""

    def add(self, new: Sequence[Delivery]) -> None: ...
    def whose_turn(self, delivery_id: DeliveryId, *, now: datetime) -> EndpointId | None: ...
    def lease(self, delivery_id: DeliveryId, *, now: datetime) -> Delivery | None: ...
    def save(self, delivery: Delivery) -> None: ...
    def next_of_object(self, delivery: Delivery) -> DeliveryId | None: ...
    def hold(self, delivery_id: DeliveryId) -> None: ...
    def release(self, endpoint_id: EndpointId, *, now: datetime) -> list[DeliveryId]: ...


InboxKey = tuple[str, AttemptId, bytes, bool]
"""Kind, subject, SHA-256 of the bytes, and whether the address was listed: what makes two
callbacks the same. A stranger's copy must not stand in for the genuine one."""


class Inbox(Protocol):
    """Callbacks as they came."""

    def known(self, subjects: Collection[AttemptId]) -> set[InboxKey]: ...
    def add(
        self, judged: Sequence[tuple[ReceivedCallback, Verdict, int]], at: datetime
    ) -> None: ...
    def count_repeats(self, repeats: Mapping[InboxKey, int]) -> None: ...
    def judge(self, verdict: Verdict, at: datetime) -> None: ...
    def lock(self, inbox_id: InboxId) -> ReceivedCallback | None: ...
    def try_again(
        self, inbox_id: InboxId, *, state: InboxState, at: datetime | None
    ) -> None: ...


class Idempotency(Protocol):
    """Keys and what they are bound to."""

    def bind(self, key: IdempotencyKey, resource_id: str, at: datetime) -> bool:
        """Bind a key; False when it is bound already."""
        ...

    def find(self, key: IdempotencyKey) -> IdempotencyRecord | None: ...
    def finish(self, key: IdempotencyKey, *, status: int, body: str) -> None: ...


class Calls(Protocol):
    """Safaricom's answers, kept as evidence."""

    def add(self, attempt_id: AttemptId, kind: str, answer: "Answer", at: datetime) -> None: ...


class Accounts(Protocol):
    """Merchants."""

    def add(self, account_id: AccountId, name: str, at: datetime) -> None: ...
    def first(self) -> AccountId | None: ...


class ApiKeys(Protocol):
    """Keys to the API, by their hashes."""

    def add(self, key: ApiKey, at: datetime) -> None: ...
    def find(self, sha256: bytes) -> ApiKey | None: ...


class Tx(Protocol):
    """One open transaction."""

    @property
    def attempts(self) -> Attempts: ...
    @property
    def payments(self) -> Payments: ...
    @property
    def receipts(self) -> Receipts: ...
    @property
    def journals(self) -> Journals: ...
    @property
    def events(self) -> Events: ...
    @property
    def endpoints(self) -> Endpoints: ...
    @property
    def deliveries(self) -> Deliveries: ...
    @property
    def inbox(self) -> Inbox: ...
    @property
    def idempotency(self) -> Idempotency: ...
    @property
    def calls(self) -> Calls: ...
    @property
    def accounts(self) -> Accounts: ...
    @property
    def api_keys(self) -> ApiKeys: ...

    def overdue(self, before: datetime, limit: int) -> list[Work]:
        """Rows that were due before a time, oldest first: what the sweep hands over again."""
        ...

    def hand_over(self, work: Work) -> None:
        """Give work to the engine in this very transaction."""
        ...


class Database(Protocol):
    """Transactions, run on a thread so that the event loop never waits for a disk."""

    async def write(self, work: Callable[[Tx], Result]) -> Result:
        """Run ``work`` in one transaction; returns after the commit is durable."""
        ...

    async def read(self, work: Callable[[Tx], Result]) -> Result:
        """Run ``work`` without writing."""
        ...


# ── Safaricom ────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The evidence of one call: what came back, and how long it took."""

    status: int | None
    body: bytes
    elapsed_ms: int
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The prompt is on its way."""

    checkout_request_id: str
    merchant_request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The closed table says: nothing was prompted."""

    failure: Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred:
    """Nothing arrived, or we are asked to slow down; the same attempt may be sent again."""

    retry_after_s: int


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Anything else: the request may have arrived."""


@dataclass(frozen=True, slots=True)
class SaysPaid:
    """STK Query: result code 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SaysFailed:
    """STK Query: a final code of the closed list."""

    failure: Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class SaysNothing:
    """STK Query taught us nothing; ``reachable`` when somebody answered at all."""

    reachable: bool


PushOutcome = Accepted | Refused | Deferred | Unanswered
QueryOutcome = SaysPaid | SaysFailed | SaysNothing


class Provider(Protocol):
    """Safaricom, as the gateway needs it. Never called inside a transaction."""

    async def push(
        self, attempt: Attempt, *, callback_path: str, description: str
    ) -> tuple[PushOutcome, Answer]:
        """Prompt the customer's phone, once."""
        ...

    async def query(self, attempt: Attempt) -> tuple[QueryOutcome, Answer]:
        """Ask what became of a prompt."""
        ...


class WebhookSender(Protocol):
    """Posts a signed event to an endpoint."""

    async def send(self, endpoint: Endpoint, event: Event, *, tries: int) -> SendResult:
        """One try; never raises for what the far side does."""
        ...
