"""Each invariant holds after an ordinary day, and is broken, by name, by what breaks it."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import text

from harness.auditor import broken_in
from harness.tampering import as_superuser
from harness.world import World
from pokea.domain.invariant import DAMAGE, OFFENDING_MAX, Finding, Invariant, Report
from pokea.flows.check_books import check_books
from pokea.flows.ports import SaysPaid

pytestmark = [pytest.mark.anyio, pytest.mark.breaks_the_books]

ANOTHER_SUCCESS = """
drop index uq_events_one_success;
insert into events (id, account_id, livemode, type, object_id, sequence, at, body)
select 'evt_9', account_id, livemode, type, object_id, 99, at, body from events
 where type = 'payment.succeeded'
"""
BOOKED_BY_HAND_TOO = """
insert into journals (id, kind, source_id, account_id, livemode, shortcode, at)
select 'jrn_9', 'c2b', r.id, r.account_id, r.livemode, r.shortcode, r.received_at
  from receipts r where r.state = 'claimed';
insert into postings (journal_id, line, debit, credit, amount_cents, pending)
select 'jrn_9', 1, 1010, 2100, amount_cents, pending from postings where credit = 1100
"""
RESERVED_LESS_THAN_NOTHING = """
insert into journals (id, kind, source_id, account_id, livemode, shortcode, at)
select 'jrn_9', 'void', 'pout_1:1', account_id, livemode, shortcode, at
  from journals where kind = 'collect';
insert into postings (journal_id, line, debit, credit, amount_cents, pending)
select 'jrn_9', 1, 1010, 1200, 5, kind = 'void' from journals where id = 'jrn_9'
"""

BREAKS: Sequence[tuple[Invariant, str, str]] = [
    (Invariant.JOURNALS_BALANCE, "has no postings", "delete from postings"),
    (Invariant.JOURNALS_BALANCE, "lacks a line", "update postings set line = 2"),
    (Invariant.JOURNALS_BALANCE, "is not there", "delete from journals"),
    (Invariant.JOURNALS_BALANCE, "no entry can", "update postings set debit = 7"),
    (Invariant.TRANSIT_IS_EXPLAINED, "posted 1200", "update postings set debit = 1200"),
    (Invariant.TRANSIT_IS_EXPLAINED, "pending 1200", RESERVED_LESS_THAN_NOTHING),
    (Invariant.RECEIPTS_ARE_BOOKED_ONCE, "booked 2 times", BOOKED_BY_HAND_TOO),
    (
        Invariant.RECEIPTS_ARE_BOOKED_ONCE,
        "is matched and booked 0 times",
        "update receipts set state = 'matched', attempt_id = null",
    ),
    (
        Invariant.RECEIPTS_ARE_BOOKED_ONCE,
        "is parked and booked 1 times",
        "update receipts set state = 'parked'",
    ),
    (Invariant.SUCCESS_COMES_ONCE, "succeeded 2 times", ANOTHER_SUCCESS),
    (
        Invariant.ALLOCATIONS_AGREE,
        "counts 9999 cents and is booked 10000",
        "update payments set received_cents = received_cents - 1 where received_cents > 0",
    ),
    (
        Invariant.ALLOCATIONS_AGREE,
        "suspense holds 10000 cents more",
        "update postings set credit = 2100",
    ),
    (Invariant.EVENTS_ARE_COMPLETE, "lacks", "delete from events where sequence = 1"),
    (Invariant.EVENTS_ARE_COMPLETE, "counts 9", "update payments set sequence = 9"),
    (
        Invariant.EVENTS_ARE_COMPLETE,
        "is canceled and has not said so once",
        "update payments set state = 'canceled' where state = 'succeeded'",
    ),
    (
        Invariant.NOTHING_IS_HALF_DONE,
        "key of pay_9",
        "update idempotency set resource_id = 'pay_9'",
    ),
    (Invariant.NOTHING_IS_HALF_DONE, "names att_", "delete from attempts"),
    (Invariant.NOTHING_IS_HALF_DONE, "tells of pay_", "delete from payments"),
    (
        Invariant.WORK_IS_SCHEDULED,
        "is awaiting_customer and nobody will ask",
        "update attempts set due_at = null where state = 'awaiting_customer'",
    ),
    (
        Invariant.WORK_IS_SCHEDULED,
        "is processing and has no end",
        "update payments set due_at = null where state = 'processing'",
    ),
    (
        Invariant.WORK_IS_SCHEDULED,
        "is not applied and nobody will",
        "update inbox set state = 'received', due_at = null",
    ),
]


async def an_ordinary_day(world: World) -> None:
    """One customer has paid, another one is being asked."""
    world.provider.queries = [SaysPaid()]
    await world.hears_paid(await world.opens(key="order-1-v1"))
    await world.works()
    await world.opens(key="order-2-v1")


async def look(world: World, **later: float) -> Report:
    world.clock.advance(timedelta(**later))
    return await check_books(world.deps.db, world.deps.auditor, world.clock)


def broken(report: Report) -> dict[Invariant, Finding]:
    return {finding.invariant: finding for finding in report.broken}


async def test_an_ordinary_day_breaks_nothing(world: World) -> None:
    await an_ordinary_day(world)

    report = await look(world)

    assert report.broken == ()
    assert all(finding.detail for finding in report.findings)


@pytest.mark.parametrize(
    ("invariant", "words", "sql"),
    BREAKS,
    ids=[f"{invariant}-{words}" for invariant, words, _ in BREAKS],
)
async def test_what_breaks_an_invariant_is_named(
    world: World, invariant: Invariant, words: str, sql: str
) -> None:
    await an_ordinary_day(world)
    with as_superuser(world.db.engine) as connection:
        for statement in sql.split(";"):
            connection.execute(text(statement))

    found = broken(await look(world))

    assert invariant in found
    assert any(words in told for told in found[invariant].offending), found[invariant]


async def test_work_that_nobody_does_is_found_after_ten_minutes(world: World) -> None:
    await an_ordinary_day(world)

    soon = broken(await look(world, minutes=9))
    later = broken(await look(world, minutes=21))

    assert Invariant.WORK_IS_SCHEDULED not in soon
    assert "waits since" in later[Invariant.WORK_IS_SCHEDULED].offending[0]


async def test_of_many_that_break_one_rule_all_are_counted_and_the_first_named(
    world: World,
) -> None:
    for number in range(OFFENDING_MAX + 5):
        await world.asks(key=f"order-{number}-v1", phone=None)
    with as_superuser(world.db.engine) as connection:
        connection.execute(text("update payments set sequence = 9"))

    found = broken(await look(world))[Invariant.EVENTS_ARE_COMPLETE]

    assert found.count == OFFENDING_MAX + 5
    assert len(found.offending) == OFFENDING_MAX


async def test_a_mistake_of_ours_does_not_close_the_shop(world: World) -> None:
    await an_ordinary_day(world)
    with as_superuser(world.db.engine) as connection:
        connection.execute(text("update payments set sequence = 9"))

    report = await look(world)

    assert set(broken(report)).isdisjoint(DAMAGE)
    assert report.intact
    await world.opens(key="order-3-v1")


async def test_the_tests_own_auditor_finds_it_too(world: World, database_url: str) -> None:
    await an_ordinary_day(world)
    assert broken_in(database_url, set(Invariant)) == []
    with as_superuser(world.db.engine) as connection:
        connection.execute(text("update payments set received_cents = 1"))

    assert "counts 1 cents" in broken_in(database_url, set(Invariant))[0]
