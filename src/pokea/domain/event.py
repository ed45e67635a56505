"""Events: what a merchant is told, exactly one for each transition.

An event is written in the transaction that made it true and keeps the very bytes that are
signed and sent, so that a delivery repeated for days says the same thing every time.
Source: STATE_MACHINES section 8, API section 8.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Final

from pokea.domain.ids import AccountId, EventId

API_VERSION: Final = "2026-01-01"
_ENCODER: Final = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)


class EventType(StrEnum):
    """The names of events; stable for ever."""

    PAYMENT_CREATED = "payment.created"
    PAYMENT_PROCESSING = "payment.processing"
    PAYMENT_ATTEMPT_FAILED = "payment.attempt_failed"
    PAYMENT_SUCCEEDED = "payment.succeeded"
    PAYMENT_PARTIALLY_PAID = "payment.partially_paid"
    PAYMENT_REQUIRES_REVIEW = "payment.requires_review"
    PAYMENT_LATE_FUNDS = "payment.late_funds"
    PAYMENT_DUPLICATE_FUNDS = "payment.duplicate_funds"
    PAYMENT_REVERSED = "payment.reversed"  # M-PESA gave money back, and not by Pokea
    PAYMENT_EXPIRED = "payment.expired"
    PAYMENT_CANCELED = "payment.canceled"
    C2B_RECEIVED = "c2b.received"
    C2B_MATCHED = "c2b.matched"
    C2B_UNMATCHED = "c2b.unmatched"
    C2B_VERIFIED = "c2b.verified"
    C2B_RECOVERED = "c2b.recovered"
    C2B_REVERSED = "c2b.reversed"
    C2B_CONFLICT = "c2b.conflict"
    SECURITY_CALLBACK_CONFLICT = "security.callback_conflict"
    SECURITY_CALLBACK_QUARANTINED = "security.callback_quarantined"  # from a strange address
    RECONCILIATION_COMPLETED = "reconciliation.completed"
    RECONCILIATION_DIFFERENCE = "reconciliation.difference"  # somebody has to look


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened to one object. ``body`` is what every endpoint receives."""

    id: EventId
    account_id: AccountId
    livemode: bool
    type: EventType
    object_id: str
    sequence: int
    at: datetime
    body: str


def event_body(
    *,
    event_id: EventId,
    kind: EventType,
    at: datetime,
    sequence: int,
    obj: Mapping[str, object],
) -> str:
    """The JSON of an event: the full object as of the event, phone masked."""
    return _ENCODER.encode(
        {
            "id": event_id,
            "type": kind,
            "timestamp": rfc3339(at),
            "api_version": API_VERSION,
            "livemode": obj["livemode"],
            "sequence": sequence,
            "data": {"object": obj},
        }
    )


@lru_cache(maxsize=256)
def rfc3339(at: datetime) -> str:
    """UTC with milliseconds and ``Z``, as the API writes every time."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
