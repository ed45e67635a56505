"""The answer to "prove it": everything that was heard of a payment, and what decided.

Source: API section 6.5.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pokea.daraja.callbacks import StatusResult, decode
from pokea.daraja.errors import MalformedCallback
from pokea.domain.attempt import Attempt
from pokea.domain.event import rfc3339
from pokea.domain.ids import AttemptId, PaymentId
from pokea.domain.inbox import TIMEOUT, HeardCallback, InboxState, ToldFailed, ToldPaid
from pokea.domain.receipt import ReceiptRecord
from pokea.flows.apply_prompt import hear_prompt
from pokea.flows.deps import Deps
from pokea.flows.hear_result import told_of
from pokea.flows.ports import Call, Tx

EACH_MAX: Final = 500
"""A payment has a dozen pieces of evidence; a flood of forged callbacks is cut off here."""

_CALL_KINDS: Final = {
    "push": ("sync_response", None),
    "query": ("stk_query", "C"),
    "status": ("status_question", None),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was heard, in order of time, as JSON, and the decision that followed."""

    items: tuple[dict[str, object], ...]
    decision: dict[str, object] | None


async def show_evidence(deps: Deps, payment_id: PaymentId) -> Evidence:
    """Everything that was heard of a payment."""

    def read(tx: Tx) -> Evidence:
        attempts = tx.attempts.of_payment(payment_id)
        names = [attempt.id for attempt in attempts]
        timed = [
            *map(_call, tx.calls.of_attempts(names, EACH_MAX)),
            *map(_callback, tx.inbox.of_subjects(names, EACH_MAX)),
            *map(_answer, tx.inbox.of_subjects(_questions(tx, names), EACH_MAX)),
            *map(_receipt, tx.receipts.of_payment(payment_id)),
        ]
        return Evidence(
            items=tuple(item for _, item in sorted(timed, key=lambda one: one[0])),
            decision=_decision(attempts),
        )

    return await deps.db.read(read)


def _questions(tx: Tx, attempts: Sequence[AttemptId]) -> list[str]:
    """What was asked about these attempts' receipts, to be answered later."""
    return [one.id for name in attempts for one in tx.inquiries.of_attempt(name)]


def _call(call: Call) -> tuple[datetime, dict[str, object]]:
    kind, evidence_class = _CALL_KINDS.get(call.kind, (call.kind, None))
    return call.at, {
        "at": rfc3339(call.at),
        "kind": kind,
        "class": evidence_class,
        "summary": call.summary,
        "http_status": call.status,
        "ms": call.elapsed_ms,
    }


def _callback(heard: HeardCallback) -> tuple[datetime, dict[str, object]]:
    callback = heard.callback
    believed = heard.state in {InboxState.APPLIED, InboxState.DUPLICATE}
    return callback.received_at, {
        "at": rfc3339(callback.received_at),
        "kind": "stk_callback",
        "class": "B" if believed else "X",
        "summary": heard.state.value if heard.reason is None else heard.reason,
        "source_ip": callback.source_ip,
        "ip_listed": callback.ip_listed,
        "seen": heard.seen,
        "claims": _claims(heard),
        "used": heard.state is InboxState.APPLIED,
    }


def _answer(heard: HeardCallback) -> tuple[datetime, dict[str, object]]:
    at, told = _callback(heard)  # its claims are read anew: it is another kind of body
    timeout = heard.callback.kind == TIMEOUT
    kind, claims = ("queue_timeout", {}) if timeout else ("status_result", _answered(heard))
    return at, told | {
        "kind": kind,
        "class": None if timeout else told["class"],
        "claims": claims,
    }


def _answered(heard: HeardCallback) -> dict[str, object]:
    try:
        result = decode("status_result", heard.callback.body)
    except MalformedCallback:
        return {}
    if not isinstance(result, StatusResult):
        return {}
    told = told_of(result)
    return {
        "result": told.code,
        "status": told.status,
        "receipt": None if told.receipt is None else told.receipt.code,
        "amount": None if told.amount is None else str(told.amount),
    }


def _claims(heard: HeardCallback) -> dict[str, object]:
    told = hear_prompt(heard.callback)
    match told:
        case MalformedCallback():
            return {}
        case ToldPaid():
            return {
                "result": "0",
                "receipt": None if told.receipt is None else told.receipt.code,
                "amount": None if told.amount is None else str(told.amount),
            }
        case ToldFailed():
            return {"result": told.failure.provider_code}
        case _:
            return {"result": told.code}


def _receipt(record: ReceiptRecord) -> tuple[datetime, dict[str, object]]:
    return record.received_at, {
        "at": rfc3339(record.received_at),
        "kind": record.heard_from.value,
        "class": record.heard_from.evidence_class,
        "summary": record.state.value,
        "claims": {"receipt": record.receipt.code, "amount": str(record.amount)},
        "used": True,
    }


def _decision(attempts: Sequence[Attempt]) -> dict[str, object] | None:
    """The rule that settled the last attempt that was paid."""
    settled = [one for one in attempts if one.witnesses and one.state == "succeeded"]
    if not settled:
        return None
    last = settled[-1]
    return {
        "attempt": last.id,
        "rule": "+".join(witness.evidence_class for witness in last.witnesses),
        "witnesses": [witness.value for witness in last.witnesses],
        "corroboration": last.corroboration.value,
    }
