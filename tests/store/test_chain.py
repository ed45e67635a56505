"""The chain in SQL: it grows from its end only, and tells who was changed, by name."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from harness.bookkeeper import an_entry
from harness.examples import NOW, named
from harness.tampering import as_superuser
from pokea.domain.chain import Head, breaks, linked
from pokea.domain.invariant import Finding, Invariant
from pokea.domain.ledger import JournalEntry
from pokea.flows.ports import Tx
from pokea.store.audit import Audit
from pokea.store.database import SqlDatabase

LATER = NOW + timedelta(hours=1)


def two_lined(number: int) -> JournalEntry:
    entry = an_entry(number)
    return replace(entry, postings=entry.postings * 2)


def book(db: SqlDatabase, *numbers: int) -> None:
    db.write_here(lambda tx: tx.journals.add([two_lined(number) for number in numbers]))


def link(db: SqlDatabase) -> int:
    """Link what is not linked."""

    def write(tx: Tx) -> int:
        head, new = tx.chain.head(), tx.chain.window("", 1000).unlinked
        assert tx.chain.extend(head, linked(head, new))
        return len(new)

    return db.write_here(write)


def chain(db: SqlDatabase) -> Finding:
    """What a look at the books says of the chain."""
    findings = Audit(db.engine).report_here(LATER).findings
    return next(one for one in findings if one.invariant is Invariant.CHAIN_HOLDS)


def test_new_journals_are_linked_once(db: SqlDatabase) -> None:
    book(db, 1, 2, 3)

    assert link(db) == 3
    assert link(db) == 0
    assert db.write_here(lambda tx: tx.chain.head()).number == 3
    assert chain(db).holds


def test_a_window_says_where_to_look_on(db: SqlDatabase) -> None:
    book(db, 1, 2, 3)

    first = db.write_here(lambda tx: tx.chain.window("", 2))
    assert len(first.unlinked) == 2
    assert first.last == first.unlinked[1].id
    rest = db.write_here(lambda tx: tx.chain.window(first.last or "", 2))
    assert [one.source_id for one in rest.unlinked] == [named("att", 3)]
    assert rest.last is None


def test_a_chain_that_has_grown_meanwhile_is_left_alone(db: SqlDatabase) -> None:
    book(db, 1, 2)
    old, new = Head(), db.write_here(lambda tx: tx.chain.window("", 10).unlinked)
    link(db)

    assert not db.write_here(lambda tx: tx.chain.extend(old, linked(old, new)))
    assert db.write_here(lambda tx: tx.chain.head()).number == 2


def test_links_come_back_with_their_journals_as_they_stand(db: SqlDatabase) -> None:
    book(db, 1, 2, 3)
    link(db)

    links = db.write_here(lambda tx: tx.chain.after(1, 10))
    head = db.write_here(lambda tx: tx.chain.after(0, 1))[0]

    assert [one.number for one in links] == [2, 3]
    assert not list(breaks(Head(number=1, hash=head.hash), links))
    assert links[0].journal is not None
    assert links[0].journal.lines == (
        (1, 1010, 1100, 200, False),
        (2, 1010, 1100, 200, False),
    )


@pytest.mark.breaks_the_books
def test_a_changed_amount_is_found_and_named(db: SqlDatabase) -> None:
    book(db, 1, 2, 3)
    link(db)
    changed = db.write_here(lambda tx: tx.chain.after(1, 1))[0]

    with as_superuser(db.engine) as connection:
        connection.execute(
            text("update postings set amount_cents = 1 where journal_id = :id and line = 2"),
            {"id": changed.journal_id},
        )

    assert chain(db).offending == (f"{changed.journal_id} (number 2) is not what was linked",)


@pytest.mark.breaks_the_books
def test_a_journal_that_was_taken_out_is_found_and_named(db: SqlDatabase) -> None:
    book(db, 1, 2, 3)
    link(db)
    gone = db.write_here(lambda tx: tx.chain.after(1, 1))[0].journal_id

    with as_superuser(db.engine) as connection:
        connection.execute(text("delete from postings where journal_id = :id"), {"id": gone})
        connection.execute(text("delete from journals where id = :id"), {"id": gone})

    assert chain(db).offending == (f"{gone} (number 2) has vanished",)


def test_a_journal_that_was_passed_over_is_found(db: SqlDatabase) -> None:
    book(db, 1)
    link(db)
    book(db, 2)

    found = chain(db)

    assert found.count == 1
    assert found.offending[0].endswith("is not linked")


def test_a_new_journal_may_wait_a_minute_for_its_link(db: SqlDatabase) -> None:
    book(db, 1)

    just_now = Audit(db.engine).report_here(NOW + timedelta(seconds=59))

    assert Invariant.CHAIN_HOLDS not in {one.invariant for one in just_now.broken}
