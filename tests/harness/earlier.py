"""An installation of an earlier release: its schema of then, and a shop's payments in it.

The rows are written as the first release wrote them, and brought to a later one's schema by
that one's own migrations.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, MetaData, Table, text

from harness.databases import sqlalchemy_url
from harness.examples import ACCOUNT, NOW, PHONE, named
from pokea.domain.api_key import hint, key_sha256, new_key
from pokea.store import migrate
from pokea.store.database import open_engine
from pokea.store.sealing import Sealer

FIRST: Final = "0001"
KEY: Final = new_key(b"a key of the first release......", livemode=False)
PAID_CENTS: Final = 100_00
_KEPT: Final = (
    "accounts",
    "api_keys",
    "payments",
    "attempts",
    "journals",
    "postings",
    "events",
)
"""Tables whose rows no later release changes, whatever columns it adds."""

_WHOSE: Final = {"account_id": ACCOUNT, "livemode": False}
_OURS: Final = {**_WHOSE, "shortcode": "174379"}

Rows = dict[str, list[dict[str, Any]]]
Kept = dict[str, tuple[str, list[tuple[Any, ...]]]]


def install(url: str, sealer: Sealer, *, release: str, payments: int) -> Kept:
    """Make such an installation in an empty database; what must be kept of it."""
    engine = open_engine(sqlalchemy_url(url))
    _migrate(engine, FIRST)
    with engine.begin() as connection:
        for name, rows in _rows(sealer, payments).items():
            table = Table(name, MetaData(), autoload_with=connection)
            connection.execute(table.insert(), [_written(row, engine) for row in rows])
    _migrate(engine, release)
    with engine.connect() as connection:
        kept = {name: _read(connection, name) for name in _KEPT}
    engine.dispose()
    return kept


def revision(url: str) -> str | None:
    """The release that a database's schema is of."""
    engine = open_engine(sqlalchemy_url(url))
    with engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    engine.dispose()
    return found


def is_kept(url: str, kept: Kept) -> bool:
    """Whether each row is there and says what it said, and each receipt names its attempt."""
    engine = open_engine(sqlalchemy_url(url))
    with engine.connect() as connection:
        now = {name: _read(connection, name, columns) for name, (columns, _) in kept.items()}
        receipts = connection.execute(text("select receipt, attempt_id from receipts")).all()
    engine.dispose()
    payments = len(kept["payments"][1])
    named_before = {(_code(number), _attempt(number)) for number in range(payments)}
    return now == kept and {tuple(row) for row in receipts} == named_before


def _migrate(engine: Engine, release: str) -> None:
    with engine.begin() as connection:
        config = Config()
        config.set_main_option(
            "script_location", str(Path(migrate.__file__).parent / "migrations")
        )
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        command.upgrade(config, release)


def _read(
    connection: Connection, name: str, columns: str | None = None
) -> tuple[str, list[tuple[Any, ...]]]:
    if columns is None:
        found = Table(name, MetaData(), autoload_with=connection)
        columns = ", ".join(column.name for column in found.columns)
    rows = connection.execute(text(f"select {columns} from {name}"))  # noqa: S608
    return columns, sorted(tuple(row) for row in rows)


# ── the rows of the first release ────────────────────────────────────────────────────────


def _rows(sealer: Sealer, payments: int) -> Rows:
    """A merchant, and payments of which the last one's money is not yet confirmed."""
    found: Rows = {
        "accounts": [{"id": ACCOUNT, "name": "Duka", "created_at": NOW}],
        "api_keys": [
            {
                **_WHOSE,
                "id": named("key", 1),
                "sha256": key_sha256(KEY),
                "hint": hint(KEY),
                "created_at": NOW,
            }
        ],
    }
    for number in range(payments):
        paid = number < payments - 1
        for name, row in _payment(sealer, number, paid=paid):
            found.setdefault(name, []).append(row)
    return found


