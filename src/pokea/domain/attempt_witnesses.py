"""Who names an attempt's receipt, and who denies it: callbacks and every other source.

Two different witnesses that name the same receipt settle any amount. A payment by hand that
looks like the prompt's is claimed by it for a while, so that one money is never counted twice;
when the prompt turns out to have ended otherwise, the claim is let go and the money stands for
itself. Source: STATE_MACHINES sections 0.1, 3 and 4.
"""

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from pokea.domain.attempt import (
    AmountProven,
    Attempt,
    AttemptState,
    CallbackDisagreed,
    CallbackFailed,
    CallbackPaid,
    Failure,
    PaidClaim,
    ReceiptHeard,
    is_claimed_by_hand,
)
from pokea.domain.attempt_steps import (
    AMOUNT_CONTEST,
    OPEN_CONTESTS,
    RECEIPT_CONTEST,
    AttemptDecision,
    become,
    let_go,
    seen,
    settle,
)
from pokea.domain.corroboration import Corroboration, Policy, Rules, Witness
from pokea.domain.decision import Conflicting, Repeated


def on_callback_paid(attempt: Attempt, event: CallbackPaid, rules: Rules) -> AttemptDecision:
    """A believed callback names a receipt of the exact amount."""
    by_hand = is_claimed_by_hand(attempt)
    if by_hand and (attempt.claim is None or attempt.claim.receipt != event.claim.receipt):
        # Another money than the one paid by hand, which stands for itself from here on.
        attempt, by_hand = replace(attempt, claim=None, witnesses=()), False
    claimed = seen(
        attempt,
        Witness.STK_CALLBACK,
        checkout_request_id=event.checkout_request_id,
        merchant_request_id=event.merchant_request_id,
        claim=attempt.claim if by_hand else event.claim,
        deaf_since=None,
    )
    if by_hand:
        return settle(claimed, event.at, Corroboration.CONFIRMED)
    return _hear_claim(attempt, claimed, event.claim, rules, event.at)


def on_receipt_heard(attempt: Attempt, event: ReceiptHeard, rules: Rules) -> AttemptDecision:
    """Another source names a receipt; its amount is the attempt's own."""
    witness = event.claim.witness
    if attempt.claim is None or attempt.claim.receipt != event.claim.receipt:
        claimed = seen(attempt, witness, claim=event.claim, deaf_since=None)
        return _hear_claim(attempt, claimed, event.claim, rules, event.at)
    heard = seen(attempt, witness)
    if attempt.proven is not None:
        return Repeated()  # the very money that is booked as contested: a person has it
    match attempt.state:
        case AttemptState.SUCCEEDED:
            if attempt.corroboration is Corroboration.CONFIRMED:
                return Repeated()
            if witness in attempt.witnesses:
                return Repeated()
            return become(heard, corroboration=Corroboration.CONFIRMED, due_at=None)
        case (
            AttemptState.CREATED
            | AttemptState.DISPATCHING
            | AttemptState.UNKNOWN
            | AttemptState.AWAITING_CUSTOMER
            | AttemptState.CONFIRMING
            | AttemptState.CONTESTED
            | AttemptState.FAILED
            | AttemptState.EXPIRED
        ):
            if witness in attempt.witnesses and not witness.is_authoritative:
                return Repeated()
            return settle(heard, event.at, Corroboration.CONFIRMED)
        case _:
            assert_never(attempt.state)


def _hear_claim(
    attempt: Attempt, claimed: Attempt, claim: PaidClaim, rules: Rules, at: datetime
) -> AttemptDecision:
    """A receipt that the attempt did not know; ``claimed`` is the attempt that takes it."""
    match attempt.state:
        case (
            AttemptState.CREATED
            | AttemptState.DISPATCHING
            | AttemptState.UNKNOWN
            | AttemptState.AWAITING_CUSTOMER
        ):
            return _weigh_claim(claimed, at, rules, waiting=AttemptState.CONFIRMING)
        case AttemptState.CONFIRMING:
            if attempt.claim is None:
                return _weigh_claim(claimed, at, rules, waiting=AttemptState.CONFIRMING)
            return _other_claim(attempt.claim, claim)
        case AttemptState.FAILED | AttemptState.EXPIRED:
            # Late success. The state stays while the second witness is asked for, because a
            # newer attempt of the same payment may be in flight.
            if attempt.claim is not None:
                return _other_claim(attempt.claim, claim)
            return _weigh_claim(claimed, at, rules, waiting=attempt.state)
        case AttemptState.CONTESTED:
            if attempt.claim is None and attempt.contest == RECEIPT_CONTEST:
                return _weigh_claim(claimed, at, rules, waiting=attempt.state)
            if attempt.claim is None:
                return Conflicting(field="claim")
            return _other_claim(attempt.claim, claim)
        case AttemptState.SUCCEEDED:
            if attempt.claim is not None:
                return _other_claim(attempt.claim, claim)
            # Settled by query alone; this brings the receipt.
            return become(
                claimed,
                receipt=claim.receipt,
                corroboration=Corroboration.CONFIRMED,
                due_at=None,
            )
        case _:
            assert_never(attempt.state)


