"""Before the customer: dispatched, accepted, refused, deferred, or in doubt."""

import pytest

from domain.story import failure, tell
from domain.world import START, World, new_attempt
from pokea.daraja.values import Money
from pokea.domain.attempt import PushAccepted, QueryFailed, QueryPaid
from pokea.domain.attempt_machine import decide
from pokea.domain.corroboration import Rules
from pokea.domain.errors import Bug


def test_an_acknowledgement_is_not_a_payment() -> None:
    world = tell("""
        push 1000 -> awaiting_customer, payment processing,
            tells payment.created payment.processing
    """)

    assert not world.journals


def test_a_request_is_on_the_wire_for_at_most_its_lease() -> None:
    tell("dispatch 1000 -> dispatching, payment processing, asks in 60s")


def test_a_second_worker_never_sends_the_same_attempt() -> None:
    tell("dispatch 1000 | 1s dispatched -> repeated, dispatching")


def test_a_refusal_in_clear_words_opens_the_payment_again() -> None:
    tell("""
        dispatch 1000
        | 1s refused subscriber_busy -> failed, asks no more, payment open,
            reason subscriber_busy, tells payment.attempt_failed
        | push again -> awaiting_customer, payment processing
    """)


def test_a_push_that_never_arrived_is_sent_again_as_the_same_attempt() -> None:
    world = tell("""
        dispatch 1000
        | 1s deferred -> created, payment processing, asks in 10s
        | 10s dispatched -> dispatching
        | 1s accepted -> awaiting_customer
    """)

    assert len(world.attempts) == 1


def test_an_answer_that_we_do_not_understand_is_doubt_and_not_failure() -> None:
    tell("""
        dispatch 1000
        | 10s unanswered -> unknown, payment processing, tells nothing
        | push again -> refused
    """)


@pytest.mark.parametrize("late", ["deferred", "unanswered"])
def test_an_answer_after_the_lease_does_not_undo_doubt(late: str) -> None:
    tell(f"dispatch 1000 | 30s unanswered -> unknown | 5s {late} -> repeated, unknown")


def test_an_acceptance_after_the_lease_ends_doubt() -> None:
    tell("dispatch 1000 | 30s unanswered -> unknown | 5s accepted -> awaiting_customer")


def test_a_refusal_after_the_lease_ends_doubt() -> None:
    tell("dispatch 1000 | 30s unanswered -> unknown | 5s refused too_soon -> failed")


def test_a_refusal_of_what_was_accepted_is_a_contradiction() -> None:
    tell("push 1000 | 1s refused too_soon -> conflicting push_answer, awaiting_customer")


def test_unknown_never_becomes_failed_by_waiting() -> None:
    tell("""
        dispatch 1000
        | 10s unanswered -> unknown
        | 5m query nothing -> unknown
        | 9m query unreachable -> unknown
        | 50s query nothing -> expired, payment open, reason no_answer,
            tells payment.attempt_failed
    """)


def test_an_attempt_that_heard_nothing_for_fifteen_minutes_is_expired_and_not_failed() -> None:
    tell("push 1000 | 15m query nothing -> expired, payment open, reason no_answer")


def test_a_callback_that_beats_the_answer_is_ordinary() -> None:
    world = tell("""
        dispatch 1000
        | 1s callback paid NLJ7RT61SV -> confirming, asks now
        | 1s accepted -> confirming, applied
        | 1s query paid -> succeeded, utility +1000
    """)

    assert world.attempts[0].accepted_at is not None


def test_the_same_acceptance_twice_changes_nothing() -> None:
    tell("push 1000 | 1s accepted -> repeated, unchanged")


def test_an_acceptance_after_a_fast_success_only_adds_its_time() -> None:
    tell("""
        dispatch 1000
        | 1s callback failed customer_cancelled -> failed, payment open
        | 1s accepted -> failed, applied, tells nothing
    """)


@pytest.mark.parametrize("news", ["callback paid NLJ7RT61SV", "callback failed wrong_pin"])
def test_an_acceptance_that_names_another_request_than_the_callback_is_contested(
    news: str,
) -> None:
    tell(f"""
        dispatch 1000
        | 1s {news}
        | 1s accepted ws_other -> contested, contest checkout_request_id,
            payment requires_review, reason contested_checkout_request_id
    """)


def test_a_settled_attempt_keeps_the_request_that_paid_it() -> None:
    tell("""
        dispatch 1000
        | 1s callback paid NLJ7RT61SV | 1s query paid -> succeeded, utility +1000
        | 1s accepted ws_other -> conflicting checkout_request_id, succeeded
    """)


def test_one_phone_is_never_asked_twice_at_once_for_a_payment() -> None:
    tell("push 1000 | 30s push again -> refused, unchanged")


def test_orders_that_only_a_bug_can_make_are_refused_loudly() -> None:
    created = new_attempt(Money.shillings(1000))
    dispatching = World()
    dispatching.open(Money.shillings(1000))
    dispatching.start_attempt()
    failed = QueryFailed(at=START, failure=failure("wrong_pin"))
    accepted = PushAccepted(at=START, checkout_request_id="ws", merchant_request_id="mr")

    for attempt, event in [
        (created, accepted),
        (created, QueryPaid(at=START)),
        (created, failed),
        (dispatching.attempts[0], QueryPaid(at=START)),
        (dispatching.attempts[0], failed),
    ]:
        with pytest.raises(Bug):
            decide(attempt, event, Rules())
