"""What was written down stays: receipts count once, books and evidence are append-only."""

from dataclasses import replace

import pytest
from sqlalchemy import Table, delete, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from harness.examples import ACCOUNT, NOW, SHORTCODE, an_event, named
from pokea.daraja.values import Money, Receipt
from pokea.domain.event import EventType
from pokea.domain.ids import AttemptId, JournalId
from pokea.domain.ledger import JournalEntry, JournalKind, LedgerAccount, Posting, correction
from pokea.flows.ports import Answer, Tx
from pokea.store.database import SqlDatabase
from pokea.store.tables import events, journals, postings, provider_calls

RECEIPT = Receipt("UAF7X2K9QP")
ANSWER = Answer(status=200, body=b'{"ResponseCode":"0"}', elapsed_ms=412, summary="accepted")
ENTRY = JournalEntry(
    kind=JournalKind.COLLECT,
    source_id="att_1",
    account_id=ACCOUNT,
    livemode=False,
    shortcode=SHORTCODE,
    at=NOW,
    postings=(
        Posting(
            debit=LedgerAccount.MPESA_UTILITY,
            credit=LedgerAccount.CUSTOMER_RECEIVABLE,
            amount=Money.cents(10_001),
        ),
        Posting(
            debit=LedgerAccount.MPESA_UTILITY,
            credit=LedgerAccount.SUSPENSE_DUPLICATE,
            amount=Money.cents(1),
        ),
    ),
)
APPEND_ONLY = [journals, postings, events, provider_calls]


@pytest.fixture
def written(db: SqlDatabase) -> SqlDatabase:
    def write(tx: Tx) -> None:
        tx.journals.add([ENTRY])
        tx.events.add([an_event(1)])
        tx.calls.add(AttemptId(named("att", 1)), "push", ANSWER, NOW)

    db.write_here(write)
    return db


def count(db: SqlDatabase, table: Table) -> int:
    with db.engine.begin() as connection:
        return len(connection.execute(select(table)).all())


def test_an_entry_is_written_with_its_lines_in_order(written: SqlDatabase) -> None:
    with written.engine.begin() as connection:
        lines = connection.execute(
            select(
                postings.c.line, postings.c.debit, postings.c.credit, postings.c.amount_cents
            )
            .join(journals, journals.c.id == postings.c.journal_id)
            .where(journals.c.source_id == "att_1")
            .order_by(postings.c.line)
        ).all()

    assert [tuple(line) for line in lines] == [(1, 1010, 1100, 10_001), (2, 1010, 2120, 1)]


def test_what_is_reserved_and_what_is_corrected_is_kept(written: SqlDatabase) -> None:
    hold = Posting(
        debit=LedgerAccount.PAYOUTS_IN_FLIGHT,
        credit=LedgerAccount.MPESA_UTILITY,
        amount=Money.cents(500),
        pending=True,
    )
    wrong = JournalId(named("jrn", 1))
    written.write_here(lambda tx: tx.journals.add([correction(ENTRY, wrong, [hold], NOW)]))

    with written.engine.begin() as connection:
        found = connection.execute(
            select(journals.c.corrects_id, postings.c.debit, postings.c.pending)
            .join(journals, journals.c.id == postings.c.journal_id)
            .where(journals.c.source_id == wrong)
            .order_by(postings.c.line)
        ).all()

    assert [tuple(row) for row in found] == [
        (wrong, 1100, False),
        (wrong, 2120, False),
        (wrong, 1200, True),
    ]


def test_one_fact_is_booked_once(written: SqlDatabase) -> None:
    with pytest.raises(IntegrityError):
        written.write_here(lambda tx: tx.journals.add([ENTRY]))

    assert count(written, journals) == 1


@pytest.mark.parametrize("table", APPEND_ONLY, ids=lambda table: table.name)
def test_no_update_is_possible(written: SqlDatabase, table: Table) -> None:
    column = table.primary_key.columns[0]

    with pytest.raises(DBAPIError, match="append-only"), written.engine.begin() as connection:
        connection.execute(update(table).values({column: column}))


@pytest.mark.parametrize("table", APPEND_ONLY, ids=lambda table: table.name)
def test_no_deletion_is_possible(written: SqlDatabase, table: Table) -> None:
    with pytest.raises(DBAPIError, match="append-only"), written.engine.begin() as connection:
        connection.execute(delete(table))

    assert count(written, table) > 0


@pytest.mark.parametrize("table", APPEND_ONLY, ids=lambda table: table.name)
def test_no_truncation_is_possible(written: SqlDatabase, table: Table) -> None:
    if written.engine.dialect.name == "sqlite":
        return  # SQLite has no TRUNCATE; its DELETE is tested above

    with pytest.raises(DBAPIError, match="append-only"), written.engine.begin() as connection:
        connection.execute(text(f"truncate {table.name} cascade"))


def test_an_event_comes_back_as_it_was(written: SqlDatabase) -> None:
    event = an_event(1)

    assert written.write_here(lambda tx: tx.events.get(event.id)) == event
    assert written.write_here(lambda tx: tx.events.get(an_event(9).id)) is None


def test_a_payment_succeeds_once(db: SqlDatabase) -> None:
    db.write_here(lambda tx: tx.events.add([an_event(1, kind=EventType.PAYMENT_SUCCEEDED)]))
    again = an_event(2, kind=EventType.PAYMENT_SUCCEEDED)

    with pytest.raises(IntegrityError):
        db.write_here(lambda tx: tx.events.add([again]))

    db.write_here(lambda tx: tx.events.add([replace(again, object_id=named("pay", 2))]))


def test_an_objects_events_are_numbered_once(db: SqlDatabase) -> None:
    db.write_here(lambda tx: tx.events.add([an_event(1)]))
    twin = replace(an_event(9), sequence=1)

    with pytest.raises(IntegrityError):
        db.write_here(lambda tx: tx.events.add([twin]))
