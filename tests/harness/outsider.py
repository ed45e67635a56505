"""An auditor who knows what customers really paid, and believes nobody else.

He compares the simulator's movements with the gateway's tables at the end of a test, and says
what he cannot explain.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Engine, Table, select

from harness.stage import Stage
from pokea.flows.check_books import check_books
from pokea.store.tables import (
    attempts,
    inbox,
    payments,
    postings,
    receipts,
)

ASSETS: Final = (1010, 1020)
RECEIVABLE: Final = 1100
SUSPENSE: Final = 2100
LEFT: Final = 1900


class Books:
    """All tables, read once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.payments = self._rows(payments)
        self.attempts = self._rows(attempts)
        self.receipts = self._rows(receipts)
        self.postings = self._rows(postings)
        self.inbox = self._rows(inbox)

    def balance(self, *accounts: int) -> int:
        """Debits less credits of accounts, in cents."""
        return sum(
            row.amount_cents * ((row.debit in accounts) - (row.credit in accounts))
            for row in self.postings
        )

    def _rows(self, table: Table) -> list[Any]:
        with self._engine.connect() as connection:
            return list(connection.execute(select(table)))


def complaints(stage: Stage) -> list[str]:
    """What the auditor cannot explain; nothing when the books are true."""
    engine = stage.gateway.db.engine
    true = {one.receipt: one.amount for one in stage.money}
    found = differences(true, engine, gone=sum(stage.gone.values()))
    found += _of_reversals(stage, Books(engine))
    checked = stage.does(check_books(stage.deps.db, stage.deps.auditor, stage.clock))
    assert checked is not None
    return found + [f"{one.invariant.value}: {one.detail}" for one in checked.broken]


def differences(true: Mapping[str, int], engine: Engine, *, gone: int = 0) -> list[str]:
    """Where a database says other than these receipts, which were really paid, in cents.

    ``gone`` is what was given back of them.
    """
    books = Books(engine)
    return [*_of_money(true, gone, books), *_of_payments(books), *_of_callbacks(books)]


def _of_money(true: Mapping[str, int], gone: int, books: Books) -> list[str]:
    """Each receipt of the truth is here once, and the ledger holds exactly their sum."""
    held = {row.receipt: row for row in books.receipts}
    found = [f"{code} was never paid" for code in held.keys() - true.keys()]
    found += [f"{code} is missing" for code in true.keys() - held.keys()]
    found += [
        f"{code} is {held[code].amount_cents} here and was {true[code]}"
        for code in held.keys() & true.keys()
        if held[code].amount_cents != true[code]
    ]
    nameless, parked = _nameless(books), _parked(books)
    found += [
        f"{nameless[amount]} prompts of {amount} name no receipt, {parked[amount]} are parked"
        for amount in nameless
        if nameless[amount] > parked[amount]
    ]
    arrived = sum(true.values()) - gone
    aside = sum(amount * many for amount, many in (parked - nameless).items())
    booked = books.balance(*ASSETS)
    if arrived != booked + aside:
        found.append(f"{arrived} arrived, {booked} is booked and {aside} parked")
    waiting = sum(
        row.amount_cents for row in books.receipts if row.state in {"received", "unmatched"}
    )
    late = sum(
        row.received_cents for row in books.payments if row.status_reason == "paid_after_cancel"
    )
    if waiting + late != -books.balance(SUSPENSE):
        found.append(f"{waiting} + {late} wait and 2100 holds {-books.balance(SUSPENSE)}")
    return found


def _nameless(books: Books) -> Counter[int]:
    """Prompts that Safaricom calls paid without naming the receipt, by their amount."""
    return Counter(
        row.amount_cents
        for row in books.attempts
        if row.state == "succeeded" and row.receipt is None
    )


def _parked(books: Books) -> Counter[int]:
    """Money that may be one of those prompts' or not, which a person says, by its amount."""
    return Counter(row.amount_cents for row in books.receipts if row.state == "parked")


def _of_reversals(stage: Stage, books: Books) -> list[str]:
    """What went is taken from whoever had it, but where nobody knows yet whose it was."""
    here = {row.receipt: row for row in books.receipts}
    found = [
        f"{code} is {here[code].state} and was given back"
        for code in stage.gone
        if code in here and here[code].state not in {"reversed", "parked"}
    ]
    found += [
        f"{row.receipt} is reversed and was not given back"
        for row in books.receipts
        if row.state == "reversed" and row.receipt not in stage.gone
    ]
    waits = sum(cents for code, cents in stage.gone.items() if here[code].state == "parked")
    if waits != books.balance(LEFT):
        found.append(f"{waits} of what went wait and 1900 holds {books.balance(LEFT)}")
    return found


def _of_payments(books: Books) -> list[str]:
    """What a payment says it got is what the ledger says it got."""
    received = sum(
        row.received_cents - row.refunded_cents
        for row in books.payments
        if row.status_reason != "paid_after_cancel"
    )
    credited = -books.balance(RECEIVABLE)
    found = [] if received == credited else [f"payments say {received}, 1100 {credited}"]
    return found + [
        f"{row.id} succeeded with {row.received_cents} of {row.amount_cents}"
        for row in books.payments
        if row.state == "succeeded"
        and row.received_cents < row.amount_cents
        and row.status_reason != "accepted"
    ]


def _of_callbacks(books: Books) -> list[str]:
    return [
        f"{row.id} is {row.state}" for row in books.inbox if row.state in {"received", "dead"}
    ]
