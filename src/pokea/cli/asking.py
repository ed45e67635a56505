"""`pokea balance` and `pokea status`: what M-PESA says, asked when it is not known yet.

The question is written into the database and asked by the gateway that is running, which also
takes the answer; these commands wait for it.
"""

import asyncio
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from pokea.cli.collecting import collector_of
from pokea.daraja.errors import InvalidValue
from pokea.daraja.values import Receipt
from pokea.domain.balance import BalanceReading, compared
from pokea.domain.event import rfc3339
from pokea.domain.inquiry import Inquiry, InquiryState
from pokea.domain.receipt import Collector, ReceiptRecord
from pokea.flows.ask_balance import ask_balance
from pokea.flows.ask_status import ask_status
from pokea.flows.ports import Tx
from pokea.flows.represent_balance import represent_balance
from pokea.settings import BadSettings, Settings
from pokea.wiring import Gateway, open_beside

POLL_S: Final = 0.25

NO_INITIATOR: Final = (
    "MPESA_INITIATOR_NAME and MPESA_INITIATOR_PASSWORD are not set: only an API operator of the"
    " organisation may ask M-PESA for this."
)


def balance(settings: Settings, *, ask: bool, wait_s: int) -> dict[str, object]:
    """M-PESA's last balances beside the books; with ``ask``, new ones.

    Raises:
        BadSettings: there are none, or no answer came in time.
    """
    gateway = open_beside(settings)
    try:
        collector = collector_of(gateway)
        if ask:
            asked = _ask(gateway, lambda tx: _balance(tx, gateway, collector))
            asyncio.run(_answer(gateway, asked, wait_s))
        return gateway.db.write_here(lambda tx: _beside(tx, gateway, collector))
    finally:
        gateway.close()


def status(settings: Settings, code: str, *, wait_s: int) -> dict[str, object]:
    """What became of a receipt, in M-PESA's words and in ours.

    Raises:
        BadSettings: this is no receipt, or no answer came in time.
    """
    try:
        receipt = Receipt(code.strip().upper())
    except InvalidValue as error:
        raise BadSettings(f"{code}: a receipt {error.reason}, such as NLJ7RT61SV.") from None
    gateway = open_beside(settings)
    try:
        collector = collector_of(gateway)
        asked = _ask(gateway, lambda tx: _status(tx, gateway, collector, receipt))
        answered = asyncio.run(_answer(gateway, asked, wait_s))
        row = gateway.db.write_here(lambda tx: tx.receipts.find([receipt]).get(receipt))
        return _as_status(answered, row)
    finally:
        gateway.close()


def balance_text(told: dict[str, object]) -> str:
    """Balances as a person reads them."""
    lines = [f"{told['shortcode']}   as of {told['as_of']}", ""]
    lines.append(f"{'account':<34}{'M-PESA':>16}{'available':>16}{'books':>16}{'differs':>14}")
    accounts: Any = told["accounts"]
    for one in accounts:
        books, differs = one["ledger"] or "", one["difference"] or ""
        lines.append(
            f"{one['name']:<34}{one['current']:>16}{one['available']:>16}"
            f"{books:>16}{differs:>14}"
        )
    lines += ["", f"books minus M-PESA: {told['difference']}"]
    if told["provisional"]:
        lines.append(
            "Payments that are on their way may differ for a moment; the gateway compares"
            " again in a quarter of an hour."
        )
    return "\n".join(lines)


def status_text(told: dict[str, object]) -> str:
    """A status as a person reads it."""
    here = told["here"]
    known = "not known to this gateway" if here is None else f"here: {here}"
    return f"{told['receipt']}   {told['status']}\n{known}"


def as_json(told: dict[str, object]) -> str:
    """For programs."""
    return json.dumps(told)


# ── asking, and waiting for the answer ───────────────────────────────────────────────────


def _balance(tx: Tx, gateway: Gateway, collector: Collector) -> Inquiry | None:
    return ask_balance(tx, gateway.deps, collector, by_hand=True)


def _status(tx: Tx, gateway: Gateway, collector: Collector, receipt: Receipt) -> Inquiry | None:
    return ask_status(tx, gateway.deps, receipt, collector, by_hand=True)


def _ask(gateway: Gateway, ask: Callable[[Tx], Inquiry | None]) -> Inquiry:
    asked = gateway.db.write_here(ask)
    if asked is None:
        raise BadSettings(NO_INITIATOR)
    print("M-PESA is asked; its answer may take two minutes ...", file=sys.stderr)
    return asked


async def _answer(gateway: Gateway, asked: Inquiry, wait_s: int) -> Inquiry:
    waited = 0.0
    while waited < wait_s:
        found = await gateway.db.read(lambda tx: tx.inquiries.get(asked.id))
        if found is not None and found.state is InquiryState.REFUSED:
            raise BadSettings(f"M-PESA refuses the question: {found.outcome}")
        # An answer that may still change is shown too; the gateway goes on asking.
        if found is not None and (found.outcome or found.state is not InquiryState.ASKED):
            return found
        await asyncio.sleep(POLL_S)
        waited += POLL_S
    raise BadSettings(
        f"No answer in {wait_s} seconds. The question stays, and whoever works asks again: is"
        " `pokea serve` or a worker running, and does Safaricom reach BASE_URL?"
    )


def _beside(tx: Tx, gateway: Gateway, collector: Collector) -> dict[str, object]:
    """The last answer; one that was not compared yet stands beside the books of now."""
    reading = tx.balances.latest(collector.shortcode, livemode=collector.livemode)
    if reading is None:
        raise BadSettings(
            "M-PESA's balances are not known yet. Ask for them: pokea balance --ask"
        )
    provisional = reading.compared_at is None
    if provisional:
        reading = _with_books(tx, gateway, reading)
    return represent_balance(reading) | {"provisional": provisional}


def _with_books(tx: Tx, gateway: Gateway, reading: BalanceReading) -> BalanceReading:
    now = gateway.deps.clock.now()
    books = tx.balances.in_books(
        reading.shortcode,
        livemode=reading.livemode,
        since=None,
        until=now + timedelta(minutes=1),
    )
    return replace(compared(reading, books, None, now), differs_since=None)


def _as_status(answered: Inquiry, row: ReceiptRecord | None) -> dict[str, object]:
    return {
        "object": "status",
        "receipt": None if answered.about is None else answered.about.code,
        "status": answered.outcome or answered.state.value,
        "final": answered.state is InquiryState.ANSWERED,
        "tries": answered.tries,
        "answered_at": None if answered.answered_at is None else rfc3339(answered.answered_at),
        "here": None if row is None else f"{row.state.value}, KES {row.amount}",
    }
