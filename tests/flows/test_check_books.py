"""A look at all the books: linked first, then checked, then known to every process."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from harness.examples import ACCOUNT
from harness.tampering import change_amounts
from harness.world import MERCHANT, World
from pokea.domain.chain import Head
from pokea.domain.invariant import Invariant, Report
from pokea.flows.accept_payment import accept_payment
from pokea.flows.cancel_payment import cancel_payment
from pokea.flows.check_books import check_books
from pokea.flows.errors import Refusal
from pokea.flows.link_chain import link_chain
from pokea.flows.ports import Database, SaysPaid, Tx
from pokea.store.tables import inbox, journal_chain, payments

Result = TypeVar("Result")

pytestmark = pytest.mark.anyio


async def is_paid(world: World, *, key: str = "order-1-v1") -> None:
    """A customer pays, and Safaricom says so twice."""
    world.provider.queries = [SaysPaid()]
    attempt = await world.opens(key=key)
    await world.hears_paid(attempt, receipt=f"UAF7X2K9Q{len(world.rows(payments))}")
    await world.works()


async def look(world: World) -> Report:
    """A look at all the books."""
    return await check_books(world.deps.db, world.deps.auditor, world.clock)


async def test_new_journals_are_linked_a_moment_later(world: World) -> None:
    await is_paid(world, key="order-1-v1")
    await is_paid(world, key="order-2-v1")

    assert await link_chain(world.deps.db) == 2
    assert await link_chain(world.deps.db) == 0
    assert len(world.rows(journal_chain)) == 2


async def test_late_money_that_a_merchant_took_is_sound(world: World) -> None:
    attempt = await world.opens()
    await world.hears_failed(attempt)
    await cancel_payment(world.deps, ACCOUNT, attempt.payment_id)
    await world.is_paid_by_hand(100)

    await accept_payment(world.deps, MERCHANT, attempt.payment_id)

    assert (await look(world)).broken == ()


class Overtaken:
    """A database in which somebody else does something right after the first look at it."""

    def __init__(self, inner: Database, then: Callable[[], Awaitable[object]]) -> None:
        self._inner = inner
        self._then: Callable[[], Awaitable[object]] | None = then

    async def write(self, work: Callable[[Tx], Result]) -> Result:
        return await self._inner.write(work)

    async def read(self, work: Callable[[Tx], Result]) -> Result:
        found = await self._inner.read(work)
        if self._then is not None:
            then, self._then = self._then, None
            await then()
        return found


async def test_of_two_that_link_at_once_one_does(world: World) -> None:
    await is_paid(world)
    overtaken = Overtaken(world.deps.db, lambda: link_chain(world.deps.db))

    assert await link_chain(overtaken) == 0
    assert len(world.rows(journal_chain)) == 1
    assert (await look(world)).broken == ()


async def test_sound_books_are_reported_with_the_head_of_their_chain(world: World) -> None:
    await is_paid(world)

    report = await look(world)

    assert report.broken == ()
    assert [one.invariant for one in report.findings] == list(Invariant)
    assert report.head == await world.deps.db.read(lambda tx: tx.chain.head())
    assert report.head.number == 1
    assert await world.deps.db.read(lambda tx: tx.book_checks.last()) == report


async def test_books_that_nobody_looked_at_yet_are_taken_for_intact(world: World) -> None:
    assert await world.deps.db.read(lambda tx: tx.book_checks.last()) is None
    assert await world.deps.db.read(lambda tx: tx.book_checks.intact())


@pytest.mark.breaks_the_books
async def test_while_the_books_are_damaged_no_payment_is_opened(world: World) -> None:
    await is_paid(world)
    assert (await look(world)).intact
    change_amounts(world.db.engine)
    await world.opens(key="before-the-check-v1")

    report = await look(world)

    assert not report.intact
    with pytest.raises(Refusal, match="damaged") as refused:
        await world.opens(key="after-the-check-v1")
    assert refused.value.code == "books_broken"
    assert len(world.rows(payments)) == 2


@pytest.mark.breaks_the_books
async def test_money_on_its_way_to_damaged_books_is_still_counted(world: World) -> None:
    await is_paid(world)
    world.provider.queries = [SaysPaid()]
    pending = await world.opens(key="order-2-v1")
    await link_chain(world.deps.db)
    change_amounts(world.db.engine)
    await look(world)

    await world.hears_paid(pending, receipt="UAF7X2K9QP")
    await world.works()

    assert [row.state for row in world.rows(inbox)] == ["applied", "applied"]
    assert (await world.payment(pending)).amount_received == pending.amount


@pytest.mark.breaks_the_books
async def test_mended_books_open_payments_again(world: World) -> None:
    await is_paid(world)
    await link_chain(world.deps.db)
    change_amounts(world.db.engine)
    await look(world)

    change_amounts(world.db.engine, "amount_cents / 2")
    mended = await look(world)

    assert mended.intact
    await world.opens(key="after-the-repair-v1")


async def test_an_empty_chain_ends_where_it_begins(world: World) -> None:
    assert (await look(world)).head == Head()
