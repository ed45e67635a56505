"""Questions as rows: whole again when read, and one that is open about the same."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from harness.examples import NOW, RECEIPT, SHORTCODE, TILL, an_inquiry, named
from pokea.domain.ids import AttemptId
from pokea.domain.inquiry import Conversation, Inquiry, InquiryKind, InquiryState
from pokea.store.bulk import StaleWrite
from pokea.store.database import SqlDatabase

MARK = bytes(range(16))
FULL = replace(
    an_inquiry(),
    attempt_id=AttemptId(named("att", 7)),
    state=InquiryState.ANSWERED,
    tries=2,
    conversations=(Conversation("AG_1", "feb5-1"), Conversation("AG_2", "")),
    initiator=MARK,
    outcome="completed 100.00",
    asked_at=NOW,
    answered_at=NOW + timedelta(seconds=85),
    due_at=None,
)


def add(db: SqlDatabase, *new: Inquiry) -> None:
    for one in new:
        db.write_here(lambda tx, one=one: tx.inquiries.add(one))


def latest(db: SqlDatabase, kind: InquiryKind = InquiryKind.STATUS) -> Inquiry | None:
    about = RECEIPT if kind is InquiryKind.STATUS else None
    return db.write_here(lambda tx: tx.inquiries.latest(kind, SHORTCODE, about, livemode=False))


def test_a_question_comes_back_as_it_was_stored(db: SqlDatabase) -> None:
    balance = an_inquiry(2, kind=InquiryKind.BALANCE)
    add(db, FULL, balance)

    assert db.write_here(lambda tx: tx.inquiries.get(FULL.id)) == FULL
    assert db.write_here(lambda tx: tx.inquiries.lock([FULL.id, balance.id])) == {
        FULL.id: FULL,
        balance.id: balance,
    }
    attempt = AttemptId(named("att", 7))
    assert db.write_here(lambda tx: tx.inquiries.of_attempt(attempt)) == [FULL]


def test_two_open_questions_about_one_receipt_are_refused(db: SqlDatabase) -> None:
    add(db, FULL, an_inquiry(2))

    with pytest.raises(IntegrityError):
        add(db, an_inquiry(3))


def test_other_shortcodes_and_other_questions_are_open_beside_it(db: SqlDatabase) -> None:
    add(
        db,
        an_inquiry(1),
        replace(an_inquiry(2), shortcode=TILL),
        an_inquiry(3, kind=InquiryKind.BALANCE),
        replace(an_inquiry(4), livemode=True),
    )

    found = latest(db)
    assert found is not None
    assert found.id == an_inquiry(1).id


def test_the_latest_question_is_the_one_that_was_asked_last(db: SqlDatabase) -> None:
    assert latest(db) is None
    add(db, FULL, replace(an_inquiry(2), created_at=NOW + timedelta(hours=1)))

    found = latest(db)

    assert found is not None
    assert found.id == an_inquiry(2).id
    assert latest(db, InquiryKind.BALANCE) is None


def test_what_an_initiator_was_last_answered_is_newest_first_and_nobody_elses(
    db: SqlDatabase,
) -> None:
    add(
        db,
        FULL,
        replace(FULL, id=an_inquiry(2).id, outcome="2001", answered_at=NOW),
        replace(FULL, id=an_inquiry(3).id, outcome="8006", initiator=bytes(16)),
        an_inquiry(4),
    )

    outcomes = db.write_here(
        lambda tx: tx.inquiries.last_outcomes(SHORTCODE, MARK, livemode=False, limit=2)
    )

    assert outcomes == ["completed 100.00", "2001"]


def test_a_question_that_another_process_changed_is_not_overwritten(db: SqlDatabase) -> None:
    add(db, an_inquiry())
    db.write_here(lambda tx: tx.inquiries.save([replace(an_inquiry(), tries=1)]))

    with pytest.raises(StaleWrite):
        db.write_here(lambda tx: tx.inquiries.save([replace(an_inquiry(), tries=9)]))
