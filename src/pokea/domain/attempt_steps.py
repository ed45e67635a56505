"""The steps that an attempt's transitions are made of: settle, contest, wait, ask again.

:mod:`~pokea.domain.attempt_machine` says when each is taken.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from pokea.domain.attempt import (
    Attempt,
    AttemptState,
    Failure,
    QueryWord,
    is_claimed_by_hand,
)
from pokea.domain.corroboration import (
    QUERY_TRUSTED_AFTER,
    QUERY_TWICE_APART,
    Corroboration,
    Witness,
    confirm_again_at,
    next_check,
)
from pokea.domain.decision import Applied, Conflicting, Repeated

AttemptDecision = Applied[Attempt] | Repeated | Conflicting

QUERY_CONTEST: Final = "query"
"""What an attempt is contested about when STK Query denies the callback."""

RECEIPT_CONTEST: Final = "receipt"
"""What it is contested about when STK Query says paid and nothing ever named the receipt."""

AMOUNT_CONTEST: Final = "amount"
"""What it is contested about when the callback names another amount."""

OPEN_CONTESTS: Final = frozenset({QUERY_CONTEST, RECEIPT_CONTEST})
"""Contests that Safaricom's own further word may end; any other is for a person alone."""

BY_HAND_FOR: Final = timedelta(minutes=2)
"""How long a payment by hand may wait to be recognised as the prompt's own: without a word from
Safaricom it then stands for itself (STATE_MACHINES section 4 parks such money as long)."""

EXPIRES_AFTER: Final = timedelta(minutes=15)
"""Without evidence an attempt ends as expired: a prompt lives a minute, callbacks come minutes
late (SPEC 7.3); a later success still wins."""

CONFIRMS_FOR: Final = timedelta(minutes=10)
"""A claim that nothing confirmed for so long is shown to a person; asking goes on."""

NEVER_SENT: Final = Failure(
    code="provider_unavailable",
    provider_code="",
    provider_message="M-PESA could not be reached; no prompt was sent.",
)

NEVER_SENT_AFTER: Final = timedelta(minutes=2)
"""A prompt that could not leave for so long would surprise whoever asked for it."""

DOUBT_PAUSE: Final = timedelta(seconds=10)
"""Untrusted callbacks make us ask at once, but not more often: each question is counted."""

SECOND_WITNESS_AFTER: Final = timedelta(seconds=5)
"""Under ``fast``: soon enough to alarm, late enough not to be told that it is in process."""


def answered(attempt: Attempt, at: datetime) -> Attempt:
    """An answer ends an outage, whatever it says."""
    return replace(attempt, deaf_since=None, checked_at=at)


def become(attempt: Attempt, **changes: object) -> Applied[Attempt]:
    """The attempt with changes, as a decision."""
    return Applied(now=replace(attempt, **changes))


def seen(attempt: Attempt, witness: Witness, **changes: Any) -> Attempt:
    """The attempt that has heard a witness; each is named once, in the order of speaking.

    ``changes`` are what the witness said: one copy, because a busy hour makes many.
    """
    if witness not in attempt.witnesses:
        changes["witnesses"] = (*attempt.witnesses, witness)
    return replace(attempt, **changes) if changes else attempt


def let_go(attempt: Attempt) -> Attempt:
    """The attempt without its claim on a payment by hand, waiting as it did before."""
    waiting = attempt.state
    if waiting is AttemptState.CONFIRMING:
        heard = attempt.accepted_at is not None
        waiting = AttemptState.AWAITING_CUSTOMER if heard else AttemptState.UNKNOWN
    return replace(attempt, state=waiting, claim=None, witnesses=(), due_at=None)


def settle(attempt: Attempt, at: datetime, corroboration: Corroboration) -> AttemptDecision:
    """The money counts from here on; asking goes on until the second witness spoke."""
    asking_on = corroboration in {Corroboration.PENDING, Corroboration.UNAVAILABLE}
    return become(
        attempt,
        state=AttemptState.SUCCEEDED,
        receipt=None if attempt.claim is None else attempt.claim.receipt,
        corroboration=corroboration,
        contest=None,
        failure=None,
        query_word=None,
        checks_done=attempt.checks_done + 1,
        due_at=at + SECOND_WITNESS_AFTER if asking_on else None,
    )


