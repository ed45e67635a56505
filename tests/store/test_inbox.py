"""Callbacks are kept as they came; a repeat is counted, never a second row."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from harness.examples import NOW, a_callback
from pokea.domain.inbox import InboxState, ReceivedCallback, Verdict
from pokea.flows.ports import InboxKey
from pokea.store.database import SqlDatabase
from pokea.store.tables import inbox


def waiting(callback: ReceivedCallback) -> Verdict:
    return Verdict(id=callback.id, state=InboxState.RECEIVED, due_at=NOW)


def keep(
    db: SqlDatabase, callback: ReceivedCallback, verdict: Verdict | None = None, seen: int = 1
) -> None:
    judged = [(callback, verdict or waiting(callback), seen)]
    db.write_here(lambda tx: tx.inbox.add(judged, NOW))


def key_of(callback: ReceivedCallback) -> InboxKey:
    return (callback.kind, callback.subject, callback.body_sha256, callback.ip_listed)


def times_seen(db: SqlDatabase) -> list[int]:
    with db.engine.begin() as connection:
        return list(connection.execute(select(inbox.c.seen).order_by(inbox.c.id)).scalars())


def test_a_waiting_callback_comes_back_as_it_came(db: SqlDatabase) -> None:
    callback = a_callback(body=b'{"Body":{"stkCallback":{}}}\x00\xff')
    keep(db, callback)

    assert db.write_here(lambda tx: tx.inbox.lock(callback.id)) == callback


@pytest.mark.parametrize("state", sorted(set(InboxState) - {InboxState.RECEIVED}))
def test_a_judged_callback_waits_no_more(db: SqlDatabase, state: InboxState) -> None:
    callback = a_callback()
    keep(db, callback)

    db.write_here(lambda tx: tx.inbox.judge(Verdict(id=callback.id, state=state), NOW))

    assert db.write_here(lambda tx: tx.inbox.lock(callback.id)) is None


def test_what_is_known_is_told_for_the_subjects_asked_about(db: SqlDatabase) -> None:
    first, second = a_callback(1, subject=1), a_callback(2, subject=1, body=b"[]")
    stranger = a_callback(3, subject=3)
    for callback in (first, second, stranger):
        keep(db, callback)

    known = db.write_here(lambda tx: tx.inbox.known([first.subject]))

    assert known == {key_of(first), key_of(second)}
    assert db.write_here(lambda tx: tx.inbox.known([])) == set()


def test_repeats_are_counted_on_their_own_row(db: SqlDatabase) -> None:
    first, second = a_callback(1), a_callback(2, body=b"[]")
    keep(db, first)
    keep(db, second, seen=3)

    db.write_here(lambda tx: tx.inbox.count_repeats({key_of(first): 99, key_of(second): 1}))

    assert times_seen(db) == [100, 4]


def test_the_same_bytes_on_the_same_path_are_one_row(db: SqlDatabase) -> None:
    keep(db, a_callback(1))

    with pytest.raises(IntegrityError):
        keep(db, a_callback(2))

    keep(db, a_callback(3, subject=2))
    assert times_seen(db) == [1, 1]


def test_a_failed_try_is_counted_and_waits_until_its_time(db: SqlDatabase) -> None:
    callback = a_callback()
    keep(db, callback)
    later = NOW + timedelta(seconds=2)

    db.write_here(
        lambda tx: tx.inbox.try_again(callback.id, state=InboxState.RECEIVED, at=later)
    )

    assert db.write_here(lambda tx: tx.inbox.lock(callback.id)) == replace(callback, tries=1)
    assert db.write_here(lambda tx: tx.overdue(NOW, 9)) == []
    assert db.write_here(lambda tx: tx.overdue(later, 9))[0].ids == (callback.id,)


def test_a_dead_callback_is_nobodys_work(db: SqlDatabase) -> None:
    callback = a_callback()
    keep(db, callback)

    db.write_here(lambda tx: tx.inbox.try_again(callback.id, state=InboxState.DEAD, at=None))

    assert db.write_here(lambda tx: tx.inbox.lock(callback.id)) is None
    assert db.write_here(lambda tx: tx.overdue(NOW + timedelta(days=9), 9)) == []
