"""The Pull sweep: what was missed is recovered, once, over any pages and windows."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from harness.asking import Asking, an_asking_world, receipt
from harness.examples import NOW, SHORTCODE
from harness.fakes import PAGE
from pokea.daraja.values import Money, Msisdn
from pokea.domain.attempt import AttemptState
from pokea.domain.corroboration import Witness
from pokea.domain.payment import PaymentState
from pokea.domain.receipt import MoneyHeard
from pokea.domain.routine import Routine, RoutineKind
from pokea.flows.errors import NotNow
from pokea.flows.ports import Declined, PutOff, SaysNothing, Unheard
from pokea.flows.pull_receipts import pull_receipts
from pokea.flows.run_routine import plan_routines
from pokea.flows.take_receipts import take_receipts

pytestmark = pytest.mark.anyio

RECENT, DEEP = RoutineKind.PULL_RECENT, RoutineKind.PULL_DEEP


@pytest.fixture
async def asking(database_url: str, anyio_backend: str) -> AsyncGenerator[Asking]:
    assert anyio_backend == "asyncio"
    async with an_asking_world(database_url) as made:
        yield made


def row(number: int, *, ago: timedelta = timedelta(), shillings: int = 100) -> MoneyHeard:
    """A row of Safaricom's list."""
    return MoneyHeard(
        receipt=receipt(number),
        shortcode=SHORTCODE,
        amount=Money.shillings(shillings),
        paid_at=NOW - ago,
        witness=Witness.PULL_ROW,
        account=f"INV-{number}",
        payer=Msisdn("254722000111"),
    )


async def pull(asking: Asking, kind: RoutineKind = RECENT) -> dict[str, str]:
    """One run of the duty."""
    deps, now = asking.world.deps, asking.world.clock.now()
    wanted = [(kind, SHORTCODE)]
    await deps.db.write(lambda tx: plan_routines(tx, deps.ids, wanted, now))
    return dict(await pull_receipts(deps, await routine(asking)))


async def routine(asking: Asking) -> Routine:
    found = await asking.world.deps.db.read(lambda tx: tx.routines.all())
    return found[0]


async def test_missed_confirmations_are_recovered_once(asking: Asking) -> None:
    asking.puller.rows = [row(number) for number in range(50)]

    assert await pull(asking) == {"rows": "50", "recovered": "50", "strange": "0"}
    assert await pull(asking) == {"rows": "50", "recovered": "0", "strange": "0"}

    assert len(asking.world.booked()) == 50
    assert asking.world.told().count("c2b.recovered") == 50
    assert all(one.recovered for one in asking.world.rows_of_receipts())


@pytest.mark.parametrize("rows", [0, 1, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE])
async def test_every_page_is_read_to_the_empty_one(asking: Asking, rows: int) -> None:
    asking.puller.rows = [row(number) for number in range(rows)]

    told = await pull(asking)

    assert told["recovered"] == str(rows)
    assert asking.puller.pulled[-1] == rows  # the page that had nothing left


async def test_money_that_arrives_between_two_pages_is_read_by_the_next_window(
    asking: Asking,
) -> None:
    asking.puller.rows = [row(number) for number in range(PAGE)]

    def arrives(offset: int) -> None:
        if offset:
            # At the front: every row moves, and the last one comes twice.
            asking.puller.rows.insert(0, row(999))
            asking.puller.before_page = None

    asking.puller.before_page = arrives
    await pull(asking)
    await pull(asking)

    assert len(asking.world.booked()) == PAGE + 1


async def test_windows_overlap_and_count_nothing_twice(asking: Asking) -> None:
    asking.puller.rows = [row(number, ago=timedelta(minutes=number)) for number in range(90)]

    recent = await pull(asking)
    deep = await pull(asking, DEEP)

    assert int(recent["recovered"]) == 61
    assert int(deep["recovered"]) == 29
    assert len(asking.world.booked()) == 90


async def test_a_receipt_that_a_confirmation_brought_is_verified_and_not_new(
    asking: Asking,
) -> None:
    deps, heard = asking.world.deps, replace(row(1), witness=Witness.C2B_CONFIRMATION)
    await deps.db.write(lambda tx: take_receipts(tx, deps, asking.collector, [heard], NOW))
    asking.puller.rows = [row(1)]

    told = await pull(asking)

    assert told["recovered"] == "0"
    assert asking.world.told()[-1] == "c2b.verified"
    assert len(asking.world.booked()) == 1


