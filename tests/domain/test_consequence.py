"""What an attempt's change means for its payment, and what is the attempt's own affair."""

from dataclasses import replace

import pytest

from domain.story import failure
from domain.world import START, new_attempt, new_payment
from pokea.daraja.values import Money, Receipt
from pokea.domain.attempt import IN_FLIGHT, AttemptState
from pokea.domain.consequence import consequence
from pokea.domain.decision import Repeated
from pokea.domain.ids import AttemptId
from pokea.domain.payment import (
    AttemptContested,
    AttemptFailed,
    AttemptPaid,
    PaymentState,
    ReceiptLearned,
)
from pokea.domain.payment_machine import decide

ATTEMPT = new_attempt(Money.shillings(1000))
RECEIPT = Receipt("NLJ7RT61SV")
ENDED = [state for state in AttemptState if state not in IN_FLIGHT]


@pytest.mark.parametrize("after", [AttemptState.FAILED, AttemptState.EXPIRED])
@pytest.mark.parametrize("before", IN_FLIGHT)
def test_an_attempt_that_ends_without_money_tells_its_payment(
    before: AttemptState, after: AttemptState
) -> None:
    told = consequence(
        replace(ATTEMPT, state=before),
        replace(ATTEMPT, state=after, failure=failure("wrong_pin")),
    )

    assert told == AttemptFailed(attempt_id=ATTEMPT.id, failure=failure("wrong_pin"))


@pytest.mark.parametrize("state", ENDED)
def test_news_of_an_attempt_that_ended_before_is_its_own_affair(state: AttemptState) -> None:
    ended = replace(ATTEMPT, state=state)

    assert consequence(ended, replace(ended, due_at=START)) is None


@pytest.mark.parametrize("state", IN_FLIGHT)
def test_an_attempt_on_its_way_has_nothing_to_tell(state: AttemptState) -> None:
    assert consequence(ATTEMPT, replace(ATTEMPT, state=state)) is None


@pytest.mark.parametrize("before", [one for one in AttemptState if one != "succeeded"])
def test_a_success_is_told_whatever_it_was_before(before: AttemptState) -> None:
    paid = replace(ATTEMPT, state=AttemptState.SUCCEEDED, receipt=RECEIPT)

    told = consequence(replace(ATTEMPT, state=before), paid)

    assert told == AttemptPaid(attempt_id=ATTEMPT.id, amount=ATTEMPT.amount, receipt=RECEIPT)


def test_a_receipt_that_comes_after_the_success_is_told_by_itself() -> None:
    paid = replace(ATTEMPT, state=AttemptState.SUCCEEDED)

    learned = ReceiptLearned(attempt_id=paid.id, receipt=RECEIPT)
    assert consequence(paid, replace(paid, receipt=RECEIPT)) == learned


def test_a_contest_is_told_once() -> None:
    contested = replace(ATTEMPT, state=AttemptState.CONTESTED, contest="amount")

    assert consequence(ATTEMPT, contested) == AttemptContested(about="amount")
    assert consequence(contested, replace(contested, due_at=START)) is None


def test_the_failure_of_another_attempt_than_the_latest_frees_no_payment() -> None:
    payment = replace(
        new_payment(Money.shillings(1000)),
        state=PaymentState.PROCESSING,
        latest_attempt_id=ATTEMPT.id,
    )

    decision = decide(payment, AttemptFailed(attempt_id=AttemptId("att_other"), failure=None))

    assert decision == Repeated()
