"""``pokea ledger open``: the books begin with what M-PESA's accounts held before."""

import asyncio
import json
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from pokea.cli.collecting import collector_of
from pokea.domain.event import rfc3339
from pokea.domain.ledger import LedgerAccount
from pokea.domain.reconciliation import LEDGER_ACCOUNTS
from pokea.flows.open_books import Opening, open_books
from pokea.flows.represent_balance import signed
from pokea.settings import BadSettings, Settings
from pokea.wiring import open_beside

ACCOUNTS: Final = {name.value: account for name, account in LEDGER_ACCOUNTS.items()} | {
    "settlement": LedgerAccount.MPESA_SETTLEMENT
}


def run(settings: Settings, amounts: Sequence[str], *, post: bool) -> dict[str, object]:
    """What is opened, or would be.

    Raises:
        BadSettings: an amount that cannot be read, or there is no merchant.
    """
    named = dict(map(_named, amounts))
    gateway = open_beside(settings)
    try:
        collector = collector_of(gateway)
        opening = asyncio.run(open_books(gateway.deps, collector, named, post=post))
        return _represent(opening, collector.shortcode.digits)
    finally:
        gateway.close()


def as_text(told: dict[str, object], *, as_json: bool) -> str:
    """For a person, or for programs."""
    if as_json:
        return json.dumps(told)
    accounts: Any = told["accounts"]
    lines = [f"{one['number']}  {one['name']:<24}{one['amount']:>16}" for one in accounts]
    if told["opened_at"] is not None:
        end = f"The books of {told['shortcode']} are open since {told['opened_at']}."
    elif not lines:
        return f"M-PESA and the books of {told['shortcode']} agree: there is nothing to open."
    else:
        end = "Nothing is posted yet. Post it: the same command with --yes"
    return "\n".join([*lines, "", end])


def _represent(opening: Opening, shortcode: str) -> dict[str, object]:
    as_of, opened_at = opening.as_of, opening.opened_at
    return {
        "object": "opening",
        "shortcode": shortcode,
        "accounts": [
            {
                "number": account.value,
                "name": account.name.lower(),
                "amount": signed(opening.amounts[account]),
            }
            for account in sorted(opening.amounts, key=lambda one: one.value)
        ],
        "as_of": None if as_of is None else rfc3339(as_of),
        "opened_at": None if opened_at is None else rfc3339(opened_at),
    }


def _named(text: str) -> tuple[LedgerAccount, int]:
    """An account and its cents; charges paid run negative however they are written."""
    name, _, amount = text.partition("=")
    account = ACCOUNTS.get(name.strip().lower())
    try:
        cents = Decimal(amount.strip()) * 100
    except InvalidOperation:
        cents = Decimal("NaN")
    if account is None or not cents.is_finite() or cents != cents.to_integral_value():
        raise BadSettings(
            f"--amount {text}: write an account and shillings, such as utility=1500.00. The"
            f" accounts are {', '.join(ACCOUNTS)}."
        )
    if account is LedgerAccount.MPESA_CHARGES_PAID:
        return account, -abs(int(cents))
    return account, int(cents)
