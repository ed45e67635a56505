"""The books read back: page by page, and what every account holds at any moment."""

from dataclasses import replace
from datetime import timedelta

from harness.bookkeeper import an_entry, held
from harness.examples import ACCOUNT, NOW, named
from pokea.daraja.values import Shortcode
from pokea.domain.ids import AccountId
from pokea.domain.ledger import JournalEntry
from pokea.flows.ports import JournalFilter
from pokea.store.database import SqlDatabase

OTHER = Shortcode("600997")
MINUTE = timedelta(minutes=1)
EVERYTHING = JournalFilter(account_id=ACCOUNT, livemode=False, limit=10)


def collected(number: int, *, minutes: int = 0) -> JournalEntry:
    return replace(an_entry(number), at=NOW + minutes * MINUTE)


def book(db: SqlDatabase, *entries: JournalEntry) -> None:
    db.write_here(lambda tx: tx.journals.add(entries))


def balances(
    db: SqlDatabase, *, minutes: int | None = None, shortcode: Shortcode | None = None
) -> dict[tuple[str, int], tuple[int, int]]:
    """Posted and pending shillings by shortcode and account."""
    at = None if minutes is None else NOW + minutes * MINUTE
    found = db.write_here(
        lambda tx: tx.journals.balances(ACCOUNT, livemode=False, shortcode=shortcode, at=at)
    )
    return {
        (one.shortcode.digits, one.account.value): (one.posted // 100, one.pending // 100)
        for one in found
    }


def page(db: SqlDatabase, wanted: JournalFilter) -> list[str]:
    return [one.source_id for one in db.write_here(lambda tx: tx.journals.page(wanted))]


def test_debits_count_up_and_credits_down(db: SqlDatabase) -> None:
    book(db, collected(1), collected(20))

    assert balances(db) == {("174379", 1010): (21, 0), ("174379", 1100): (-21, 0)}


def test_what_is_reserved_is_counted_apart(db: SqlDatabase) -> None:
    book(db, collected(100), held(30))

    assert balances(db) == {
        ("174379", 1010): (100, -30),
        ("174379", 1100): (-100, 0),
        ("174379", 1200): (0, 30),
    }


def test_a_balance_is_what_was_booked_up_to_that_moment(db: SqlDatabase) -> None:
    book(db, collected(1), collected(20, minutes=1), collected(300, minutes=2))

    utility = ("174379", 1010)
    assert balances(db, minutes=-1) == {}
    assert balances(db, minutes=0)[utility] == (1, 0)
    assert balances(db, minutes=1)[utility] == (21, 0)
    assert balances(db, minutes=9)[utility] == (321, 0)


def test_each_shortcode_has_its_own_books(db: SqlDatabase) -> None:
    book(db, collected(1), replace(collected(20), shortcode=OTHER))

    assert balances(db, shortcode=OTHER) == {
        ("600997", 1010): (20, 0),
        ("600997", 1100): (-20, 0),
    }
    assert balances(db)["174379", 1010] == (1, 0)


def test_nobody_sees_the_books_of_another_merchant_or_mode(db: SqlDatabase) -> None:
    other = AccountId(named("acct", 2))
    book(db, replace(collected(1), account_id=other), replace(collected(2), livemode=True))

    assert balances(db) == {}
    assert page(db, EVERYTHING) == []


def test_a_page_of_journals_has_the_newest_first(db: SqlDatabase) -> None:
    book(db, *(collected(number) for number in range(1, 6)))
    two = replace(EVERYTHING, limit=2)

    newest = db.write_here(lambda tx: tx.journals.page(two))

    assert [one.source_id[-1] for one in newest] == ["5", "4", "3"]  # one more: a next page
    assert newest[0].lines == ((1, 1010, 1100, 500, False),)
    after = replace(two, starting_after=newest[1].id)
    assert [name[-1] for name in page(db, after)] == ["3", "2", "1"]
    before = replace(two, ending_before=newest[1].id)
    assert [name[-1] for name in page(db, before)] == ["5"]


def test_journals_are_found_by_kind_shortcode_and_time(db: SqlDatabase) -> None:
    book(
        db,
        collected(1),
        held(2),
        replace(collected(3), shortcode=OTHER),
        collected(4, minutes=5),
    )

    assert page(db, replace(EVERYTHING, kind="hold")) == [named("att", 2)]
    assert page(db, replace(EVERYTHING, shortcode="600997")) == [named("att", 3)]
    assert page(db, replace(EVERYTHING, created_gte=NOW + MINUTE)) == [named("att", 4)]
    assert len(page(db, replace(EVERYTHING, created_lt=NOW + MINUTE))) == 3
