"""Safaricom's truth beside the gateway's books: what moved is booked once, and nothing else is.

The simulator keeps its own list of money that moved; it knows nothing of the gateway. Comparing
the two by receipt, to the cent, is what decides a test, and not the gateway's own word.
"""

from collections import Counter
from typing import Any, Final

from sqlalchemy import select

from harness.town import Town
from harness.truth import Truth
from pokea.domain.attempt import Attempt
from pokea.domain.ids import AttemptId
from pokea.domain.ledger import LedgerAccount
from pokea.flows.ports import Tx
from pokea.store.tables import attempts, events, journals, postings, receipt_parts, receipts

MONEY_IN: Final = {"stk", "c2b"}
HELD: Final = {LedgerAccount.MPESA_UTILITY.value, LedgerAccount.MPESA_MERCHANT.value}
"""Where Safaricom holds what customers paid."""

Line = tuple[int, int, int]
"""One posting: out of which account, into which, and how many cents."""


def moved(town: Town) -> dict[str, int]:
    """What customers really paid to the gateway's shortcode: cents by receipt."""
    told = town.safaricom.get("/_sim/truth").json()
    assert told["total"] == len(told["movements"])
    assert told["sum_of_all_accounts"] == "0.00"
    shortcode = town.installation.environment["MPESA_SHORTCODE"]
    return {
        one["receipt"]: one["amount_cents"]
        for one in told["movements"]
        if one["shortcode"] == shortcode and one["kind"] in MONEY_IN
    }


def booked(town: Town) -> dict[str, int]:
    """What the gateway booked into its M-PESA accounts: cents by receipt."""
    with Truth(town.installation) as truth:
        lines = _lines(truth)
        codes = dict(truth.rows(select(receipts.c.id, receipts.c.receipt)))
        found: Counter[str] = Counter()
        for source, (debit, credit, cents) in lines:
            receipt = codes.get(source) or receipt_of(town, AttemptId(source))
            found[receipt] += cents * ((debit in HELD) - (credit in HELD))
    return {receipt: cents for receipt, cents in found.items() if cents}


def receipt_of(town: Town, attempt_id: AttemptId) -> str:
    """The receipt of a prompt's money; Safaricom's own word where nobody told it to us."""
    attempt = attempt_of(town, attempt_id)
    if attempt.receipt is not None:
        return attempt.receipt.code
    if attempt.claim is not None:
        return attempt.claim.receipt.code
    prompts = town.safaricom.get("/_sim/prompts", params={"limit": 100_000}).json()
    known = {one["checkout_id"]: one["receipt"] for one in prompts}
    found: str = known.get(attempt.checkout_request_id) or f"nothing paid {attempt_id}"
    return found


def prompted(town: Town, payment: dict[str, Any]) -> Attempt:
    """The prompt that a payment's customer has."""
    return attempt_of(town, payment["latest_attempt"]["id"])


def attempt_of(town: Town, attempt_id: str) -> Attempt:
    """An attempt as it is now."""

    def read(tx: Tx) -> Attempt | None:
        return tx.attempts.get(AttemptId(attempt_id))

    with town.installation.store() as db:
        attempt = db.write_here(read)
    assert attempt is not None
    return attempt


def lines_of(town: Town, payment: dict[str, Any]) -> list[Line]:
    """What is booked of one payment's money, line by line, by account."""
    with Truth(town.installation) as truth:
        prompted = select(attempts.c.id).where(attempts.c.payment_id == payment["id"])
        theirs = {name for (name,) in truth.rows(prompted)}
        by_prompt = select(receipts.c.id).where(receipts.c.attempt_id.in_(theirs))
        by_hand = select(receipt_parts.c.receipt_id).where(
            receipt_parts.c.payment_id == payment["id"]
        )
        theirs |= {name for one in (by_prompt, by_hand) for (name,) in truth.rows(one)}
        return sorted(line for source, line in _lines(truth) if source in theirs)


def told_of(town: Town, payment: dict[str, Any]) -> list[str]:
    """Every event about a payment, in order."""
    with Truth(town.installation) as truth:
        rows = truth.rows(
            select(events.c.type)
            .where(events.c.object_id == payment["id"])
            .order_by(events.c.sequence)
        )
    return [kind for (kind,) in rows]


def _lines(truth: Truth) -> list[tuple[str, Line]]:
    """Every posting, with the attempt or the receipt that its journal is about."""
    rows = truth.rows(
        select(
            journals.c.source_id, postings.c.debit, postings.c.credit, postings.c.amount_cents
        ).join(postings, postings.c.journal_id == journals.c.id)
    )
    return [
        (source.split(":")[0], (debit, credit, cents)) for source, debit, credit, cents in rows
    ]
