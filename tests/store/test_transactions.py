"""Transactions: all or nothing, tried again when somebody was quicker, handed over after."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from harness.examples import NOW, CountingIds, a_callback, a_payment, an_attempt
from harness.stores import KEY, Handed, open_store
from pokea.domain.inbox import InboxState, Verdict
from pokea.flows.errors import Unavailable
from pokea.flows.ports import Tx, Work, WorkKind
from pokea.store.bulk import StaleWrite
from pokea.store.database import SqlDatabase, open_engine
from pokea.store.health import is_durable, is_migrated
from pokea.store.sealing import Sealer

WORK = Work(kind=WorkKind.PAYMENT, ids=("pay_1",), due_at=NOW)


class Broke(Exception):
    """What the work of a test dies of."""


def test_work_that_raises_leaves_nothing(db: SqlDatabase) -> None:
    def write(tx: Tx) -> None:
        tx.payments.add(a_payment())
        raise Broke

    with pytest.raises(Broke):
        db.write_here(write)

    assert db.write_here(lambda tx: tx.payments.get(a_payment().id)) is None


def test_work_that_somebody_outran_runs_again_from_the_start(db: SqlDatabase) -> None:
    runs: list[int] = []

    def write(tx: Tx) -> int:
        tx.payments.add(a_payment())
        runs.append(1)
        if len(runs) < 3:
            raise StaleWrite("payments")
        return len(runs)

    assert db.write_here(write) == 3
    assert db.write_here(lambda tx: tx.payments.get(a_payment().id)) == a_payment()


def test_work_that_is_always_outrun_ends_in_an_error(db: SqlDatabase) -> None:
    def write(tx: Tx) -> None:
        tx.payments.add(a_payment())
        raise StaleWrite("payments")

    with pytest.raises(StaleWrite):
        db.write_here(write)


def test_work_is_handed_over_once_and_only_when_it_is_durable(database_url: str) -> None:
    handed = Handed()
    runs: list[int] = []

    def write(tx: Tx) -> None:
        tx.hand_over(WORK)
        tx.hand_over(replace(WORK, ids=()))
        runs.append(1)
        if len(runs) == 1:
            raise StaleWrite("payments")

    with open_store(database_url, carrier=handed) as db:
        db.write_here(write)
        with pytest.raises(ZeroDivisionError):
            db.write_here(lambda tx: (tx.hand_over(WORK), 1 / 0))

    assert handed.committed == [WORK]
    assert len(handed.inside) == 3


@pytest.mark.anyio
async def test_reading_and_writing_do_not_stop_the_event_loop(db: SqlDatabase) -> None:
    await db.write(lambda tx: tx.payments.add(a_payment()))

    assert await db.read(lambda tx: tx.payments.get(a_payment().id)) == a_payment()


@pytest.mark.parametrize(
    "url", ["postgresql+psycopg://127.0.0.1:1/none", "sqlite:////nonexistent/folder/x.db"]
)
def test_a_database_that_does_not_answer_is_unavailable(url: str) -> None:
    db = SqlDatabase(
        open_engine(url), sealer=Sealer([KEY]), ids=CountingIds(), carrier=Handed()
    )

    with pytest.raises(Unavailable):
        db.write_here(lambda tx: tx.payments.get(a_payment().id))
    assert not is_durable(db.engine)
    assert not is_migrated(db.engine)

    db.close()


def test_a_database_of_ours_is_durable_and_migrated(db: SqlDatabase) -> None:
    assert is_durable(db.engine)
    assert is_migrated(db.engine)


def test_an_empty_database_is_not_migrated(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'empty.db'}")

    assert not is_migrated(engine)
    engine.dispose()


def test_due_rows_of_every_kind_are_found_oldest_first(db: SqlDatabase) -> None:
    second = timedelta(seconds=1)
    callback = a_callback()
    verdict = Verdict(id=callback.id, state=InboxState.RECEIVED, due_at=NOW)

    def write(tx: Tx) -> None:
        tx.payments.add(replace(a_payment(1), due_at=NOW - second))
        tx.payments.add(replace(a_payment(2), due_at=NOW - 2 * second))
        tx.payments.add(replace(a_payment(3), due_at=NOW + second))
        tx.payments.add(a_payment(4))
        tx.attempts.add(replace(an_attempt(1), due_at=NOW))
        tx.inbox.add([(callback, verdict, 1)], NOW)

    db.write_here(write)

    due = {work.kind: work.ids for work in db.write_here(lambda tx: tx.overdue(NOW, 9))}
    assert due == {
        WorkKind.PAYMENT: (a_payment(2).id, a_payment(1).id),
        WorkKind.ATTEMPT: (an_attempt(1).id,),
        WorkKind.CALLBACK: (callback.id,),
    }
    fewer = db.write_here(lambda tx: tx.overdue(NOW, 1))
    assert [len(work.ids) for work in fewer] == [1, 1, 1]
