"""The shared bucket as a row: what one process takes, another does not have."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from harness.examples import NOW, SHORTCODE, TILL
from pokea.daraja.values import Shortcode
from pokea.domain.query_budget import QUESTION, Allowance, Urgency
from pokea.store.database import SqlDatabase

LIVE = Allowance(120)


def take(db: SqlDatabase, shortcode: Shortcode = SHORTCODE, *, later_s: int = 0) -> timedelta:
    at = NOW + timedelta(seconds=later_s)
    return db.write_here(
        lambda tx: tx.query_budgets.take(shortcode, LIVE, Urgency.CUSTOMER, QUESTION, at)
    )


def test_a_bucket_is_emptied_and_fills_again(db: SqlDatabase) -> None:
    taken = [take(db) for _ in range(41)]

    assert taken == [timedelta()] * 40 + [timedelta(seconds=0.5)]
    assert not take(db, later_s=1)


def test_each_shortcode_has_a_bucket_of_its_own(db: SqlDatabase) -> None:
    for _ in range(40):
        take(db)

    assert take(db)
    assert not take(db, TILL)


def test_threads_at_once_never_take_more_than_there_is(db: SqlDatabase) -> None:
    with ThreadPoolExecutor(8) as pool:
        taken = [pool.submit(take, db) for _ in range(60)]

    assert [one.result() for one in taken].count(timedelta()) == 40
