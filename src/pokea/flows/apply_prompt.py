"""Callbacks of prompts: decode, match, decide, record.

The path names the attempt. Money that a callback names may be in the books already, told by its
C2B confirmation a moment before: then the two are each other's witness.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pokea.daraja.callbacks import StkFailed, StkPaid, decode
from pokea.daraja.errors import MalformedCallback
from pokea.daraja.results import Kind
from pokea.daraja.values import Receipt
from pokea.domain.attempt import (
    Attempt,
    AttemptEvent,
    AttemptState,
    CallbackDisagreed,
    CallbackPaid,
    DoubtRaised,
    Failure,
    ReceiptHeard,
)
from pokea.domain.attempt_machine import decide
from pokea.domain.attempt_steps import AttemptDecision
from pokea.domain.belief import Believed, match
from pokea.domain.corroboration import Corroboration, Rules, Witness
from pokea.domain.decision import Applied, Conflicting, Repeated
from pokea.domain.errors import Bug
from pokea.domain.event import EventType
from pokea.domain.ids import AttemptId, InboxId, PaymentId
from pokea.domain.inbox import (
    InboxState,
    ReceivedCallback,
    Told,
    ToldFailed,
    ToldPaid,
    ToldUnclear,
    Verdict,
)
from pokea.domain.payment import AlarmRaised
from pokea.domain.receipt import ReceiptState
from pokea.flows.deps import Deps, QueryBudget
from pokea.flows.desk import Desk
from pokea.flows.orphans import orphaned
from pokea.flows.ports import Tx
from pokea.flows.record import Change, HeldReceipts, hold_receipts, record_attempts

_Heard = tuple[ReceivedCallback, Told | MalformedCallback]
"""A callback and what it says."""


@dataclass(slots=True)
class _Group:
    """A group of callbacks while it is being applied: what is held, and what has become."""

    before: dict[AttemptId, Attempt]
    now: dict[AttemptId, Attempt]
    rows: HeldReceipts
    owners: dict[Receipt, AttemptId]
    prompts: dict[str, AttemptId]
    rules: Rules
    at: datetime


def judge_prompts(
    tx: Tx,
    deps: Deps,
    callbacks: Sequence[ReceivedCallback],
    held: dict[AttemptId, Attempt],
    at: datetime,
) -> dict[InboxId, Verdict]:
    """Apply callbacks of prompts that are held; what became of each."""
    heard = [(callback, hear_prompt(callback)) for callback in callbacks]
    group = _Group(
        before=held,
        now=dict(held),
        rows=_rows(tx, heard),
        owners={},
        prompts=_prompts(tx, held, heard),
        rules=deps.rules,
        at=at,
    )
    verdicts = {callback.id: _judge(group, callback, told) for callback, told in heard}
    _doubt_the_named(tx, group, heard, verdicts)
    record_attempts(tx, deps, _changes(group, deps.budget), at, group.rows)
    _alarm(tx, deps, group, callbacks, verdicts)
    return verdicts


def hear_prompt(callback: ReceivedCallback) -> Told | MalformedCallback:
    """What a body says, in our words, or why it says nothing."""
    try:
        said = decode("stk", callback.body)
    except MalformedCallback as malformed:
        return malformed
    if isinstance(said, StkPaid):
        return ToldPaid(
            checkout_request_id=said.checkout_request_id,
            merchant_request_id=said.merchant_request_id,
            receipt=said.receipt,
            amount=said.amount,
            paid_at=said.paid_at,
            payer=said.payer,
        )
    if not isinstance(said, StkFailed):
        raise Bug("an STK callback of another kind")
    if said.result.kind is not Kind.FAILED:
        return ToldUnclear(
            checkout_request_id=said.checkout_request_id,
            merchant_request_id=said.merchant_request_id,
            code=said.code,
        )
    return ToldFailed(
        checkout_request_id=said.checkout_request_id,
        merchant_request_id=said.merchant_request_id,
        failure=Failure(
            code=said.result.failure_code,
            provider_code=said.code,
            provider_message=said.description,
        ),
    )


def _prompts(
    tx: Tx, held: dict[AttemptId, Attempt], heard: Sequence[_Heard]
) -> dict[str, AttemptId]:
    """Whose the ids are that callbacks bring to attempts which have none yet."""
    new = {
        told.checkout_request_id
        for callback, told in heard
        if not isinstance(told, MalformedCallback)
        and (attempt := held.get(AttemptId(callback.subject))) is not None
        and attempt.checkout_request_id is None
    }
    return tx.attempts.prompted_as(new) if new else {}


def _rows(tx: Tx, heard: Sequence[_Heard]) -> HeldReceipts:
    """What is known already of the receipts that are named."""
    named = {
        told.receipt
        for _, told in heard
        if isinstance(told, ToldPaid) and told.receipt is not None
    }
    return hold_receipts(tx, named)


def _judge(
    group: _Group, callback: ReceivedCallback, told: Told | MalformedCallback
) -> Verdict:
    """Decide one callback and let its attempt become what follows."""
    attempt = group.now.get(AttemptId(callback.subject))
    if attempt is None:
        return orphaned(callback, "no_such_attempt", group.at)
    if isinstance(told, MalformedCallback):
        _become(group, attempt, DoubtRaised(at=group.at))
        return Verdict(id=callback.id, state=InboxState.MALFORMED, reason=told.reason)
    if group.prompts.get(told.checkout_request_id, attempt.id) != attempt.id:
        _become(group, attempt, DoubtRaised(at=group.at))
        return Verdict(id=callback.id, state=InboxState.CONFLICT, reason="checkout_request_id")
    matched = match(attempt, told, ip_listed=callback.ip_listed, now=group.at)
    if not isinstance(matched, Believed):
        _become(group, attempt, matched.event)
        return Verdict(id=callback.id, state=matched.state, reason=matched.reason)
    taken = _taken(group, attempt, matched.event)
    if taken is not None:
        _become(group, attempt, DoubtRaised(at=group.at))
        return Verdict(id=callback.id, state=InboxState.CONFLICT, reason=taken)
    return _apply(group, callback, attempt, matched.event)


def _taken(group: _Group, attempt: Attempt, event: AttemptEvent) -> str | None:
    """Why a receipt cannot be this attempt's, or None when it is from here on."""
    if not isinstance(event, CallbackPaid):
        return None
    receipt = event.claim.receipt
    if group.owners.setdefault(receipt, attempt.id) != attempt.id:
        return "receipt_taken"
    row = group.rows.get(receipt)
    if row is None:
        return None
    if row.attempt_id is not None:
        return None if row.attempt_id == attempt.id else "receipt_taken"
    if row.state in {ReceiptState.MATCHED, ReceiptState.REVERSED}:
        if attempt.state is AttemptState.SUCCEEDED:
            return "receipt_taken"  # counted beside an attempt that was booked without receipt
        owners = {part.payment_id for part in row.parts}
        return None if owners <= {attempt.payment_id} else "receipt_taken"
    return None if row.amount == event.claim.amount else "receipt_amount"


