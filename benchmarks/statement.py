"""How fast a day's statement is imported, beside a bare insert of the very same rows.

A hundred thousand lines: half are prompts' payments that a callback settled, half are payments
by hand, one in a hundred is not known here at all and is recovered. The bare insert writes the
same columns of the same lines into the emptied table, in as many transactions.
"""

import argparse
import asyncio
import csv
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine

import machines
import prepared
from pokea.daraja.values import EAT, AccountReference, Money, Msisdn, Receipt
from pokea.domain.attempt import Attempt, AttemptState, PaidClaim
from pokea.domain.corroboration import Corroboration, Witness
from pokea.domain.ids import AttemptId, PaymentId, ReceiptId, ShortcodeId
from pokea.domain.payment import Payment, PaymentState
from pokea.domain.receipt import Collector, ReceiptRecord, ReceiptState
from pokea.flows.import_statement import PIECE, Imported, ImportOrder, import_statement
from pokea.flows.ports import Ids, Tx
from pokea.settings import Settings, read_settings
from pokea.statement_file import open_statement
from pokea.store.bulk import insert_many
from pokea.store.tables import statement_lines
from pokea.wiring import Gateway, open_gateway

UNKNOWN_EVERY: Final = 100
NEEDED_S: Final = 60
HEADING: Final = (
    "Receipt No.,Completion Time,Details,Transaction Status,Withdrawn,Paid In,Balance,"
    "Transaction Type,Other Party Info,A/C No."
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="pokea-bench-"))
    if arguments.only != "postgresql":
        _measure("SQLite", prepared.sqlite_url(folder), folder, arguments.lines)
    if arguments.only != "sqlite":
        with machines.postgresql() as url:
            _measure("PostgreSQL", url, folder, arguments.lines)


def _measure(name: str, url: str, folder: Path, count: int) -> None:
    gateway = open_gateway(_settings(url, folder))
    now = gateway.deps.clock.now() - timedelta(hours=1)
    file = folder / f"{name}.csv"
    _write_file(file, count, now)
    _prepare(gateway, count, now)
    server = machines.postgres_pids(url) if url.startswith("postgresql") else []
    pids = [os.getpid(), *server]
    imported, seconds, spent = _timed(lambda: _import(gateway, file), pids)
    found = imported.statement.found
    if found.agreed + found.missing_here != count or found.missing_there:
        raise SystemExit(f"not as expected: {found}")
    rows = _emptied(gateway.db.engine)
    _, bare, _ = _timed(lambda: _insert_bare(gateway.db.engine, rows), pids)
    gateway.close()
    verdict = "within" if seconds * 100_000 / count <= NEEDED_S else "ABOVE"
    print(
        f"{name:11}{count:9,} lines in {seconds:5.1f} s {count / seconds:8,.0f} lines/s,"
        f" {spent / count * 1e6:4.0f} us of processor time each;"
        f" {bare / seconds:.2f} x a bare insert ({count / bare:,.0f} rows/s);"
        f" {verdict} a minute for 100,000"
    )


def _timed(act: Callable[[], Any], pids: list[int]) -> tuple[Any, float, float]:
    """What came of it, seconds of the clock, and seconds of the processor."""
    began, spent = time.perf_counter(), machines.cpu_seconds(pids)
    done = act()
    return done, time.perf_counter() - began, machines.cpu_seconds(pids) - spent


def _settings(url: str, folder: Path) -> Settings:
    return read_settings(
        mpesa_env="simulator",
        mpesa_base_url="http://127.0.0.1:9",
        mpesa_consumer_key="key",
        mpesa_consumer_secret="secret",
        mpesa_shortcode=prepared.SHORTCODE.digits,
        mpesa_passkey="passkey",
        database_url=url,
        pokea_data_dir=folder,
        pokea_secret_keys=os.urandom(32).hex(),
        pokea_log_level="error",
    )


def _import(gateway: Gateway, file: Path) -> Imported:
    order = ImportOrder(
        account_id=prepared.ACCOUNT,
        livemode=False,
        shortcode=prepared.SHORTCODE,
        by="benchmark",
    )
    with file.open("rb") as opened:
        source = open_statement(opened, file.name)
        return asyncio.run(import_statement(gateway.deps, source, order))


# ── what is there already ────────────────────────────────────────────────────────────────


def _prepare(gateway: Gateway, count: int, now: datetime) -> None:
    ids = gateway.deps.ids
    collector = Collector(
        id=ShortcodeId(ids.new("shortcode")),
        account_id=prepared.ACCOUNT,
        livemode=False,
        shortcode=prepared.SHORTCODE,
        till=None,
    )

    def merchant(tx: Tx) -> None:
        tx.accounts.add(prepared.ACCOUNT, "Benchmark", now)
        tx.shortcodes.add(collector, now)

    gateway.db.write_here(merchant)
    known = [number for number in range(count) if number % UNKNOWN_EVERY]
    for begin in range(0, len(known), 2000):
        chunk = known[begin : begin + 2000]
        gateway.db.write_here(lambda tx, chunk=chunk: _add(tx, ids, chunk, now))


