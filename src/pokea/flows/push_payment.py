"""The second half of a prompt: call Safaricom once, and write down what it said.

Nothing here is repeated: an answer that we do not understand, or never hear, leaves the attempt
in doubt, and only Safaricom's own word ends doubt.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import assert_never

import structlog

from pokea.domain.attempt import (
    Attempt,
    AttemptEvent,
    AttemptState,
    CallbackDisagreed,
    Dispatched,
    PushAccepted,
    PushDeferred,
    PushRefused,
    PushUnanswered,
    QueryPaid,
    QueryTaughtNothing,
)
from pokea.domain.attempt_machine import decide
from pokea.domain.attempt_steps import NEVER_SENT, RECEIPT_CONTEST, AttemptDecision
from pokea.domain.capability import path_for
from pokea.domain.decision import Applied, Conflicting
from pokea.domain.ids import AttemptId
from pokea.domain.inbox import PROMPT
from pokea.domain.payment import Payment, PaymentState
from pokea.domain.receipt import ReceiptRecord
from pokea.domain.twins import TWIN_WITHIN, looks_like, receipt_heard
from pokea.flows.deps import Deps
from pokea.flows.errors import Unavailable
from pokea.flows.ports import (
    Accepted,
    Answer,
    Deferred,
    PushOutcome,
    Refused,
    Tx,
    Unanswered,
)
from pokea.flows.prove_quarantined import prove_quarantined
from pokea.flows.record import Change, record_attempts

_log = structlog.get_logger()


async def push_attempt(deps: Deps, attempt: Attempt, *, description: str | None) -> None:
    """Send a dispatched attempt to Safaricom and record the answer."""
    path = f"/i/{PROMPT}/" + path_for(attempt.id, purpose=PROMPT, key=deps.path_keys[0])
    outcome, answer = await deps.provider.push(
        attempt, callback_path=path, description=description or "Payment"
    )
    now = deps.clock.now()
    event = _event(outcome, now)

    def write(tx: Tx) -> None:
        tx.calls.add(attempt.id, "push", answer, now)
        apply_event(tx, deps, attempt.id, _unless_taken(tx, attempt, event), now)

    await with_evidence(deps, attempt, "push", answer, write)


async def with_evidence(
    deps: Deps, attempt: Attempt, kind: str, answer: Answer, write: Callable[[Tx], None]
) -> None:
    """Write what an answer means; if that fails, keep at least the answer."""
    try:
        await deps.db.write(write)
    except Unavailable:
        raise
    except Exception:
        now = deps.clock.now()
        await deps.db.write(lambda tx: tx.calls.add(attempt.id, kind, answer, now))
        raise


def _unless_taken(tx: Tx, attempt: Attempt, event: AttemptEvent) -> AttemptEvent:
    """An answer that names another attempt's prompt is for a person."""
    if not isinstance(event, PushAccepted):
        return event
    owner = tx.attempts.prompted_as([event.checkout_request_id]).get(event.checkout_request_id)
    if owner in {None, attempt.id}:
        return event
    return CallbackDisagreed(at=event.at, about="checkout_request_id")


async def send_again(deps: Deps, attempt: Attempt) -> None:
    """Send an attempt that never left, unless another worker is already doing so."""
    now = deps.clock.now()

    def take(tx: Tx) -> Attempt | None:
        tx.attempts.lock([attempt.id])  # attempts before payments, everywhere
        payment = tx.payments.lock([attempt.payment_id]).get(attempt.payment_id)
        if payment is None or not _still_wanted(payment, attempt, now):
            apply_event(tx, deps, attempt.id, PushRefused(at=now, failure=NEVER_SENT), now)
            return None
        return apply_event(tx, deps, attempt.id, Dispatched(at=now), now)

    taken = await deps.db.write(take)
    if taken is not None:
        await push_attempt(deps, taken, description=None)


def _still_wanted(payment: Payment, attempt: Attempt, now: datetime) -> bool:
    """A payment that was paid, disputed or ended meanwhile must not be prompted for."""
    asked = payment.state is PaymentState.PROCESSING
    return asked and payment.latest_attempt_id == attempt.id and payment.expires_at > now


