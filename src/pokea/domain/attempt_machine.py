"""The attempt's state machine: what we did, heard or failed to hear, and what is true then.

An acknowledgement is not a payment and silence is not failure: an attempt that we cannot
account for is ``unknown`` until Safaricom's word ends it, and a late success always wins.
The one thing to know: :func:`decide` never looks at a clock, a database or the network; it gets
an event with its time and answers with a value. Everything that moves an attempt is here, in
:mod:`~pokea.domain.attempt_witnesses` (who names a receipt, or denies it) and in
:mod:`~pokea.domain.attempt_steps`; the diagram in ``docs/explanation/attempt.md``
is made by running it.
Source: STATE_MACHINES sections 0.1 and 3.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, assert_never

from pokea.domain.attempt import (
    AmountProven,
    Attempt,
    AttemptEvent,
    AttemptState,
    CallbackDisagreed,
    CallbackFailed,
    CallbackPaid,
    Dispatched,
    DoubtRaised,
    PushAccepted,
    PushDeferred,
    PushRefused,
    PushUnanswered,
    QueryFailed,
    QueryPaid,
    QueryTaughtNothing,
    QueryWord,
    ReceiptHeard,
    is_claimed_by_hand,
)
from pokea.domain.attempt_steps import (
    DOUBT_PAUSE,
    NEVER_SENT,
    NEVER_SENT_AFTER,
    OPEN_CONTESTS,
    AttemptDecision,
    answered,
    become,
    check_later,
    contest_by_query,
    hear_word,
    let_go,
    note_paid_word,
    seen,
    sent_at,
    settle,
)
from pokea.domain.attempt_witnesses import (
    dispute,
    on_amount_proven,
    on_callback_disagreed,
    on_callback_failed,
    on_callback_paid,
    on_receipt_heard,
)
from pokea.domain.corroboration import (
    QUERY_TWICE_APART,
    Corroboration,
    Rules,
    Witness,
    next_check,
)
from pokea.domain.decision import Conflicting, Repeated
from pokea.domain.errors import Bug

DISPATCH_LEASE: Final = timedelta(seconds=60)
"""Twice and more what a push may take in all (25 s, with a new token): then its process is
taken for dead, and nothing that it still holds can reach Safaricom any more."""


def decide(attempt: Attempt, event: AttemptEvent, rules: Rules) -> AttemptDecision:
    """What an event makes of an attempt.

    Raises:
        Bug: the event cannot happen in this state unless our own code is wrong.
    """
    match event:
        case Dispatched():
            return _on_dispatched(attempt, event)
        case PushAccepted():
            return _on_push_accepted(attempt, event)
        case PushRefused():
            return _on_push_refused(attempt, event)
        case PushDeferred():
            return _on_push_deferred(attempt, event)
        case PushUnanswered():
            return _on_push_unanswered(attempt, event)
        case CallbackPaid():
            return on_callback_paid(attempt, event, rules)
        case CallbackFailed():
            return on_callback_failed(attempt, event)
        case CallbackDisagreed():
            return on_callback_disagreed(attempt, event)
        case ReceiptHeard():
            return on_receipt_heard(attempt, event, rules)
        case AmountProven():
            return on_amount_proven(attempt, event)
        case DoubtRaised():
            return _on_doubt_raised(attempt, event)
        case QueryPaid():
            return _on_query_paid(answered(attempt, event.at), event, rules)
        case QueryFailed():
            return _on_query_failed(answered(attempt, event.at), event)
        case QueryTaughtNothing():
            return _on_query_taught_nothing(attempt, event, rules)
        case _:
            assert_never(event)


# ── sending ──────────────────────────────────────────────────────────────────────────────


def _on_dispatched(attempt: Attempt, event: Dispatched) -> AttemptDecision:
    if attempt.state is not AttemptState.CREATED:
        return Repeated()  # another worker was quicker: nothing is ever sent twice
    return become(
        attempt,
        state=AttemptState.DISPATCHING,
        dispatched_at=event.at,
        due_at=event.at + DISPATCH_LEASE,
    )


def _on_push_accepted(attempt: Attempt, event: PushAccepted) -> AttemptDecision:
    match attempt.state:
        case AttemptState.DISPATCHING | AttemptState.UNKNOWN:
            return become(
                attempt,
                state=AttemptState.AWAITING_CUSTOMER,
                accepted_at=event.at,
                checkout_request_id=event.checkout_request_id,
                merchant_request_id=event.merchant_request_id,
                due_at=next_check(attempt.id, sent_at(attempt), event.at),
            )
        case AttemptState.CREATED:
            raise Bug("an answer to a push that was never dispatched")
        case (
            AttemptState.AWAITING_CUSTOMER
            | AttemptState.CONFIRMING
            | AttemptState.CONTESTED
            | AttemptState.SUCCEEDED
            | AttemptState.FAILED
            | AttemptState.EXPIRED
        ):
            # The callback was quicker than the answer (ODDITIES 17): the ids must be the same.
            if attempt.checkout_request_id not in {None, event.checkout_request_id}:
                return dispute(
                    attempt, CallbackDisagreed(at=event.at, about="checkout_request_id")
                )
            if attempt.accepted_at is not None:
                return Repeated()
            return become(
                attempt,
                accepted_at=event.at,
                checkout_request_id=event.checkout_request_id,
                merchant_request_id=event.merchant_request_id,
            )
        case _:
            assert_never(attempt.state)


def _on_push_refused(attempt: Attempt, event: PushRefused) -> AttemptDecision:
    unsent = {AttemptState.CREATED, AttemptState.DISPATCHING, AttemptState.UNKNOWN}
    if attempt.state in unsent:
        return become(attempt, state=AttemptState.FAILED, failure=event.failure, due_at=None)
    return Conflicting(field="push_answer")


def _on_push_deferred(attempt: Attempt, event: PushDeferred) -> AttemptDecision:
    if attempt.state is not AttemptState.DISPATCHING:
        return Repeated()
    waited = event.at - attempt.created_at
    if waited >= NEVER_SENT_AFTER:
        return become(attempt, state=AttemptState.FAILED, failure=NEVER_SENT, due_at=None)
    # Ever more slowly, so that an outage does not end in a stampede.
    retry_at = event.retry_at if event.steady else max(event.retry_at, event.at + waited)
    return become(attempt, state=AttemptState.CREATED, dispatched_at=None, due_at=retry_at)


def _on_push_unanswered(attempt: Attempt, event: PushUnanswered) -> AttemptDecision:
    if attempt.state is not AttemptState.DISPATCHING:
        return Repeated()
    return become(
        attempt,
        state=AttemptState.UNKNOWN,
        # After a day's downtime the schedule is over, and what remains is to stop waiting.
        due_at=next_check(attempt.id, sent_at(attempt), event.at) or event.at,
    )


# ── Safaricom asked by us ────────────────────────────────────────────────────────────────


def _on_doubt_raised(attempt: Attempt, event: DoubtRaised) -> AttemptDecision:
    askable = attempt.checkout_request_id is not None
    settled = attempt.state is AttemptState.SUCCEEDED
    soonest = event.at
    if attempt.checked_at is not None:
        soonest = max(soonest, attempt.checked_at + DOUBT_PAUSE)
    if not askable or settled or (attempt.due_at is not None and attempt.due_at <= soonest):
        return Repeated()
    return become(attempt, due_at=soonest)


def _on_query_paid(attempt: Attempt, event: QueryPaid, rules: Rules) -> AttemptDecision:
    names_receipt_needed = attempt.amount >= rules.receipt_witness_above
    match attempt.state:
        case AttemptState.CREATED | AttemptState.DISPATCHING:
            raise Bug("a query before the push was answered")
        case AttemptState.SUCCEEDED:
            if attempt.corroboration is Corroboration.CONFIRMED:
                return Repeated()
            return become(
                seen(attempt, Witness.STK_QUERY),
                corroboration=Corroboration.CONFIRMED,
                due_at=None,
            )
        case AttemptState.CONTESTED:
            if attempt.contest not in OPEN_CONTESTS or names_receipt_needed:
                return check_later(attempt, event.at)
            return _word_of_payment(attempt, event.at)
        case (
            AttemptState.AWAITING_CUSTOMER
            | AttemptState.UNKNOWN
            | AttemptState.CONFIRMING
            | AttemptState.FAILED
            | AttemptState.EXPIRED
        ):
            if names_receipt_needed:
                return note_paid_word(attempt, event.at)
            return _word_of_payment(attempt, event.at)
        case _:
            assert_never(attempt.state)


def _word_of_payment(attempt: Attempt, at: datetime) -> AttemptDecision:
    """With a claim, the second witness; without one, a word that counts when it is repeated."""
    if attempt.claim is not None:
        return settle(seen(attempt, Witness.STK_QUERY), at, Corroboration.CONFIRMED)
    return hear_word(attempt, paid=True, at=at, failure=None)


def _on_query_failed(attempt: Attempt, event: QueryFailed) -> AttemptDecision:
    match attempt.state:
        case AttemptState.CREATED | AttemptState.DISPATCHING:
            raise Bug("a query before the push was answered")
        case AttemptState.AWAITING_CUSTOMER | AttemptState.UNKNOWN:
            return hear_word(attempt, paid=False, at=event.at, failure=event.failure)
        case AttemptState.CONFIRMING:
            if is_claimed_by_hand(attempt):
                # The money is there, and not by this prompt: it was paid by hand.
                return become(let_go(attempt), state=AttemptState.FAILED, failure=event.failure)
            return contest_by_query(attempt, event.at)
        case AttemptState.FAILED | AttemptState.EXPIRED:
            if is_claimed_by_hand(attempt):
                return check_later(let_go(attempt), event.at)
            if attempt.claim is not None:
                return contest_by_query(attempt, event.at)
            return check_later(attempt, event.at)
        case AttemptState.CONTESTED:
            return check_later(attempt, event.at)
        case AttemptState.SUCCEEDED:
            return _doubt_settled(attempt, event.at)
        case _:
            assert_never(attempt.state)


def _doubt_settled(attempt: Attempt, at: datetime) -> AttemptDecision:
    """A success is never overturned by a query (ODDITIES 8); twice in a row is an alarm."""
    if attempt.corroboration not in {Corroboration.PENDING, Corroboration.UNAVAILABLE}:
        return Repeated()
    word = attempt.query_word
    if word is None or word.paid:
        return become(
            attempt, query_word=QueryWord(paid=False, at=at), due_at=at + QUERY_TWICE_APART
        )
    if at - word.at < QUERY_TWICE_APART:
        return become(attempt, due_at=word.at + QUERY_TWICE_APART)
    return become(attempt, corroboration=Corroboration.DISAGREES, due_at=None)


def _on_query_taught_nothing(
    attempt: Attempt, event: QueryTaughtNothing, rules: Rules
) -> AttemptDecision:
    settled = attempt.state is AttemptState.SUCCEEDED
    if settled and attempt.corroboration in {Corroboration.CONFIRMED, Corroboration.DISAGREES}:
        return Repeated()  # another worker asked too, and its answer was the last we need
    deaf_since = None if event.reachable else (attempt.deaf_since or event.at)
    asked = replace(attempt, deaf_since=deaf_since, checked_at=event.at)
    if (
        asked.claim is not None
        and asked.state in {AttemptState.CONFIRMING, AttemptState.FAILED, AttemptState.EXPIRED}
        and deaf_since is not None
        and event.at - deaf_since >= rules.corroborate_wait
        and asked.amount <= rules.single_witness_max
    ):
        return settle(asked, event.at, Corroboration.UNAVAILABLE)
    return check_later(asked, event.at)