def _add(tx: Tx, ids: Ids, numbers: Sequence[int], now: datetime) -> None:
    records = [_record(ids, number, now) for number in numbers]
    prompted = [number for number in numbers if number % 2]
    for number in prompted:
        payment, attempt = _settled(ids, number, now)
        tx.payments.add(payment)
        tx.attempts.add(attempt)
        place = numbers.index(number)
        records[place] = replace(
            records[place], state=ReceiptState.CLAIMED, attempt_id=attempt.id
        )
    tx.receipts.add(records)


def _record(ids: Ids, number: int, now: datetime) -> ReceiptRecord:
    at = now + timedelta(milliseconds=10 * number)
    return ReceiptRecord(
        id=ReceiptId(ids.new("receipt")),
        account_id=prepared.ACCOUNT,
        livemode=False,
        receipt=Receipt(_code(number)),
        shortcode=prepared.SHORTCODE,
        amount=_amount(number),
        heard_from=Witness.C2B_CONFIRMATION,
        paid_at=at,
        received_at=at,
        state=ReceiptState.UNMATCHED,
        account=f"ACC-{number}",
    )


def _settled(ids: Ids, number: int, now: datetime) -> tuple[Payment, Attempt]:
    attempt_id, receipt = AttemptId(ids.new("attempt")), Receipt(_code(number))
    payment = Payment(
        id=PaymentId(ids.new("payment")),
        account_id=prepared.ACCOUNT,
        livemode=False,
        shortcode=prepared.SHORTCODE,
        amount=_amount(number),
        amount_received=_amount(number),
        account_reference=AccountReference(f"INV-{number}"),
        created_at=now,
        expires_at=now + timedelta(hours=1),
        state=PaymentState.SUCCEEDED,
        sequence=3,
        latest_attempt_id=attempt_id,
        receipt=receipt,
    )
    attempt = Attempt(
        id=attempt_id,
        payment_id=payment.id,
        account_id=prepared.ACCOUNT,
        livemode=False,
        shortcode=prepared.SHORTCODE,
        till=None,
        amount=payment.amount,
        phone=Msisdn(f"2547{number:08d}"),
        phone_token=f"phn_{number:024d}",
        account_reference=payment.account_reference,
        created_at=now,
        state=AttemptState.SUCCEEDED,
        dispatched_at=now,
        accepted_at=now,
        checkout_request_id=f"ws_CO_{number:026d}",
        claim=PaidClaim(receipt=receipt, amount=_amount(number), paid_at=now, heard_at=now),
        corroboration=Corroboration.CONFIRMED,
        receipt=receipt,
    )
    return payment, attempt


# ── the file ─────────────────────────────────────────────────────────────────────────────


def _write_file(file: Path, count: int, now: datetime) -> None:
    balance = 1_000_000_00
    with file.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["Short Code", prepared.SHORTCODE.digits])
        writer.writerow(["Account", "Utility Account"])
        writer.writerow(HEADING.split(","))
        for number in range(count):
            at = (now + timedelta(milliseconds=10 * number)).astimezone(EAT)
            cents = _amount(number).in_cents
            balance += cents
            party = f"2547*****{number % 1000:03d} - PAYER"
            writer.writerow(
                [
                    _code(number),
                    f"{at:%d-%m-%Y %H:%M:%S}",
                    f"Pay Bill Online {party} Acc. ACC-{number}",
                    "Completed",
                    "",
                    f"{cents / 100:,.2f}",
                    f"{balance / 100:,.2f}",
                    "Pay Bill Online",
                    party,
                    f"ACC-{number}",
                ]
            )


def _code(number: int) -> str:
    return f"UK{number:08d}"


def _amount(number: int) -> Money:
    return Money.shillings(1 + number % 5000)


# ── the limit ────────────────────────────────────────────────────────────────────────────


def _emptied(engine: Engine) -> list[dict[str, object]]:
    """The lines that the import wrote, taken out again."""
    with engine.begin() as connection:
        rows = [dict(row) for row in connection.execute(statement_lines.select()).mappings()]
        connection.execute(statement_lines.delete())
    return rows


def _insert_bare(engine: Engine, rows: Sequence[dict[str, object]]) -> None:
    for begin in range(0, len(rows), PIECE):
        with engine.begin() as connection:
            insert_many(connection, statement_lines, rows[begin : begin + PIECE])


if __name__ == "__main__":
    main()
