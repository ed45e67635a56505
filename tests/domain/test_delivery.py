"""Webhook deliveries: ten tries over three days, and what ends them sooner."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pokea.domain.delivery import PAUSES, Delivery, DeliveryState, SendResult, after_try
from pokea.domain.ids import DeliveryId, EndpointId, EventId

NOW = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
REFUSED = SendResult(status=500)
WHOLE = timedelta(hours=75, minutes=35, seconds=5)


def delivery(name: str = "dlv_1") -> Delivery:
    return Delivery(
        id=DeliveryId(name),
        event_id=EventId("evt_1"),
        endpoint_id=EndpointId("whe_1"),
        object_id="pay_1",
        sequence=1,
        due_at=NOW,
    )


@given(st.text("0123456789ABCDEF", min_size=1, max_size=26))
def test_ten_tries_in_75_hours_35_minutes_and_at_most_a_tenth_more(name: str) -> None:
    now, tried = NOW, delivery(f"dlv_{name}")

    while tried.due_at is not None:
        now = tried.due_at
        tried = after_try(tried, REFUSED, now)

    assert tried.state is DeliveryState.EXHAUSTED
    assert tried.tries == 10
    assert WHOLE <= now - NOW <= WHOLE * 1.1


@pytest.mark.parametrize(("tries", "pause"), list(enumerate(PAUSES)))
def test_each_pause_is_the_schedules_and_at_most_a_tenth_longer(
    tries: int, pause: timedelta
) -> None:
    waiting = delivery()
    for _ in range(tries):
        waiting = after_try(waiting, REFUSED, NOW)

    tried = after_try(waiting, REFUSED, NOW)

    assert tried.state is DeliveryState.RETRYING
    assert tried.due_at is not None
    assert pause <= tried.due_at - NOW <= pause * 1.1


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_delivers(status: int) -> None:
    tried = after_try(delivery(), SendResult(status=status), NOW)

    assert (tried.state, tried.due_at) == (DeliveryState.DELIVERED, None)


@pytest.mark.parametrize("status", [100, 199, 300, 301, 307, 400, 404, 429, 500, 503])
def test_any_other_status_is_tried_again_also_a_redirect(status: int) -> None:
    tried = after_try(delivery(), SendResult(status=status), NOW)

    assert tried.state is DeliveryState.RETRYING
    assert tried.last_status == status


def test_no_answer_is_tried_again_and_its_reason_kept() -> None:
    tried = after_try(delivery(), SendResult(status=None, error="ConnectError"), NOW)

    assert tried.state is DeliveryState.RETRYING
    assert tried.last_error == "ConnectError"


def test_gone_is_never_tried_again() -> None:
    result = SendResult(status=410)

    tried = after_try(delivery(), result, NOW)

    assert result.endpoint_is_gone
    assert (tried.state, tried.due_at) == (DeliveryState.HELD, None)


def test_a_success_after_failures_ends_the_tries() -> None:
    failed_twice = after_try(after_try(delivery(), REFUSED, NOW), REFUSED, NOW)

    tried = after_try(failed_twice, SendResult(status=200), NOW)

    assert (tried.state, tried.tries, tried.due_at) == (DeliveryState.DELIVERED, 3, None)
