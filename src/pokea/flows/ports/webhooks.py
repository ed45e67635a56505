"""What merchants are told: events, endpoints, deliveries, and who sends."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pokea.domain.delivery import Delivery, Endpoint, SendResult
from pokea.domain.event import Event
from pokea.domain.ids import AccountId, DeliveryId, EndpointId, EventId


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


class WebhookSender(Protocol):
    """Posts a signed event to an endpoint."""

    async def send(self, endpoint: Endpoint, event: Event, *, tries: int) -> SendResult:
        """One try; never raises for what the far side does."""
        ...