def _weigh_claim(
    claimed: Attempt, at: datetime, rules: Rules, *, waiting: AttemptState
) -> AttemptDecision:
    if claimed.claim is not None and claimed.claim.witness.is_authoritative:
        return settle(claimed, at, Corroboration.CONFIRMED)
    if rules.policy is Policy.FAST:
        return settle(claimed, at, Corroboration.PENDING)
    agreed = claimed.query_word is not None and claimed.query_word.paid
    if agreed and claimed.amount < rules.receipt_witness_above:
        return settle(seen(claimed, Witness.STK_QUERY), at, Corroboration.CONFIRMED)
    return become(claimed, state=waiting, due_at=at)


def _other_claim(known: PaidClaim, heard: PaidClaim) -> AttemptDecision:
    return Repeated() if known.receipt == heard.receipt else Conflicting(field="receipt")


def on_callback_failed(attempt: Attempt, event: CallbackFailed) -> AttemptDecision:
    """A believed callback says that the prompt moved no money."""
    if is_claimed_by_hand(attempt) and attempt.state is AttemptState.CONFIRMING:
        attempt = let_go(attempt)  # the money came, and not by this prompt
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
            if attempt.claim is None and _is_the_same(attempt.failure, event.failure):
                return Repeated()
            return Conflicting(field="result")
        case AttemptState.CONFIRMING | AttemptState.CONTESTED | AttemptState.SUCCEEDED:
            return Conflicting(field="result")  # money wins; see DoubtRaised for the question
        case _:
            assert_never(attempt.state)


def _is_the_same(known: Failure | None, heard: Failure) -> bool:
    """Whether a failure contradicts nothing; a query may word the same result differently."""
    if known is None:
        return True
    return known.code == heard.code or known.provider_code == heard.provider_code


def on_callback_disagreed(attempt: Attempt, event: CallbackDisagreed) -> AttemptDecision:
    """A callback names another amount or payer than we asked for."""
    return dispute(attempt, event)


def dispute(attempt: Attempt, event: CallbackDisagreed) -> AttemptDecision:
    """A person decides, unless the attempt is settled or one is deciding already."""
    match attempt.state:
        case AttemptState.SUCCEEDED:
            if attempt.corroboration in {Corroboration.CONFIRMED, Corroboration.DISAGREES}:
                return Conflicting(field=event.about)
            # Settled on one witness, and this one says otherwise: an alarm, no reversal.
            return become(attempt, corroboration=Corroboration.DISAGREES, due_at=None)
        case AttemptState.CONTESTED:
            return Conflicting(field=event.about)
        case (
            AttemptState.CREATED
            | AttemptState.DISPATCHING
            | AttemptState.AWAITING_CUSTOMER
            | AttemptState.UNKNOWN
            | AttemptState.CONFIRMING
            | AttemptState.FAILED
            | AttemptState.EXPIRED
        ):
            return become(
                attempt,
                state=AttemptState.CONTESTED,
                contest=event.about,
                told=event.told,
                told_receipt=event.receipt,
                due_at=event.at,
            )
        case _:
            assert_never(attempt.state)


def on_amount_proven(attempt: Attempt, event: AmountProven) -> AttemptDecision:
    """Safaricom says what really arrived for a contested attempt: now it can be booked."""
    if attempt.state is not AttemptState.CONTESTED or attempt.contest in OPEN_CONTESTS:
        return Conflicting(field="contest")
    if attempt.proven is not None:
        return Repeated() if attempt.proven == event.amount else Conflicting(field="amount")
    by_prompt = Witness.STK_CALLBACK in attempt.witnesses
    if attempt.claim is not None and by_prompt and attempt.claim.receipt != event.receipt:
        return Conflicting(field="receipt")  # one prompt has one receipt: two stories
    claim = PaidClaim(
        receipt=event.receipt,
        amount=event.amount,
        paid_at=event.at,
        heard_at=event.at,
        witness=event.witness,
    )
    proven = replace(
        seen(attempt, event.witness), claim=claim, proven=event.amount, due_at=None
    )
    if attempt.contest == AMOUNT_CONTEST and event.amount == attempt.amount:
        # The callback was wrong and the money is as asked.
        return settle(replace(proven, proven=None), event.at, Corroboration.CONFIRMED)
    return become(proven)
