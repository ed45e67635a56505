"""Results become facts: what Safaricom answers, later, to what we asked.

They come through the same door as every callback and are believed under the same rules: a
listed address, a question of ours, its conversation, and once. A status that names money is a
witness like any other; a queue's time-out says nothing, and the question is asked again.
Source: STATE_MACHINES sections 0.1 and 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, assert_never

from pokea.daraja.callbacks import BalanceResult, StatusResult, Timeout, decode
from pokea.daraja.errors import MalformedCallback
from pokea.domain.errors import Bug
from pokea.domain.ids import InboxId, InquiryId
from pokea.domain.inbox import TIMEOUT, InboxState, ReceivedCallback, Verdict
from pokea.domain.inquiry import (
    Conversation,
    Inquiry,
    InquiryKind,
    InquiryState,
    acknowledged,
    answered,
    belongs,
    given_up,
    refused,
    unsettled,
)
from pokea.domain.status_word import Arrived, Ended, Open, Refused, Strange, read_status
from pokea.flows.deps import Deps
from pokea.flows.hear_result import Figures, figures_of, told_of
from pokea.flows.keep_balances import keep_balances
from pokea.flows.orphans import orphaned
from pokea.flows.ports import Tx
from pokea.flows.resolve_inquiry import save_inquiries, tell_end
from pokea.flows.take_status import take_statuses

DOUBT_PAUSE: Final = timedelta(seconds=60)
"""An untrusted result makes us ask again; not more often, for each question is counted."""

_DECODERS: Final = {InquiryKind.STATUS: "status_result", InquiryKind.BALANCE: "balance_result"}

_Meaning = Arrived | Ended | Open | Refused | Strange | Figures


@dataclass(slots=True)
class _Results:
    """Some results while they are applied: what is held, and what was learned."""

    tx: Tx
    deps: Deps
    at: datetime
    before: dict[InquiryId, Inquiry]
    now: dict[InquiryId, Inquiry]
    learned: list[tuple[Inquiry, _Meaning]] = field(
        default_factory=list[tuple[Inquiry, _Meaning]]
    )


def apply_results(
    tx: Tx, deps: Deps, callbacks: Sequence[ReceivedCallback], at: datetime
) -> dict[InboxId, Verdict]:
    """Apply results and time-outs that arrived together; a verdict for each."""
    held = tx.inquiries.lock({InquiryId(one.subject) for one in callbacks})
    results = _Results(tx=tx, deps=deps, at=at, before=held, now=dict(held))
    verdicts = {one.id: _judge(results, one) for one in callbacks}
    save_inquiries(tx, [one for name, one in results.now.items() if one != held[name]])
    take_statuses(
        tx,
        deps,
        [(one, word) for one, word in results.learned if isinstance(word, Arrived | Ended)],
        at,
    )
    keep_balances(
        tx,
        deps,
        [(one, word) for one, word in results.learned if isinstance(word, Figures)],
        at,
    )
    for inquiry in results.now.values():
        if inquiry.state is not held[inquiry.id].state:
            tell_end(inquiry, inquiry.state.value)
    return verdicts


def _judge(results: _Results, callback: ReceivedCallback) -> Verdict:
    inquiry = results.now.get(InquiryId(callback.subject))
    if inquiry is None:
        return orphaned(callback, "no_such_inquiry", results.at)
    if not callback.ip_listed:
        return _doubt(results, inquiry, callback, InboxState.QUARANTINED, "address_not_listed")
    kind = "timeout" if callback.kind == TIMEOUT else _DECODERS[inquiry.kind]
    try:
        told = decode(kind, callback.body)
    except MalformedCallback as malformed:
        return _doubt(results, inquiry, callback, InboxState.MALFORMED, malformed.reason)
    if isinstance(told, Timeout):
        return _give_up(results, inquiry, callback)
    if not isinstance(told, StatusResult | BalanceResult):
        raise Bug(f"a {type(told).__name__} in answer to a question")
    conversation = Conversation(
        told.result.conversation_id, told.result.originator_conversation_id
    )
    if not belongs(inquiry, conversation):
        return _verdict(callback, InboxState.CONFLICT, "conversation_id")
    meaning = _meaning(results, inquiry, told)
    if isinstance(meaning, Strange):
        return _doubt(results, inquiry, callback, InboxState.CONFLICT, meaning.field)
    return _learn(results, callback, acknowledged(inquiry, conversation), meaning)


def _meaning(
    results: _Results, inquiry: Inquiry, told: StatusResult | BalanceResult
) -> _Meaning:
    if isinstance(told, BalanceResult):
        return figures_of(told)
    collector = results.tx.shortcodes.of(inquiry.shortcode, livemode=inquiry.livemode)
    till = None if collector is None else collector.till
    ours = {inquiry.shortcode.digits} | ({till.digits} if till else set[str]())
    return read_status(inquiry, told_of(told), frozenset(ours))


def _learn(
    results: _Results,
    callback: ReceivedCallback,
    inquiry: Inquiry,
    meaning: Arrived | Ended | Open | Refused | Figures,
) -> Verdict:
    """Let a question become what an answer makes of it; the last word is spoken once."""
    after = _after(inquiry, meaning, results.at)
    if inquiry.state is InquiryState.ANSWERED:
        if after.outcome == inquiry.outcome:
            return _verdict(callback, InboxState.DUPLICATE)
        return _verdict(callback, InboxState.CONFLICT, "outcome")
    results.now[inquiry.id] = after
    results.learned.append((after, meaning))
    return _verdict(callback, InboxState.APPLIED)


def _after(
    inquiry: Inquiry, meaning: Arrived | Ended | Open | Refused | Figures, at: datetime
) -> Inquiry:
    match meaning:
        case Arrived() | Ended() | Figures():
            return answered(inquiry, meaning.outcome, at)
        case Open(outcome):
            return unsettled(inquiry, outcome, at)
        case Refused(code):
            return refused(inquiry, code, at)
        case _:
            assert_never(meaning)


def _give_up(results: _Results, inquiry: Inquiry, callback: ReceivedCallback) -> Verdict:
    if inquiry.state is not InquiryState.ASKED:
        return _verdict(callback, InboxState.DUPLICATE)
    results.now[inquiry.id] = given_up(inquiry, results.at)
    return _verdict(callback, InboxState.APPLIED)


def _doubt(
    results: _Results,
    inquiry: Inquiry,
    callback: ReceivedCallback,
    state: InboxState,
    reason: str,
) -> Verdict:
    """Not believed: nothing follows, but that the question is asked again soon."""
    if inquiry.state is InquiryState.ASKED and inquiry.asked_at is not None:
        soonest = max(results.at, inquiry.asked_at + DOUBT_PAUSE)
        if inquiry.due_at is None or inquiry.due_at > soonest:
            results.now[inquiry.id] = replace(inquiry, due_at=soonest)
    return _verdict(callback, state, reason)


def _verdict(
    callback: ReceivedCallback, state: InboxState, reason: str | None = None
) -> Verdict:
    return Verdict(id=callback.id, state=state, reason=reason)
