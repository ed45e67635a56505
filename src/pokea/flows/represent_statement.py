"""How the API, its events and the command line show an import and its items."""

from pokea.daraja.values import Shortcode
from pokea.domain.day_close import shillings
from pokea.domain.event import rfc3339
from pokea.domain.reconciliation import STATEMENT_ACCOUNTS, Break, explain
from pokea.domain.statement import Period
from pokea.domain.statement_import import StatementImport


def represent_statement(
    one: StatementImport, shortcode: Shortcode, *, open_items: int
) -> dict[str, object]:
    """An import, as JSON. ``open_items`` still need somebody."""
    completed = one.completed_at
    return {
        "id": one.id,
        "object": "reconciliation",
        "livemode": one.livemode,
        "status": one.state.value,
        "file_name": one.file_name,
        "file_sha256": one.file_sha256.hex(),
        "shortcode": shortcode.digits,
        "account": STATEMENT_ACCOUNTS[one.account].value,
        "period": _period(one.period),
        "covers_period": one.covers is not None,
        "opening_balance": _balance(one.balances.opening),
        "closing_balance": _balance(one.balances.closing),
        "balances_agree": one.balances.whole,
        "paid_in": str(one.paid_in),
        "withdrawn": str(one.withdrawn),
        "rows": {
            "lines": one.tally.lines,
            "known": one.tally.known,
            "repeated": one.tally.repeated,
            "without_money": one.tally.without_money,
            "faulty": one.tally.faulty,
        },
        "items": {
            "agreed": one.found.agreed,
            "missing_here": one.found.missing_here,
            "missing_there": one.found.missing_there,
            "amount_differs": one.found.amount_differs,
            "open": open_items,
        },
        "imported_by": one.imported_by,
        "created_at": rfc3339(one.created_at),
        "completed_at": None if completed is None else rfc3339(completed),
    }


def represent_break(one: Break) -> dict[str, object]:
    """An item, as JSON, with whose it is, why, and what to do."""
    explained = explain(one)
    resolved = one.resolved_at
    return {
        "id": one.id,
        "object": "reconciliation_item",
        "livemode": one.livemode,
        "reconciliation": one.statement_id,
        "state": one.kind.value,
        "status": one.state.value,
        "cause": one.cause.value,
        "account": STATEMENT_ACCOUNTS[one.account].value,
        "subject": one.subject,
        "receipt": None if one.receipt is None else one.receipt.code,
        "side": one.side.value,
        "ours": str(one.ours),
        "theirs": str(one.theirs),
        "occurred_at": rfc3339(one.at),
        "day": one.day.isoformat(),
        "owner": explained.owner,
        "reason": explained.reason,
        "action": explained.action,
        "opened_at": rfc3339(one.opened_at),
        "resolved_at": None if resolved is None else rfc3339(resolved),
        "resolved_by": one.resolved_by,
        "note": one.note,
        "adjusted_books": one.adjusted,
    }


def _period(period: Period | None) -> dict[str, str] | None:
    if period is None:
        return None
    return {"from": rfc3339(period.start), "to": rfc3339(period.end)}


def _balance(cents: int | None) -> str | None:
    return None if cents is None else shillings(cents)
