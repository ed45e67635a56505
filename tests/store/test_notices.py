"""Notices: each reader is told of a thing once, and storms are folded in one statement."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from harness.examples import NOW, PHONE, a_notice, an_alert, named
from harness.stores import KEY
from pokea.domain.notice import (
    Channel,
    Notice,
    NoticePlan,
    NoticeState,
    Target,
    begun,
)
from pokea.store.bulk import StaleWrite
from pokea.store.database import SqlDatabase
from pokea.store.sealing import Sealer
from pokea.store.tables import notices

NOBODY_ELSE = Target(channel=Channel.OPERATOR, address="fedcba9876543210")


def add(db: SqlDatabase, *new: Notice) -> None:
    db.write_here(lambda tx: tx.notices.add(new))


def get(db: SqlDatabase, notice: Notice) -> Notice:
    found = db.write_here(lambda tx: tx.notices.get(notice.id))
    assert found is not None
    return found


def test_a_notice_is_kept_as_it_was(db: SqlDatabase) -> None:
    full = replace(
        begun(an_alert(), more=3, now=NOW),
        folded_into=a_notice(9).id,
        last_error="no connection",
        ended_at=NOW,
    )
    add(db, full)

    assert get(db, full) == full


def test_a_changed_notice_is_kept_and_one_that_changed_meanwhile_is_not(
    db: SqlDatabase,
) -> None:
    add(db, a_notice())
    sending = begun(a_notice(), more=0, now=NOW)
    db.write_here(lambda tx: tx.notices.save(sending))

    assert get(db, sending) == replace(sending, version=2)
    with pytest.raises(StaleWrite):
        db.write_here(lambda tx: tx.notices.save(sending))


def test_a_reader_is_told_of_a_thing_once(db: SqlDatabase) -> None:
    add(db, a_notice())

    with pytest.raises(IntegrityError):
        add(db, replace(a_notice(2), about_id=a_notice().about_id))


def test_a_notice_that_is_not_there_is_none(db: SqlDatabase) -> None:
    assert db.write_here(lambda tx: tx.notices.get(a_notice(7).id)) is None


def test_alerts_that_wait_are_folded_into_one_and_no_other_is_touched(db: SqlDatabase) -> None:
    head, more = an_alert(1), [an_alert(number) for number in range(2, 40)]
    others = [
        replace(an_alert(50), kind="payment.late_funds"),
        replace(an_alert(51), target=NOBODY_ELSE),
        replace(an_alert(52), state=NoticeState.RETRYING),
        a_notice(53),
    ]
    add(db, head, *more, *others)

    folded = db.write_here(lambda tx: tx.notices.fold_into(head, NOW))

    assert folded == 38
    gone = get(db, more[0])
    assert (gone.state, gone.folded_into, gone.due_at) == (NoticeState.FOLDED, head.id, None)
    assert [get(db, one) for one in (head, *others)] == [head, *others]


def test_the_last_try_of_an_alert_is_found_by_kind_and_reader(db: SqlDatabase) -> None:
    later = NOW + timedelta(minutes=3)
    add(db, begun(an_alert(1), more=0, now=NOW), begun(an_alert(2), more=0, now=later))
    add(db, an_alert(3))

    def last(kind: str, target: Target) -> object:
        return db.write_here(lambda tx: tx.notices.last_begun(kind, target))

    assert last(an_alert().kind, an_alert().target) == later
    assert last(an_alert().kind, NOBODY_ELSE) is None
    assert last("payment.late_funds", an_alert().target) is None


def test_a_page_shows_the_newest_first_and_may_be_of_one_state(db: SqlDatabase) -> None:
    unsure = replace(a_notice(2), state=NoticeState.UNSURE)
    add(db, a_notice(1), unsure, a_notice(3))

    def page(state: NoticeState | None, limit: int) -> list[str]:
        found = db.write_here(lambda tx: tx.notices.page(state=state, limit=limit))
        return [notice.id for notice in found]

    assert page(None, 2) == [named("ntf", 3), named("ntf", 2)]
    assert page(NoticeState.UNSURE, 10) == [unsure.id]


def test_whom_a_notice_reaches_is_sealed(db: SqlDatabase) -> None:
    add(db, a_notice())

    with db.engine.connect() as connection:
        row = connection.execute(notices.select()).one()
    opened = Sealer([KEY]).open(row.target_sealed, field="notices.target", row=row.id)

    assert opened == b"phone:" + PHONE.digits.encode()
    assert all(PHONE.digits.encode() not in value for value in row if isinstance(value, bytes))


def test_nobody_is_told_unless_the_settings_say_so(db: SqlDatabase) -> None:
    assert db.write_here(lambda tx: tx.notices.plan) == NoticePlan()
