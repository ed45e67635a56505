"""M-PESA's balances: kept as they come, compared when everything has arrived, and told."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest
from prometheus_client import REGISTRY

from harness.asking import Asking, a_watched_shop, receipt
from harness.examples import SHORTCODE
from pokea.daraja.values import eat_timestamp
from pokea.domain.balance import BalanceReading
from pokea.domain.ledger import LedgerAccount
from pokea.domain.routine import Routine
from pokea.flows.measure import measure

pytestmark = pytest.mark.anyio


@pytest.fixture
async def asking(database_url: str, anyio_backend: str) -> AsyncGenerator[Asking]:
    """A shop that is paid in a second, and asks for its balance every quarter of an hour."""
    assert anyio_backend == "asyncio"
    async with a_watched_shop(database_url) as made:
        yield made


def figures(utility: str, *, charges: str = "0.00") -> str:
    """The accounts of a pay bill, as Safaricom writes them."""
    return "&".join(
        f"{name}|KES|{cents}|{cents}|0.00|0.00"
        for name, cents in {
            "Working Account": "0.00",
            "Utility Account": utility,
            "Charges Paid Account": charges,
            "Organization Settlement Account": "0.00",
        }.items()
    )


async def sells(asking: Asking, number: int, shillings: int = 100) -> None:
    """A customer pays, and everybody says so at once."""
    attempt = await asking.world.opens(shillings, key=f"order-{number:06d}")
    await asking.world.hears_paid(attempt, receipt=receipt(number).code)
    await asking.world.works()


async def is_asked(asking: Asking) -> None:
    """The next look is due, and Safaricom is asked."""
    asked = len(asking.inquirer.asked)
    while len(asking.inquirer.asked) == asked:
        await asking.world.passes(seconds=30)


async def looks(asking: Asking, utility: str, **more: Any) -> None:
    """One look: asked, and answered a second later."""
    await is_asked(asking)
    await asking.world.passes(seconds=1)
    await asking.answers_balance(figures(utility, **more))


async def latest(asking: Asking) -> BalanceReading:
    deps = asking.world.deps
    found = await deps.db.read(lambda tx: tx.balances.latest(SHORTCODE, livemode=False))
    assert found is not None
    return found


async def last_compared(asking: Asking) -> BalanceReading:
    deps = asking.world.deps
    found = await deps.db.read(
        lambda tx: tx.balances.latest_compared(SHORTCODE, livemode=False)
    )
    assert found is not None
    return found


async def routine(asking: Asking) -> Routine:
    return (await asking.world.deps.db.read(lambda tx: tx.routines.all()))[0]


async def test_an_answer_is_kept_as_it_came(asking: Asking) -> None:
    await looks(asking, "41880264.80", charges="-1540.00")

    reading = await latest(asking)

    assert {one.name: one.current_cents for one in reading.figures} == {
        "Working Account": 0,
        "Utility Account": 4_188_026_480,
        "Charges Paid Account": -154_000,
        "Organization Settlement Account": 0,
    }
    assert (reading.as_of, reading.compared_at) == (asking.world.clock.now(), None)


async def test_the_books_agree_when_everything_was_booked(asking: Asking) -> None:
    await sells(asking, 1)
    await looks(asking, "100.00")
    await is_asked(asking)

    compared = await last_compared(asking)

    assert compared.agrees
    assert compared.differs_since is None
    utility = next(one for one in compared.figures if one.name == "Utility Account")
    assert utility.ledger_cents == 10_000


async def test_money_that_was_on_its_way_at_that_moment_is_no_difference(
    asking: Asking,
) -> None:
    await is_asked(asking)
    late = await asking.world.opens(key="order-late-1")
    paid_at = asking.world.clock.now()
    await asking.world.passes(seconds=1)
    await asking.answers_balance(figures("100.00"), at=paid_at)  # M-PESA has it already
    await asking.world.passes(seconds=5)
    await asking.world.hears_paid(late, items={"TransactionDate": int(eat_timestamp(paid_at))})
    await asking.world.works()

    await is_asked(asking)

    assert (await last_compared(asking)).agrees


async def test_money_that_came_after_that_moment_is_no_difference(asking: Asking) -> None:
    await sells(asking, 1)
    await is_asked(asking)
    moment = asking.world.clock.now()
    await asking.world.passes(seconds=2)
    await sells(asking, 2)  # booked before the answer is heard, and not in it
    await asking.answers_balance(figures("100.00"), at=moment)

    await is_asked(asking)

    assert (await last_compared(asking)).agrees


async def test_looks_carry_on_from_one_another_over_hours(asking: Asking) -> None:
    sold = 0
    for number in range(1, 13):
        await sells(asking, number)
        sold += 100
        await looks(asking, f"{sold}.00")
        await is_asked(asking)
        await asking.answers_balance(figures(f"{sold}.00"))
        assert (await last_compared(asking)).agrees, number

    state = (await routine(asking)).state
    assert int(state[str(LedgerAccount.MPESA_UTILITY.value)]) > 100_000
    assert "reconciliation.difference" not in asking.world.told()


async def test_a_difference_of_an_hour_is_told_once_with_its_figures(asking: Asking) -> None:
    await sells(asking, 1)
    for _ in range(8):
        await looks(asking, "150.00")

    told = [row for row in asking.world.rows_of_events() if "reconciliation" in row.type]

    assert [row.type for row in told] == ["reconciliation.difference"]
    assert '"difference":"-50.00"' in told[0].body
    assert (await last_compared(asking)).difference_cents == -5_000


async def test_a_difference_that_goes_away_within_the_hour_is_not_told(
    asking: Asking,
) -> None:
    for utility in ("50.00", "50.00", "0.00", "50.00", "50.00", "0.00", "0.00"):
        await looks(asking, utility)

    assert "reconciliation.difference" not in asking.world.told()


async def test_the_difference_and_the_duties_are_figures_to_watch(asking: Asking) -> None:
    await sells(asking, 1)
    await looks(asking, "150.00")
    await is_asked(asking)

    await measure(asking.world.deps)

    labels = {"shortcode": SHORTCODE.digits}
    assert REGISTRY.get_sample_value("pokea_balance_difference_cents", labels) == -5_000
    duty = labels | {"kind": "balance"}
    done = REGISTRY.get_sample_value("pokea_routine_last_ok_timestamp_seconds", duty)
    assert done is not None
    assert 0 <= asking.world.clock.now().timestamp() - done <= 30
    assert REGISTRY.get_sample_value("pokea_routine_failures", duty) == 0


async def test_while_a_question_is_open_no_other_is_asked(asking: Asking) -> None:
    await is_asked(asking)
    await asking.world.passes(minutes=2)
    await asking.gives_up()
    await asking.world.passes(seconds=20)

    assert len({one.id for one, _, _ in asking.inquirer.asked}) == 1


async def test_an_answer_without_accounts_is_asked_for_again(asking: Asking) -> None:
    await is_asked(asking)
    first = asking.last.id

    await asking.answers_balance("")
    await asking.world.passes(seconds=30)

    assert asking.last.id == first
    assert len(asking.inquirer.asked) == 2


async def test_a_refused_initiator_is_shown_and_not_repeated(asking: Asking) -> None:
    for _ in range(2):
        await is_asked(asking)
        await asking.answers_status(code=2001)
    await asking.world.passes(hours=2)

    assert len(asking.inquirer.asked) == 2
    assert "initiator was refused twice" in ((await routine(asking)).last_error or "")
