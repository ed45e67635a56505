"""Attempts come back as they were put in, and only one is in flight for a payment."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from harness.examples import NOW, PHONE, a_full_attempt, a_payment, an_attempt
from harness.stores import open_store
from pokea.daraja.values import Msisdn
from pokea.domain.attempt import IN_FLIGHT, Attempt, AttemptState
from pokea.domain.ids import AttemptId
from pokea.domain.prompting import Prompted
from pokea.flows.ports import Tx
from pokea.store.bulk import StaleWrite
from pokea.store.database import SqlDatabase


def keep(db: SqlDatabase, *attempts: Attempt) -> None:
    def write(tx: Tx) -> None:
        for number in {int(one.payment_id[-1]) for one in attempts}:
            if tx.payments.get(a_payment(number).id) is None:
                tx.payments.add(a_payment(number))
        for attempt in attempts:
            tx.attempts.add(attempt)

    db.write_here(write)


def found(db: SqlDatabase, attempt: Attempt) -> Attempt | None:
    return db.write_here(lambda tx: tx.attempts.get(attempt.id))


@pytest.mark.parametrize("attempt", [an_attempt(), a_full_attempt()], ids=["bare", "full"])
def test_an_attempt_comes_back_as_it_was(db: SqlDatabase, attempt: Attempt) -> None:
    keep(db, attempt)

    assert found(db, attempt) == attempt


def test_an_unknown_attempt_is_none(db: SqlDatabase) -> None:
    assert found(db, an_attempt(9)) is None


def test_a_saved_attempt_comes_back_changed_and_one_version_on(db: SqlDatabase) -> None:
    bare, full = an_attempt(), a_full_attempt()
    keep(db, bare)
    changed = replace(full, livemode=False, till=None)

    db.write_here(lambda tx: tx.attempts.save([changed]))

    assert found(db, bare) == replace(changed, version=2)


def test_a_field_can_be_emptied_again(db: SqlDatabase) -> None:
    full = a_full_attempt()
    keep(db, full)
    emptied = replace(full, due_at=None, failure=None, query_word=None, deaf_since=None)

    db.write_here(lambda tx: tx.attempts.save([emptied]))

    assert found(db, full) == replace(emptied, version=2)


def test_a_stale_save_is_refused(db: SqlDatabase) -> None:
    attempt = an_attempt()
    keep(db, attempt)
    db.write_here(lambda tx: tx.attempts.save([attempt]))

    with pytest.raises(StaleWrite):
        db.write_here(lambda tx: tx.attempts.save([replace(attempt, checks_done=9)]))

    kept = found(db, attempt)
    assert kept is not None
    assert (kept.version, kept.checks_done) == (2, 0)


def test_one_stale_row_keeps_its_neighbours_from_being_saved(db: SqlDatabase) -> None:
    fresh, stale = an_attempt(1), an_attempt(2)
    keep(db, fresh, stale)
    changes = [replace(fresh, checks_done=5), replace(stale, checks_done=5, version=7)]

    with pytest.raises(StaleWrite):
        db.write_here(lambda tx: tx.attempts.save(changes))

    assert found(db, fresh) == fresh


@pytest.mark.parametrize("state", IN_FLIGHT)
def test_a_payment_has_one_attempt_in_flight(db: SqlDatabase, state: AttemptState) -> None:
    keep(db, replace(an_attempt(1, payment=1), state=state))

    with pytest.raises(IntegrityError):
        keep(db, an_attempt(2, payment=1))


@pytest.mark.parametrize("state", sorted(set(AttemptState) - set(IN_FLIGHT)))
def test_an_ended_attempt_makes_way_for_the_next(db: SqlDatabase, state: AttemptState) -> None:
    keep(db, replace(an_attempt(1, payment=1), state=state), an_attempt(2, payment=1))

    assert found(db, an_attempt(2)) is not None


def test_two_attempts_never_share_safaricoms_id(db: SqlDatabase) -> None:
    first = replace(an_attempt(1), checkout_request_id="ws_CO_1")
    second = replace(an_attempt(2), checkout_request_id="ws_CO_1")
    keep(db, first)

    with pytest.raises(IntegrityError):
        keep(db, second)


def test_locking_and_reading_many_give_those_that_exist(db: SqlDatabase) -> None:
    first, second = an_attempt(1), an_attempt(2)
    keep(db, first, second)
    wanted = [second.id, an_attempt(9).id, first.id]

    assert db.write_here(lambda tx: tx.attempts.lock(wanted)) == {
        first.id: first,
        second.id: second,
    }
    assert set(db.write_here(lambda tx: tx.attempts.latest(wanted))) == {first.id, second.id}
    assert db.write_here(lambda tx: tx.attempts.lock([])) == {}


def test_attempts_that_somebody_else_holds_are_not_waited_for(postgresql_url: str) -> None:
    held, idle = an_attempt(1), an_attempt(2)

    with open_store(postgresql_url) as db, open_store(postgresql_url) as other:
        keep(db, held, idle)

        def look_beside(tx: Tx) -> set[AttemptId]:
            assert tx.attempts.lock([held.id])
            wanted = [held.id, idle.id]
            return set(other.write_here(lambda beside: beside.attempts.lock_idle(wanted)))

        assert db.write_here(look_beside) == {idle.id}


def test_prompts_are_counted_by_phone_and_time(db: SqlDatabase) -> None:
    earlier = replace(an_attempt(1), created_at=NOW - timedelta(minutes=11))
    other = replace(an_attempt(2), phone=Msisdn("254112345678"))
    keep(db, earlier, other, an_attempt(3))
    since = NOW - timedelta(minutes=10)

    made = [Prompted(at=NOW, amount=an_attempt(3).amount, paid=False)]

    assert db.write_here(lambda tx: tx.attempts.prompts(PHONE, since)) == made
    assert db.write_here(lambda tx: tx.attempts.prompts(PHONE, NOW)) == made
    later = NOW + timedelta(microseconds=1)
    assert db.write_here(lambda tx: tx.attempts.prompts(PHONE, later)) == []
