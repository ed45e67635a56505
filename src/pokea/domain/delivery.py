"""Webhook deliveries: one event on its way to one endpoint.

At least once, for three days: ten tries in 75 h 35 m, the schedule of Standard Webhooks.
Source: STATE_MACHINES section 8.
"""

import zlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from pokea.domain.ids import AccountId, DeliveryId, EndpointId, EventId


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    SCHEDULED = "scheduled"
    RETRYING = "retrying"
    DELIVERED = "delivered"
    EXHAUSTED = "exhausted"  # ten tries failed; the event itself is kept
    HELD = "held"  # its endpoint is switched off


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a merchant listens. ``secret`` signs; it is shown once."""

    id: EndpointId
    account_id: AccountId
    livemode: bool
    url: str
    secret: str
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event for one endpoint. ``due_at`` is a lease while a send is under way."""

    id: DeliveryId
    event_id: EventId
    endpoint_id: EndpointId
    object_id: str
    sequence: int
    state: DeliveryState = DeliveryState.SCHEDULED
    tries: int = 0
    due_at: datetime | None = None
    last_status: int | None = None
    last_error: str | None = None


PAUSES: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""After the first try at once: 75 h 35 m in all, so that a Friday outage is over in time."""

SEND_LEASE: Final = timedelta(seconds=60)
"""A send may take 15 s; a worker silent for a minute is dead, and the same id is sent again."""

_GONE: Final = 410
_JITTER_PERCENT: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class SendResult:
    """What an endpoint answered: a status, or the reason why there is none."""

    status: int | None
    error: str | None = None

    @property
    def accepted(self) -> bool:
        """2xx, and nothing else: a redirect is a failure and is not followed."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004 - HTTP's own

    @property
    def endpoint_is_gone(self) -> bool:
        """410: the receiver asks never to be called again."""
        return self.status == _GONE


def after_try(delivery: Delivery, result: SendResult, now: datetime) -> Delivery:
    """A delivery after one more try: delivered, due again later, or given up."""
    tried = replace(
        delivery,
        tries=delivery.tries + 1,
        last_status=result.status,
        last_error=result.error,
    )
    if result.accepted:
        return replace(tried, state=DeliveryState.DELIVERED, due_at=None)
    if result.endpoint_is_gone:
        return replace(tried, state=DeliveryState.HELD, due_at=None)
    if tried.tries > len(PAUSES):
        return replace(tried, state=DeliveryState.EXHAUSTED, due_at=None)
    pause = PAUSES[tried.tries - 1]
    later = zlib.crc32(f"{tried.id}/{tried.tries}".encode()) % (_JITTER_PERCENT + 1)
    return replace(
        tried, state=DeliveryState.RETRYING, due_at=now + pause * (100 + later) / 100
    )