async def test_a_prompts_lost_callback_is_settled_by_its_row(asking: Asking) -> None:
    asking.world.provider.otherwise = SaysNothing(reachable=True)
    attempt = await asking.world.opens(100)
    asking.puller.rows = [replace(row(1), account="INV-1", payer=attempt.phone)]

    await pull(asking)

    assert await asking.world.stands(attempt) == (
        AttemptState.SUCCEEDED,
        PaymentState.SUCCEEDED,
    )
    assert (await asking.world.payment(attempt)).receipt == receipt(1)
    assert asking.world.booked() == [(1010, 1100, 10_000)]


async def test_rows_that_cannot_be_money_are_counted_and_logged(asking: Asking) -> None:
    asking.puller.strange = ("transactionId is no receipt",)
    asking.puller.rows = [row(1)]

    with capture_logs() as logs:
        told = await pull(asking)

    assert told == {"rows": "2", "recovered": "1", "strange": "1"}
    assert "pull.strange_row" in {one["event"] for one in logs}


@pytest.mark.parametrize(
    ("outcome", "why"),
    [
        (
            Declined(code="401.001", message="Invalid Access Token"),
            "Safaricom refuses: 401.001",
        ),
        (PutOff(retry_after_s=30), "Safaricom cannot be asked now"),
        (Unheard(), "Safaricom did not answer"),
    ],
)
async def test_what_cannot_be_read_now_is_read_the_next_time(
    asking: Asking, outcome: Declined | PutOff | Unheard, why: str
) -> None:
    asking.puller.rows = [row(number) for number in range(PAGE + 1)]
    asking.puller.outcomes = [outcome]

    with pytest.raises(NotNow, match=why):
        await pull(asking)

    assert (await pull(asking))["recovered"] == str(PAGE + 1)


async def test_what_one_page_brought_stays_when_the_next_one_fails(asking: Asking) -> None:
    asking.puller.rows = [row(number) for number in range(PAGE + 1)]

    def fails(offset: int) -> None:
        if offset:
            asking.puller.outcomes = [Unheard()]

    asking.puller.before_page = fails
    with pytest.raises(NotNow):
        await pull(asking)

    assert len(asking.world.booked()) == PAGE


async def test_the_next_run_goes_on_where_the_last_one_stopped(asking: Asking) -> None:
    asking.puller.rows = [row(number) for number in range(3 * PAGE)]
    failing = iter([False, False, True])

    def fails(_offset: int) -> None:
        if next(failing, False):
            asking.puller.outcomes = [PutOff(retry_after_s=30, too_often=True)]

    asking.puller.before_page = fails
    deps, wanted = asking.world.deps, [(RECENT, SHORTCODE)]
    await deps.db.write(lambda tx: plan_routines(tx, deps.ids, wanted, NOW))
    await asking.world.works()
    assert "cannot be asked now" in ((await routine(asking)).last_error or "")

    await asking.world.passes(minutes=5)

    assert asking.puller.pulled == [0, PAGE, 2 * PAGE, 2 * PAGE, 3 * PAGE]
    assert len(asking.world.booked()) == 3 * PAGE
    assert (await routine(asking)).failures == 0
    await asking.world.passes(minutes=5)
    assert asking.puller.pulled[5] == 0  # and then from the beginning of a new window


async def test_a_list_that_takes_longer_than_a_run_is_read_in_several(asking: Asking) -> None:
    asking.puller.rows = [row(number) for number in range(5 * PAGE)]

    def is_slow(_offset: int) -> None:
        asking.world.clock.advance(timedelta(seconds=100))

    asking.puller.before_page = is_slow
    deps, wanted = asking.world.deps, [(RECENT, SHORTCODE)]
    await deps.db.write(lambda tx: plan_routines(tx, deps.ids, wanted, NOW))
    for _ in range(4):
        await asking.world.works()
        await asking.world.passes(minutes=5)

    assert len(asking.world.booked()) == 5 * PAGE


async def test_the_duty_comes_round_within_ten_minutes(asking: Asking) -> None:
    deps, wanted = asking.world.deps, [(RECENT, SHORTCODE), (DEEP, SHORTCODE)]
    await deps.db.write(lambda tx: plan_routines(tx, deps.ids, wanted, NOW))
    await asking.world.works()
    asking.puller.rows = [row(1, ago=-timedelta(minutes=1))]

    await asking.world.passes(minutes=10)

    assert len(asking.world.booked()) == 1
    assert (await routine(asking)).last_error is None


async def test_without_approval_nothing_is_pulled(asking: Asking) -> None:
    deps = replace(asking.world.deps, puller=None)
    now = asking.world.clock.now()
    wanted = [(RECENT, SHORTCODE)]
    await deps.db.write(lambda tx: plan_routines(tx, deps.ids, wanted, now))

    with pytest.raises(NotNow, match="POKEA_PULL"):
        await pull_receipts(deps, await routine(asking))