def apply_event(
    tx: Tx, deps: Deps, attempt_id: AttemptId, event: AttemptEvent, at: datetime
) -> Attempt | None:
    """Decide and record one event of one attempt; None when it changed nothing."""
    held = tx.attempts.lock([attempt_id]).get(attempt_id)
    if held is None:
        return None
    decision = _decide(tx, deps, held, event)
    if isinstance(decision, Conflicting):
        _log.error("attempt.conflict", attempt=attempt_id, field=decision.field)
    if not isinstance(decision, Applied):
        return None
    record_attempts(tx, deps, [Change(before=held, after=decision.now)], at)
    if decision.now.receipt is not None and held.receipt is None:
        prove_quarantined(tx, [decision.now])
    return tx.attempts.get(attempt_id)


def _decide(tx: Tx, deps: Deps, held: Attempt, event: AttemptEvent) -> AttemptDecision:
    decision = _with_its_money(tx, deps, held, event)
    if isinstance(event, QueryPaid) and not isinstance(decision, Applied):
        # A person has it already: this answer adds nothing, and the next question has its time.
        return decide(held, QueryTaughtNothing(at=event.at, reachable=True), deps.rules)
    return decision


def _with_its_money(tx: Tx, deps: Deps, held: Attempt, event: AttemptEvent) -> AttemptDecision:
    """What an event makes of an attempt, unless what paid it may be counted elsewhere."""
    decision = decide(held, event, deps.rules)
    if not isinstance(decision, Applied):
        return decision
    after = decision.now
    if after.state is AttemptState.SUCCEEDED and after.receipt is None:
        return _with_its_receipt(tx, deps, held, decision)
    if after.receipt is None or held.receipt is not None:
        return decision
    row = tx.receipts.lock([after.receipt]).get(after.receipt)
    if row is None or row.attempt_id in {None, held.id}:
        return decision
    # Another attempt was paid by this receipt: one money, and a person says whose.
    return decide(held, CallbackDisagreed(at=event.at, about="receipt_taken"), deps.rules)


def _with_its_receipt(
    tx: Tx, deps: Deps, held: Attempt, settled: Applied[Attempt]
) -> AttemptDecision:
    """Money that was paid without a receipt may be here already, told as paid by hand."""
    if held.state is AttemptState.SUCCEEDED:
        return settled
    alike = [row for row in tx.receipts.like(held, TWIN_WITHIN) if looks_like(held, row.told)]
    twins = [row for row in alike if _is_free(held, row)]
    if not alike:
        return settled
    now = deps.clock.now()
    if len(twins) != 1:
        # Whichever it is, also one that pays another by now, counting it here as well might
        # count it twice: a person looks, unless the receipt itself is heard of before.
        about = CallbackDisagreed(at=now, about=RECEIPT_CONTEST)
        return decide(held, about, deps.rules)
    decision = decide(held, receipt_heard(twins[0].told, now), deps.rules)
    if not isinstance(decision, Applied) or decision.now.state is AttemptState.SUCCEEDED:
        return decision
    return decide(decision.now, QueryPaid(at=now), deps.rules)


def _is_free(attempt: Attempt, row: ReceiptRecord) -> bool:
    """Nobody else's: not matched to another payment or customer."""
    return all(part.payment_id == attempt.payment_id for part in row.parts)


def _event(outcome: PushOutcome, now: datetime) -> AttemptEvent:
    match outcome:
        case Accepted():
            return PushAccepted(
                at=now,
                checkout_request_id=outcome.checkout_request_id,
                merchant_request_id=outcome.merchant_request_id,
            )
        case Refused():
            return PushRefused(at=now, failure=outcome.failure)
        case Deferred():
            return PushDeferred(
                at=now,
                retry_at=now + timedelta(seconds=outcome.retry_after_s),
                steady=outcome.steady,
            )
        case Unanswered():
            return PushUnanswered(at=now)
        case _:
            assert_never(outcome)
