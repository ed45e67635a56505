"""The attempt's state machine: what we did, heard or failed to hear, and what is true then.

An acknowledgement is not a payment and silence is not failure: an attempt that we cannot
account for is ``unknown`` until Safaricom's word ends it, and a late success always wins.
The one thing to know: :func:`decide` never looks at a clock, a database or the network; it gets
an event with its time and answers with a value. Everything that moves an attempt is in this
file and in :mod:`~pokea.domain.attempt_steps`; the diagram in ``docs/explanation/attempt.md``
is made by running it.
Source: STATE_MACHINES sections 0.1 and 3.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, assert_never

from pokea.domain.attempt import (
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
)
from pokea.domain.attempt_steps import (
    DOUBT_PAUSE,
    NEVER_SENT,
    NEVER_SENT_AFTER,
    OPEN_CONTESTS,
    RECEIPT_CONTEST,
    AttemptDecision,
    answered,
    become,
    check_later,
    contest_by_query,
    hear_word,
    note_paid_word,
    sent_at,
    settle,
)
from pokea.domain.corroboration import (
    QUERY_TWICE_APART,
    Corroboration,
    Policy,
    Rules,
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
            return _on_callback_paid(attempt, event, rules)
        case CallbackFailed():
            return _on_callback_failed(attempt, event)
        case CallbackDisagreed():
            return _on_callback_disagreed(attempt, event)
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
                return _dispute(attempt, event.at, about="checkout_request_id")
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
    retry_at = max(event.retry_at, event.at + waited)
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


# ── callbacks ────────────────────────────────────────────────────────────────────────────


def _on_callback_paid(attempt: Attempt, event: CallbackPaid, rules: Rules) -> AttemptDecision:
    heard = replace(
        attempt,
        claim=event.claim,
        checkout_request_id=event.checkout_request_id,
        merchant_request_id=event.merchant_request_id,
        deaf_since=None,
    )
    match attempt.state:
        case (
            AttemptState.CREATED
            | AttemptState.DISPATCHING
            | AttemptState.UNKNOWN
            | AttemptState.AWAITING_CUSTOMER
        ):
            return _weigh_claim(heard, event, rules, waiting=AttemptState.CONFIRMING)
        case AttemptState.FAILED | AttemptState.EXPIRED:
            # Late success. The state stays while the second witness is asked for, because a
            # newer attempt of the same payment may be in flight.
            if attempt.claim is not None:
                return _same_claim(attempt, event)
            return _weigh_claim(heard, event, rules, waiting=attempt.state)
        case AttemptState.CONTESTED:
            if attempt.claim is None and attempt.contest == RECEIPT_CONTEST:
                return _weigh_claim(heard, event, rules, waiting=attempt.state)
            return _same_claim(attempt, event)
        case AttemptState.CONFIRMING:
            return _same_claim(attempt, event)
        case AttemptState.SUCCEEDED:
            if attempt.claim is not None:
                return _same_claim(attempt, event)
            # Settled by query alone; the callback brings the receipt.
            return become(
                heard,
                receipt=event.claim.receipt,
                corroboration=Corroboration.CONFIRMED,
                due_at=None,
            )
        case _:
            assert_never(attempt.state)


def _weigh_claim(
    heard: Attempt, event: CallbackPaid, rules: Rules, *, waiting: AttemptState
) -> AttemptDecision:
    if rules.policy is Policy.FAST:
        return settle(heard, event.at, Corroboration.PENDING)
    agreed = heard.query_word is not None and heard.query_word.paid
    if agreed and heard.amount < rules.receipt_witness_above:
        return settle(heard, event.at, Corroboration.CONFIRMED)
    return become(heard, state=waiting, due_at=event.at)


def _same_claim(attempt: Attempt, event: CallbackPaid) -> AttemptDecision:
    claim = attempt.claim
    if claim is None:
        return Conflicting(field="claim")
    if claim.receipt != event.claim.receipt:
        return Conflicting(field="receipt")
    return Repeated()


def _on_callback_failed(attempt: Attempt, event: CallbackFailed) -> AttemptDecision:
    match attempt.state:
        case (
            AttemptState.CREATED
            | AttemptState.DISPATCHING
            | AttemptState.UNKNOWN
            | AttemptState.AWAITING_CUSTOMER
        ):
            return become(
                attempt,
                state=AttemptState.FAILED,
                failure=event.failure,
                checkout_request_id=event.checkout_request_id,
                merchant_request_id=event.merchant_request_id,
                due_at=None,
            )
        case AttemptState.FAILED | AttemptState.EXPIRED:
            known = attempt.failure
            if attempt.claim is not None:
                return Conflicting(field="result")
            if known is None or known.code == event.failure.code:
                return Repeated()
            return Conflicting(field="result")
        case AttemptState.CONFIRMING | AttemptState.CONTESTED | AttemptState.SUCCEEDED:
            return Conflicting(field="result")  # money wins; see DoubtRaised for the question
        case _:
            assert_never(attempt.state)


def _on_callback_disagreed(attempt: Attempt, event: CallbackDisagreed) -> AttemptDecision:
    return _dispute(attempt, event.at, about=event.about)


def _dispute(attempt: Attempt, at: datetime, *, about: str) -> AttemptDecision:
    """A person decides, unless the attempt is settled or one is deciding already."""
    match attempt.state:
        case AttemptState.SUCCEEDED:
            if attempt.corroboration in {Corroboration.CONFIRMED, Corroboration.DISAGREES}:
                return Conflicting(field=about)
            # Settled on one witness, and this one says otherwise: an alarm, no reversal.
            return become(attempt, corroboration=Corroboration.DISAGREES, due_at=None)
        case AttemptState.CONTESTED:
            return Conflicting(field=about)
        case (
            AttemptState.CREATED
            | AttemptState.DISPATCHING
            | AttemptState.AWAITING_CUSTOMER
            | AttemptState.UNKNOWN
            | AttemptState.CONFIRMING
            | AttemptState.FAILED
            | AttemptState.EXPIRED
        ):
            return become(attempt, state=AttemptState.CONTESTED, contest=about, due_at=at)
        case _:
            assert_never(attempt.state)


def _on_doubt_raised(attempt: Attempt, event: DoubtRaised) -> AttemptDecision:
    askable = attempt.checkout_request_id is not None
    settled = attempt.state is AttemptState.SUCCEEDED
    soonest = event.at
    if attempt.checked_at is not None:
        soonest = max(soonest, attempt.checked_at + DOUBT_PAUSE)
    if not askable or settled or (attempt.due_at is not None and attempt.due_at <= soonest):
        return Repeated()
    return become(attempt, due_at=soonest)


# ── Safaricom asked by us ────────────────────────────────────────────────────────────────


def _on_query_paid(attempt: Attempt, event: QueryPaid, rules: Rules) -> AttemptDecision:
    names_receipt_needed = attempt.amount >= rules.receipt_witness_above
    match attempt.state:
        case AttemptState.CREATED | AttemptState.DISPATCHING:
            raise Bug("a query before the push was answered")
        case AttemptState.SUCCEEDED:
            if attempt.corroboration is Corroboration.CONFIRMED:
                return Repeated()
            return become(attempt, corroboration=Corroboration.CONFIRMED, due_at=None)
        case AttemptState.CONTESTED:
            if attempt.contest not in OPEN_CONTESTS or names_receipt_needed:
                return check_later(attempt, event.at)
            if attempt.claim is not None:
                return settle(attempt, event.at, Corroboration.CONFIRMED)
            return hear_word(attempt, paid=True, at=event.at, failure=None)
        case (
            AttemptState.AWAITING_CUSTOMER
            | AttemptState.UNKNOWN
            | AttemptState.CONFIRMING
            | AttemptState.FAILED
            | AttemptState.EXPIRED
        ):
            if names_receipt_needed:
                return note_paid_word(attempt, event.at)
            if attempt.claim is not None:
                return settle(attempt, event.at, Corroboration.CONFIRMED)
            return hear_word(attempt, paid=True, at=event.at, failure=None)
        case _:
            assert_never(attempt.state)


def _on_query_failed(attempt: Attempt, event: QueryFailed) -> AttemptDecision:
    match attempt.state:
        case AttemptState.CREATED | AttemptState.DISPATCHING:
            raise Bug("a query before the push was answered")
        case AttemptState.AWAITING_CUSTOMER | AttemptState.UNKNOWN:
            return hear_word(attempt, paid=False, at=event.at, failure=event.failure)
        case AttemptState.CONFIRMING:
            return contest_by_query(attempt, event.at)
        case AttemptState.FAILED | AttemptState.EXPIRED:
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
