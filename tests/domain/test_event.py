"""Events: the bytes that are signed, and the signature that any library can check."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from standardwebhooks.webhooks import Webhook

from pokea.domain.event import EventType, event_body, rfc3339
from pokea.domain.ids import EventId

SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
EVENT = EventId("evt_01JZ8X4T9Q6Y7N3K5M2B1C0D4E")
AT = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
SIGNED_AT = datetime.fromtimestamp(1768469400, UTC)
PAYMENT = {
    "id": "pay_01JZ8X4R2W8Z6V4H1G5F3D7S9A",
    "amount": "1500.00",
    "currency": "KES",
    "status": "succeeded",
}
VECTOR = (
    '{"id":"evt_01JZ8X4T9Q6Y7N3K5M2B1C0D4E","type":"payment.succeeded",'
    '"timestamp":"2026-01-15T09:30:00Z","api_version":"2026-01-01","livemode":false,'
    '"sequence":3,"data":{"object":{"id":"pay_01JZ8X4R2W8Z6V4H1G5F3D7S9A",'
    '"amount":"1500.00","currency":"KES","status":"succeeded"}}}'
)
SIGNATURE = "v1,IYf2kzHwxNRj8SNxWfP4BynB3sNvEyDNNAsW9cUA4OY="


def body() -> str:
    obj = {**PAYMENT, "livemode": False}
    return event_body(
        event_id=EVENT, kind=EventType.PAYMENT_SUCCEEDED, at=AT, sequence=3, obj=obj
    )


def test_the_published_vector_has_the_published_signature() -> None:
    assert Webhook(SECRET).sign(EVENT, SIGNED_AT, VECTOR) == SIGNATURE


def test_our_body_is_the_vectors_but_for_milliseconds_and_the_objects_own_mode() -> None:
    ours = body().replace("09:30:00.000Z", "09:30:00Z").replace(',"livemode":false}', "}")

    assert ours == VECTOR
    assert Webhook(SECRET).sign(EVENT, SIGNED_AT, ours) == SIGNATURE


def test_a_body_is_one_line_of_json_with_other_scripts_as_they_are() -> None:
    obj = {"livemode": True, "description": "Chai ☕\n"}

    text = event_body(
        event_id=EVENT, kind=EventType.PAYMENT_CREATED, at=AT, sequence=1, obj=obj
    )

    assert "\n" not in text
    assert "☕" in text
    assert json.loads(text)["data"]["object"] == obj
    assert json.loads(text)["livemode"] is True


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (AT, "2026-01-15T09:30:00.000Z"),
        (AT + timedelta(microseconds=1999), "2026-01-15T09:30:00.001Z"),
        (AT.astimezone(timezone(timedelta(hours=3))), "2026-01-15T09:30:00.000Z"),
    ],
)
def test_times_are_utc_with_milliseconds(at: datetime, text: str) -> None:
    assert rfc3339(at) == text


def test_event_names_are_their_objects_and_what_happened() -> None:
    assert all(kind.value.count(".") == 1 for kind in EventType)
    assert all(kind.value.replace(".", "_").upper() == kind.name for kind in EventType)