def contest_by_query(attempt: Attempt, at: datetime) -> AttemptDecision:
    """The query denies what the callback says; neither is overturned."""
    return become(
        attempt,
        state=AttemptState.CONTESTED,
        contest=QUERY_CONTEST,
        checks_done=attempt.checks_done + 1,
        due_at=at + QUERY_TWICE_APART,
    )


def hear_word(
    attempt: Attempt, *, paid: bool, at: datetime, failure: Failure | None
) -> AttemptDecision:
    """Class C alone: it counts the second time, a minute apart, and past the first 90 s."""
    word = attempt.query_word
    if paid and at - sent_at(attempt) < QUERY_TRUSTED_AFTER:
        return check_later(attempt, at)
    if word is None or word.paid is not paid:
        return become(
            attempt,
            query_word=QueryWord(paid=paid, at=at),
            checks_done=attempt.checks_done + 1,
            due_at=at + QUERY_TWICE_APART,
        )
    if at - word.at < QUERY_TWICE_APART:
        return become(attempt, due_at=word.at + QUERY_TWICE_APART)
    if paid:
        return settle(seen(attempt, Witness.STK_QUERY), at, Corroboration.CONFIRMED)
    return become(
        attempt,
        state=AttemptState.FAILED,
        failure=failure,
        checks_done=attempt.checks_done + 1,
        due_at=None,
    )


def check_later(attempt: Attempt, at: datetime) -> AttemptDecision:
    """Ask again when the schedule says so; after 15 minutes stop waiting."""
    if is_claimed_by_hand(attempt) and _heard_for(attempt, at) >= BY_HAND_FOR:
        attempt = let_go(attempt)
    checked = replace(attempt, checks_done=attempt.checks_done + 1)
    waiting = {AttemptState.AWAITING_CUSTOMER, AttemptState.UNKNOWN}
    if attempt.state in waiting and at - sent_at(attempt) >= EXPIRES_AFTER:
        checked = replace(checked, **_end_of_waiting(attempt))
    if attempt.claim is not None and attempt.state is not AttemptState.SUCCEEDED:
        return _confirm_later(checked, attempt.claim.heard_at, at)
    return become(checked, due_at=next_check(attempt.id, sent_at(attempt), at))


def _heard_for(attempt: Attempt, at: datetime) -> timedelta:
    return timedelta() if attempt.claim is None else at - attempt.claim.heard_at


def _confirm_later(attempt: Attempt, claimed_at: datetime, at: datetime) -> AttemptDecision:
    due_at = confirm_again_at(claimed_at, at)
    if attempt.state is AttemptState.CONTESTED:
        return become(attempt, due_at=due_at)
    if at - claimed_at >= CONFIRMS_FOR:
        return become(
            attempt, state=AttemptState.CONTESTED, contest=RECEIPT_CONTEST, due_at=due_at
        )
    limit = claimed_at + CONFIRMS_FOR
    return become(attempt, due_at=limit if due_at is None else min(due_at, limit))


def _end_of_waiting(attempt: Attempt) -> dict[str, Any]:
    # Only without any evidence: who was told "paid" once must not have the customer pay again.
    if attempt.query_word is not None and attempt.query_word.paid:
        return {"state": AttemptState.CONTESTED, "contest": RECEIPT_CONTEST}
    return {"state": AttemptState.EXPIRED}


def note_paid_word(attempt: Attempt, at: datetime) -> AttemptDecision:
    """Where only a receipt settles, a query's word is kept and in the end shown to a person."""
    word = attempt.query_word
    if attempt.claim is not None or at - sent_at(attempt) < QUERY_TRUSTED_AFTER:
        return check_later(attempt, at)
    if word is None or not word.paid:
        return become(
            attempt,
            query_word=QueryWord(paid=True, at=at),
            checks_done=attempt.checks_done + 1,
            due_at=at + QUERY_TWICE_APART,
        )
    ended = attempt.state in {AttemptState.FAILED, AttemptState.EXPIRED}
    if ended and at - word.at >= QUERY_TWICE_APART:
        return become(
            attempt,
            state=AttemptState.CONTESTED,
            contest=RECEIPT_CONTEST,
            checks_done=attempt.checks_done + 1,
            due_at=at + QUERY_TWICE_APART,
        )
    return check_later(attempt, at)


def sent_at(attempt: Attempt) -> datetime:
    """When waiting began."""
    return attempt.dispatched_at or attempt.created_at