def _payment(
    sealer: Sealer, number: int, *, paid: bool
) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "payments", _payment_row(number, paid=paid)
    yield "attempts", _attempt_row(sealer, number, paid=paid)
    kinds = ["payment.created", "payment.processing", *(["payment.succeeded"] * paid)]
    for sequence, kind in enumerate(kinds, start=1):
        yield (
            "events",
            {
                **_WHOSE,
                "id": named("evt", 3 * number + sequence),
                "type": kind,
                "object_id": named("pay", number + 1),
                "sequence": sequence,
                "at": NOW,
                "body": "{}",
            },
        )
    if paid:
        yield from _booked(number)


def _payment_row(number: int, *, paid: bool) -> dict[str, Any]:
    return {
        **_OURS,
        "id": named("pay", number + 1),
        "state": "succeeded" if paid else "processing",
        "version": 3,
        "sequence": 2 + paid,
        "amount_cents": PAID_CENTS,
        "received_cents": PAID_CENTS * paid,
        "late": False,
        "account_reference": f"INV-{number}",
        "reference": f"order {number}",
        "metadata": "{}",
        "latest_attempt_id": _attempt(number),
        "receipt": _code(number) if paid else None,
        "receipt_status": "verified" if paid else "pending",
        "created_at": NOW,
        "expires_at": _next_year(),
        "due_at": None if paid else _next_year(),
    }


def _attempt_row(sealer: Sealer, number: int, *, paid: bool) -> dict[str, Any]:
    checkout = f"ws_CO_{number}"
    return {
        **_OURS,
        "id": _attempt(number),
        "payment_id": named("pay", number + 1),
        "state": "succeeded" if paid else "confirming",
        "version": 4,
        "amount_cents": PAID_CENTS,
        "phone_sealed": sealer.seal(
            PHONE.digits.encode(), field="attempts.phone", row=_attempt(number)
        ),
        "phone_index": sealer.phone_index(PHONE),
        "phone_token": sealer.phone_token(ACCOUNT, PHONE),
        "account_reference": f"INV-{number}",
        "checkout_sealed": sealer.seal(
            checkout.encode(), field="attempts.checkout", row=_attempt(number)
        ),
        "checkout_index": sealer.text_index(checkout),
        "merchant_request_id": f"29115-{number}",
        "claim_receipt": _code(number),
        "claim_paid_at": NOW,
        "claim_heard_at": NOW,
        "checks_done": 1,
        "corroboration": "confirmed" if paid else "none",
        "receipt": _code(number) if paid else None,
        "created_at": NOW,
        "dispatched_at": NOW,
        "accepted_at": NOW,
        "due_at": None if paid else _next_year(),
    }


def _booked(number: int) -> Iterator[tuple[str, dict[str, Any]]]:
    journal = named("jnl", number + 1)
    yield (
        "journals",
        {**_OURS, "id": journal, "kind": "collect", "source_id": _attempt(number), "at": NOW},
    )
    yield (
        "postings",
        {
            "journal_id": journal,
            "line": 1,
            "debit": 1010,
            "credit": 1100,
            "amount_cents": PAID_CENTS,
        },
    )
    yield (
        "receipts",
        {
            **_OURS,
            "receipt": _code(number),
            "provider": "mpesa",
            "attempt_id": _attempt(number),
            "amount_cents": PAID_CENTS,
            "received_at": NOW,
        },
    )


def _attempt(number: int) -> str:
    return named("att", number + 1)


def _code(number: int) -> str:
    return f"UAF7X{number:05d}"


def _next_year() -> datetime:
    """Long after the test: nothing is due before."""
    return NOW + timedelta(days=3650)


def _written(row: Mapping[str, Any], engine: Engine) -> dict[str, Any]:
    """A row as its database keeps moments."""
    if engine.dialect.name != "sqlite":
        return dict(row)
    return {
        name: value.isoformat(timespec="microseconds") if isinstance(value, datetime) else value
        for name, value in row.items()
    }
