"""Duties as rows: once each, and whole again when read."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from harness.examples import NOW, SHORTCODE, a_routine
from pokea.domain.routine import Routine
from pokea.flows.ports import WorkKind
from pokea.store.bulk import StaleWrite
from pokea.store.database import SqlDatabase

FULL = replace(
    a_routine(),
    shortcode=SHORTCODE,
    state={"offset": "200"},
    started_at=NOW,
    last_ok_at=NOW - timedelta(hours=1),
    failures=2,
    last_error="no answer",
)


def stored(db: SqlDatabase) -> list[Routine]:
    return db.write_here(lambda tx: tx.routines.all())


def test_a_duty_comes_back_as_it_was_stored(db: SqlDatabase) -> None:
    db.write_here(lambda tx: tx.routines.add([FULL, a_routine(2)]))

    assert stored(db) == [a_routine(2), FULL]
    assert db.write_here(lambda tx: tx.routines.lock(FULL.id)) == FULL


def test_the_same_duty_of_a_shortcode_is_stored_once(db: SqlDatabase) -> None:
    db.write_here(lambda tx: tx.routines.add([a_routine(1)]))

    with pytest.raises(IntegrityError):
        db.write_here(lambda tx: tx.routines.add([a_routine(2)]))


def test_a_duty_that_another_process_changed_is_not_overwritten(db: SqlDatabase) -> None:
    db.write_here(lambda tx: tx.routines.add([a_routine()]))
    db.write_here(lambda tx: tx.routines.save([replace(a_routine(), failures=1)]))

    with pytest.raises(StaleWrite):
        db.write_here(lambda tx: tx.routines.save([replace(a_routine(), failures=9)]))

    assert stored(db)[0].failures == 1


def test_a_duty_is_due_like_any_other_row(db: SqlDatabase) -> None:
    off = replace(a_routine(2), shortcode=SHORTCODE, due_at=None)
    db.write_here(lambda tx: tx.routines.add([a_routine(), off]))

    due = db.write_here(lambda tx: tx.overdue(NOW, 10))

    assert [(work.kind, work.ids) for work in due] == [(WorkKind.ROUTINE, (a_routine().id,))]
