"""A question is due: ask it, ask it again, or give up and say so.

Asking changes nothing at Safaricom, so a killed worker's question is simply asked again when
its answer should have come.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Final, assert_never

import structlog
from prometheus_client import Counter

from pokea.domain.capability import path_for
from pokea.domain.ids import AttemptId, InquiryId
from pokea.domain.inbox import RESULT, TIMEOUT
from pokea.domain.inquiry import (
    Inquiry,
    InquiryState,
    acknowledged,
    asking,
    fell_silent,
    is_spent,
    put_off,
    refused,
)
from pokea.domain.query_budget import Urgency
from pokea.flows.deps import Deps
from pokea.flows.ports import (
    Asked,
    AskOutcome,
    Declined,
    Inquirer,
    PutOff,
    Tx,
    Unheard,
    Work,
    WorkKind,
)

INQUIRIES: Final = Counter(
    "pokea_inquiries_total", "Questions by how they ended", ["kind", "as"]
)
_log = structlog.get_logger()


async def resolve_inquiry(deps: Deps, inquiry_id: InquiryId) -> None:
    """Do what a question is due for; nothing when it is not due (any more)."""
    now = deps.clock.now()
    inquiry = await deps.db.read(lambda tx: tx.inquiries.get(inquiry_id))
    if not _is_due(inquiry, deps) or inquiry is None:
        return
    inquirer = deps.inquirer
    if inquirer is None or is_spent(inquiry, now):
        await deps.db.write(lambda tx: _change(tx, inquiry, fell_silent(inquiry)))
        tell_end(inquiry, "silent")
        return
    waits = inquiry.attempt_id is not None and inquiry.tries == 0
    urgency = Urgency.CUSTOMER if waits else Urgency.DOUBT
    wait_s = await deps.budget.take(inquiry.shortcode, urgency)
    if wait_s:
        later = replace(inquiry, due_at=now + timedelta(seconds=wait_s))
        await deps.db.write(lambda tx: _change(tx, inquiry, later))
        return
    taken = await deps.db.write(
        lambda tx: _change(tx, inquiry, asking(inquiry, inquirer.mark, now))
    )
    if taken is not None:
        await _ask(deps, inquirer, taken)


def _is_due(inquiry: Inquiry | None, deps: Deps) -> bool:
    if inquiry is None or inquiry.state is not InquiryState.ASKED or inquiry.due_at is None:
        return False
    return inquiry.due_at <= deps.clock.now()


def _change(tx: Tx, before: Inquiry, after: Inquiry) -> Inquiry | None:
    """Write a change, unless another worker or an answer was quicker."""
    held = tx.inquiries.lock([before.id]).get(before.id)
    if held is None or held.version != before.version:
        return None
    save_inquiries(tx, [after])
    return tx.inquiries.get(before.id)


def save_inquiries(tx: Tx, changed: list[Inquiry]) -> None:
    """Write questions, and have the engine look at them when they are due."""
    tx.inquiries.save(changed)
    for one in changed:
        if one.due_at is not None:
            tx.hand_over(Work(kind=WorkKind.INQUIRY, ids=(one.id,), due_at=one.due_at))


async def _ask(deps: Deps, inquirer: Inquirer, inquiry: Inquiry) -> None:
    outcome, answer = await inquirer.ask(
        inquiry,
        result_path=_path(deps, inquiry, RESULT),
        timeout_path=_path(deps, inquiry, TIMEOUT),
    )
    if isinstance(outcome, PutOff) and outcome.too_often:
        deps.budget.slow_down(inquiry.shortcode, outcome.retry_after_s)
    now = deps.clock.now()
    subject = inquiry.attempt_id or AttemptId(inquiry.id)

    def write(tx: Tx) -> None:
        tx.calls.add(subject, inquiry.kind.value, answer, now)
        held = tx.inquiries.lock([inquiry.id])[inquiry.id]
        after = _after(held, outcome, deps)
        # An answer may have been quicker than the acknowledgement: its word stands.
        if after != held and (held.tries == inquiry.tries):
            save_inquiries(tx, [after])

    await deps.db.write(write)
    if isinstance(outcome, Declined):
        _log.error(
            "inquiry.declined", id=inquiry.id, code=outcome.code, message=outcome.message
        )
        tell_end(inquiry, "declined")


def _after(held: Inquiry, outcome: AskOutcome, deps: Deps) -> Inquiry:
    now = deps.clock.now()
    open_still = held.state is InquiryState.ASKED
    match outcome:
        case Asked(conversation):
            return acknowledged(held, conversation)
        case Declined():
            why = f"{outcome.code} {outcome.message}".strip()
            return refused(held, why, now) if open_still else held
        case PutOff():
            until = now + timedelta(seconds=outcome.retry_after_s)
            return put_off(held, until) if open_still else held
        case Unheard():
            return held
        case _:
            assert_never(outcome)


def _path(deps: Deps, inquiry: Inquiry, purpose: str) -> str:
    return f"/i/{purpose}/" + path_for(inquiry.id, purpose=purpose, key=deps.path_keys[0])


def tell_end(inquiry: Inquiry, how: str) -> None:
    """Count how a question ended, and say it when nobody answered."""
    INQUIRIES.labels(inquiry.kind.value, how).inc()
    if how == "silent":
        _log.error(
            "inquiry.silent",
            kind=inquiry.kind.value,
            id=inquiry.id,
            tries=inquiry.tries,
            shortcode=inquiry.shortcode.digits,
        )
