"""The shop's own book: orders, and which webhooks were heard. One SQLite file.

An order that is paid stays paid, and news older than what is known changes nothing; both
rules stand in one UPDATE so that no two requests can step between a look and a write.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, fields
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

from pokea.shop.goods import Good, find
from pokea.shop.payment import PAID, Payment

_EAT = timezone(timedelta(hours=3), "EAT")
"""Kenya's time, for people."""

_SHOWN = 100
"""Orders on one page: a demo's week."""

_TABLES = """
CREATE TABLE IF NOT EXISTS orders (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    form_token TEXT NOT NULL UNIQUE,
    goods TEXT NOT NULL,
    amount TEXT NOT NULL,
    phone TEXT NOT NULL,
    placed_at TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'placed',
    payment_id TEXT UNIQUE,
    checkout_url TEXT,
    receipt TEXT,
    failure TEXT,
    sequence INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS webhooks (
    id TEXT PRIMARY KEY,
    type TEXT NOT NULL,
    payment_id TEXT NOT NULL,
    note TEXT NOT NULL,
    heard_at TEXT NOT NULL
);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One purchase. `status` is `placed` until the gateway knows it, then its payment's.

    `failure` is why the last attempt to pay came to nothing: a code of the gateway's.
    """

    id: int
    form_token: str
    goods: str
    amount: str
    phone: str
    placed_at: str
    status: str
    payment_id: str | None
    checkout_url: str | None
    receipt: str | None
    failure: str | None
    sequence: int

    @property
    def is_paid(self) -> bool:
        """The one question that packing a parcel depends on."""
        return self.status == PAID

    @property
    def can_still_change(self) -> bool:
        """Expired ones too: money that comes late still pays."""
        return self.status not in {PAID, "canceled"}

    @property
    def good(self) -> Good | None:
        """What was bought, if it is still on the shelf."""
        return find(self.goods)

    @property
    def day(self) -> str:
        """When it was placed, as a Kenyan reads it."""
        return f"{datetime.fromisoformat(self.placed_at).astimezone(_EAT):%d %b %Y, %H:%M}"


_COLUMNS = ", ".join(field.name for field in fields(Order))


class Orders:
    """Reads and writes the book."""

    def __init__(self, file: Path, now: Callable[[], datetime]) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._file = file
        self._now = now
        with closing(self._open()) as book:
            book.executescript(_TABLES)

    def place(self, form_token: str, good: Good, phone: str) -> Order:
        """Write an order down, or find the one that this very form already made.

        The phone may be corrected until the gateway has taken the payment.
        """
        with closing(self._open()) as book, book:
            book.execute(
                "INSERT INTO orders (form_token, goods, amount, phone, placed_at)"
                " VALUES (?, ?, ?, ?, ?) ON CONFLICT (form_token) DO UPDATE"
                " SET phone = excluded.phone WHERE payment_id IS NULL",
                (form_token, good.key, good.price, phone, self._now().isoformat()),
            )
            return self._one(book, "form_token", form_token)

    def find(self, order_id: int) -> Order | None:
        """Find one order."""
        with closing(self._open()) as book:
            row = book.execute(
                f"SELECT {_COLUMNS} FROM orders WHERE id = ?",  # noqa: S608 - our columns
                (order_id,),
            ).fetchone()
            return Order(**row) if row else None

    def newest(self) -> list[Order]:
        """List orders, newest first."""
        with closing(self._open()) as book:
            rows = book.execute(
                f"SELECT {_COLUMNS} FROM orders ORDER BY id DESC LIMIT ?",  # noqa: S608 - same
                (_SHOWN,),
            ).fetchall()
            return [Order(**row) for row in rows]

    def keep(self, order: Order, reason: str) -> None:
        """Note why the gateway has not taken the order's payment yet."""
        with closing(self._open()) as book, book:
            book.execute(
                "UPDATE orders SET failure = ? WHERE id = ? AND payment_id IS NULL",
                (reason, order.id),
            )

    def attach(self, order: Order, payment: Payment) -> Order:
        """Tie a payment to its order, for good, and take what it says."""
        with closing(self._open()) as book, book:
            book.execute(
                "UPDATE orders SET payment_id = ? WHERE id = ? AND payment_id IS NULL",
                (payment.id, order.id),
            )
            _update(book, payment)
            return self._one(book, "id", order.id)

    def update(self, payment: Payment) -> None:
        """Take what the gateway says, asked by us."""
        with closing(self._open()) as book, book:
            _update(book, payment)

    def hear(self, webhook_id: str, event_type: str, payment: Payment) -> str:
        """Take an event once, and return what came of it, in words for the log."""
        with closing(self._open()) as book, book:
            heard = book.execute(
                "INSERT INTO webhooks (id, type, payment_id, note, heard_at)"
                " VALUES (?, ?, ?, '', ?) ON CONFLICT DO NOTHING",
                (webhook_id, event_type, payment.id, self._now().isoformat()),
            )
            if not heard.rowcount:
                return "heard before"
            note = _apply(book, event_type, payment)
            book.execute("UPDATE webhooks SET note = ? WHERE id = ?", (note, webhook_id))
            return note

    def _open(self) -> sqlite3.Connection:
        book = sqlite3.connect(self._file, isolation_level="IMMEDIATE", timeout=5)
        book.row_factory = _row
        return book

    def _one(self, book: sqlite3.Connection, column: str, value: str | int) -> Order:
        row = book.execute(
            f"SELECT {_COLUMNS} FROM orders WHERE {column} = ?",  # noqa: S608 - our columns
            (value,),
        ).fetchone()
        return Order(**row)


def _row(cursor: sqlite3.Cursor, row: tuple[object, ...]) -> dict[str, object]:
    return {column[0]: value for column, value in zip(cursor.description, row, strict=True)}


def _apply(book: sqlite3.Connection, event_type: str, payment: Payment) -> str:
    order = book.execute(
        "SELECT amount FROM orders WHERE payment_id = ?", (payment.id,)
    ).fetchone()
    if order is None:
        return "no order of ours has this payment"
    if payment.status == PAID and event_type != "payment.succeeded":
        return "only payment.succeeded says paid"
    return "applied" if _update(book, payment) else "older than what we know, or another amount"


def _update(book: sqlite3.Connection, payment: Payment) -> bool:
    """Write news of a payment into its order, unless it is stale, or pays another price."""
    row = book.execute(
        "SELECT amount FROM orders WHERE payment_id = ?", (payment.id,)
    ).fetchone()
    if row is None or Decimal(row["amount"]) != payment.amount:
        return False
    changed = book.execute(
        "UPDATE orders SET status = ?, failure = ?, sequence = ?,"
        " receipt = COALESCE(?, receipt), checkout_url = COALESCE(?, checkout_url)"
        " WHERE payment_id = ? AND sequence <= ? AND (status <> ? OR ? = ?)",
        (
            payment.status,
            payment.failure,
            payment.sequence,
            payment.receipt,
            payment.checkout_url,
            payment.id,
            payment.sequence,
            PAID,
            payment.status,
            PAID,
        ),
    )
    return changed.rowcount == 1
