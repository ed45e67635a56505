"""L01: one long day of everything that happens to payments, and then the sum.

The town lives through hours; at the end the books are compared with Safaricom's own list of
what moved, receipt by receipt, and with themselves.
"""

import json
from collections.abc import Collection
from typing import Any, Final

import pytest
from sqlalchemy import select

from harness import crowd
from harness.moved import HELD, booked, moved
from harness.processes import run_to_end
from harness.time_travel import TimeMachine
from pokea.domain.ledger import LedgerAccount
from pokea.store.tables import postings

pytestmark = [pytest.mark.system, pytest.mark.slow]

EVERYTHING_ELSE: Final = {account.value for account in LedgerAccount} - HELD
ROUNDS: Final = [pytest.param(2), pytest.param(12, marks=pytest.mark.prove)]


class Day:
    """What customers and Safaricom do, once each round, on phones of the round's own."""

    def __init__(self, machine: TimeMachine, number: int) -> None:
        self.machine = machine
        self.town = machine.town
        self.number = number
        self.phones = 0
        self.ends: dict[str, dict[str, Any]] = {}

    def asks(self, kind: str, **wanted: Any) -> tuple[str, dict[str, Any]]:
        """A payment of its own kind, whose customer has a phone of its own."""
        self.phones += 1
        phone = f"2547{40 + self.number:02d}{self.phones:06d}"
        plan = wanted.pop("plan", {"action": "pay"})
        self.town.next_at(phone, **plan)
        amount = f"{100 + self.phones}.00"
        body = {"amount": amount, "expires_in": 3600} | wanted
        payment = self.town.asks(
            phone, key=f"order-{kind.replace(' ', '-')}-{self.number}", **body
        )
        self.ends[kind] = payment
        return phone, payment

    def by_hand(self, payment: dict[str, Any], shillings: int) -> None:
        """Somebody pays at M-PESA's menu, with the payment's account number."""
        account = payment["instructions"]["paybill"]["account_number"]
        body = {"msisdn": "254700000000", "amount": str(shillings), "account": account}
        told = self.town.safaricom.post("/_sim/c2b", json=body)
        assert told.json()["receipt"], told.text

    def opens(self, kind: str, amount: int, **wanted: Any) -> dict[str, Any]:
        """A payment that nobody is prompted for."""
        key = f"order-{kind.replace(' ', '-')}-{self.number}"
        payment = self.town.asks(None, key=key, amount=f"{amount}.00", **wanted)
        self.ends[kind] = payment
        return payment

    def lives(self) -> None:
        """Everything that can happen to a payment."""
        late = {"action": "ignore", "late_success_s": 300}
        self.asks("paid")
        self.asks("cancelled", plan={"action": "cancel"})
        self.asks("told twice", plan={"action": "pay", "callback": "twice"})
        self.asks("told early", plan={"action": "pay", "callback": "before_ack"})
        self.asks("told by hand only", plan={"action": "pay", "callback": "drop"})
        silent = {"action": "pay", "callback": "drop", "twin": "drop"}
        self.asks("never told", plan=silent)
        self.asks("paid late", plan=late)
        self.asks("told wrong", plan={"action": "pay", "callback_amount": "half"})
        self.asks("answered by a page", plan={"action": "pay", "sync": "html_503"})
        phone, twice = self.asks("paid twice", plan=late)
        _, left = self.asks("paid after the end", plan=late)
        self.by_hand(self.opens("by hand", 700), 700)
        parts = self.opens("in parts", 900, allow_partial=True)
        self.by_hand(parts, 400)
        self.by_hand(self.opens("too much", 500, allow_partial=True), 650)
        crowd.pay(self.town, [55])

        self.machine.passes(seconds=100)
        self.by_hand(parts, 500)
        self.town.next_at(phone, action="pay")
        assert self.town.prompts_again(twice).status_code == 201
        cancelled = self.town.merchant.post(f"/v1/payments/{left['id']}/cancel")
        assert cancelled.status_code == 200, cancelled.text
        self.machine.passes(minutes=30)

    def ended(self) -> dict[str, str]:
        """How each kind of payment ended."""
        return {kind: self.town.shows(one)["status"] for kind, one in self.ends.items()}


ENDS: Final = {
    "paid": "succeeded",
    "cancelled": "expired",
    "told twice": "succeeded",
    "told early": "succeeded",
    "told by hand only": "succeeded",
    "never told": "succeeded",
    "paid late": "succeeded",
    "told wrong": "succeeded",
    "answered by a page": "expired",
    "paid twice": "succeeded",
    "paid after the end": "requires_review",
    "by hand": "succeeded",
    "in parts": "succeeded",
    "too much": "succeeded",
}


@pytest.mark.parametrize("rounds", ROUNDS)
def test_after_a_long_day_the_books_hold_what_safaricom_moved(
    announced: TimeMachine, rounds: int
) -> None:
    """L01: all that is told of A to C, again and again, and then the sum to the cent."""
    town = announced.town
    days = [Day(announced, number) for number in range(rounds)]
    for day in days:
        day.lives()
    announced.passes(hours=1)

    assert [day.ended() for day in days] == [ENDS] * rounds
    assert booked(town) == moved(town)
    held = balance(announced, HELD)
    assert held == sum(moved(town).values())
    assert held + balance(announced, EVERYTHING_ELSE) == 0
    installation = town.installation
    doctor = run_to_end(["doctor", "--json"], installation.environment, installation.folder)
    checks = json.loads(doctor.stdout)["checks"]
    assert [check for check in checks if not check["ok"]] == []


def balance(machine: TimeMachine, accounts: Collection[int]) -> int:
    """Debits less credits of accounts, in cents."""
    rows = machine.truth.rows(
        select(postings.c.debit, postings.c.credit, postings.c.amount_cents)
    )
    return sum(
        cents * ((debit in accounts) - (credit in accounts)) for debit, credit, cents in rows
    )