def _apply(
    group: _Group, callback: ReceivedCallback, attempt: Attempt, event: AttemptEvent
) -> Verdict:
    match _become(group, attempt, event):
        case Applied(now=now):
            _hear_twin(group, now, event)
            return Verdict(id=callback.id, state=InboxState.APPLIED)
        case Repeated():
            return Verdict(id=callback.id, state=InboxState.DUPLICATE)
        case Conflicting(field=field):
            if attempt.state is AttemptState.SUCCEEDED:
                _become(group, attempt, CallbackDisagreed(at=group.at, about=field))
            else:
                _become(group, attempt, DoubtRaised(at=group.at))
            return Verdict(id=callback.id, state=InboxState.CONFLICT, reason=field)


def _hear_twin(group: _Group, attempt: Attempt, event: AttemptEvent) -> None:
    """Another source named this receipt before: that is the second witness."""
    if not isinstance(event, CallbackPaid):
        return
    row = group.rows.get(event.claim.receipt)
    if row is None or row.heard_from is Witness.STK_CALLBACK:
        return
    claim = replace(event.claim, witness=row.heard_from)
    _become(group, attempt, ReceiptHeard(at=group.at, claim=claim))


def _doubt_the_named(
    tx: Tx, group: _Group, heard: Sequence[_Heard], verdicts: dict[InboxId, Verdict]
) -> None:
    """Whose prompt was named on another one's path is asked about, too."""
    named = {
        told.checkout_request_id
        for callback, told in heard
        if not isinstance(told, MalformedCallback)
        and verdicts[callback.id].reason == "checkout_request_id"
    }
    if not named:
        return
    owners = set(tx.attempts.prompted_as(named).values())
    others = tx.attempts.lock_idle(owners - group.now.keys())
    group.before.update(others)
    group.now.update(others)
    for owner in owners & group.now.keys():
        _become(group, group.now[owner], DoubtRaised(at=group.at))


def _become(group: _Group, attempt: Attempt, event: AttemptEvent) -> AttemptDecision:
    decision = decide(attempt, event, group.rules)
    if isinstance(decision, Applied):
        group.now[attempt.id] = decision.now
    return decision


def _changes(group: _Group, budget: QueryBudget) -> list[Change]:
    return [
        Change(before=before, after=_within(budget, group.now[attempt_id]))
        for attempt_id, before in group.before.items()
    ]


def _within(budget: QueryBudget, attempt: Attempt) -> Attempt:
    """Under ``fast``, ask for the second witness of as many payments as the budget allows."""
    if attempt.corroboration is not Corroboration.PENDING or attempt.due_at is None:
        return attempt
    if budget.take_spare(attempt.shortcode):
        return attempt
    return replace(attempt, due_at=None)


# ── alarms ───────────────────────────────────────────────────────────────────────────────


def _alarm(
    tx: Tx,
    deps: Deps,
    group: _Group,
    callbacks: Sequence[ReceivedCallback],
    verdicts: dict[InboxId, Verdict],
) -> None:
    """Tell merchants of contradictions and of strangers who know a path."""
    raised: dict[PaymentId, EventType] = {}
    for callback in callbacks:
        attempt = group.before.get(AttemptId(callback.subject))
        verdict = verdicts[callback.id]
        if attempt is None:
            continue
        if verdict.state is InboxState.CONFLICT and not _goes_to_review(group, attempt):
            raised[attempt.payment_id] = EventType.SECURITY_CALLBACK_CONFLICT
        elif verdict.reason == "address_not_listed" and _is_first(tx, callback):
            raised.setdefault(attempt.payment_id, EventType.SECURITY_CALLBACK_QUARANTINED)
    if not raised:
        return
    desk = Desk(tx, deps, group.at)
    desk.hold(raised.keys())
    for payment_id, alarm in raised.items():
        desk.tell(payment_id, AlarmRaised(event=alarm), None)
    desk.write()


def _goes_to_review(group: _Group, before: Attempt) -> bool:
    """Whether the payment itself tells of the contradiction."""
    after = group.now[before.id]
    contested = AttemptState.CONTESTED
    if after.state is contested and before.state is not contested:
        return True
    disagrees = Corroboration.DISAGREES
    return after.corroboration is disagrees and before.corroboration is not disagrees


def _is_first(tx: Tx, callback: ReceivedCallback) -> bool:
    """One alarm for each prompt: who may post once may post a thousand times."""
    return not any(not listed for *_, listed in tx.inbox.known({callback.subject}))
