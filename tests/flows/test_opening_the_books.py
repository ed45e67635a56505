"""Money that was there before the first payment is posted once; then M-PESA and books agree."""

from collections.abc import AsyncGenerator

import pytest

from flows.test_balances import figures, is_asked, last_compared, looks, sells
from harness.asking import Asking, a_watched_shop
from harness.reconciling import unsound
from pokea.domain.ledger import LedgerAccount
from pokea.flows.errors import Clashes
from pokea.flows.open_books import Opening, open_books

pytestmark = pytest.mark.anyio

UTILITY, CHARGES = LedgerAccount.MPESA_UTILITY, LedgerAccount.MPESA_CHARGES_PAID
WORKING = LedgerAccount.MPESA_WORKING


@pytest.fixture
async def asking(database_url: str, anyio_backend: str) -> AsyncGenerator[Asking]:
    """A shop that is paid in a second, and asks for its balance every quarter of an hour."""
    assert anyio_backend == "asyncio"
    async with a_watched_shop(database_url) as made:
        yield made


async def opens(
    asking: Asking, named: dict[LedgerAccount, int] | None = None, *, post: bool = True
) -> Opening:
    return await open_books(asking.world.deps, asking.collector, named or {}, post=post)


def openings(asking: Asking) -> list[tuple[int, int, int]]:
    """What was posted against the opening balance."""
    return [row for row in asking.world.booked() if 3010 in row[:2]]


async def test_after_the_books_are_opened_the_comparison_is_nothing(asking: Asking) -> None:
    await sells(asking, 1)
    await looks(asking, "5100.00", charges="-20.00")
    await is_asked(asking)
    assert (await last_compared(asking)).difference_cents == -498_000

    opening = await opens(asking)
    await asking.answers_balance(figures("5100.00", charges="-20.00"))
    await sells(asking, 2)
    await looks(asking, "5200.00", charges="-20.00")
    await is_asked(asking)

    assert opening.amounts == {UTILITY: 500_000, CHARGES: -2_000}
    assert openings(asking) == [(1010, 3010, 500_000), (3010, 1040, 2_000)]
    assert (await last_compared(asking)).agrees
    assert await unsound(asking.world) == []


async def test_opened_again_nothing_is_posted_and_it_is_shown(asking: Asking) -> None:
    await looks(asking, "5000.00")
    await is_asked(asking)
    first = await opens(asking)
    await asking.answers_balance(figures("9000.00"))
    await is_asked(asking)

    again = await opens(asking)

    assert (again.amounts, again.opened_at) == (first.amounts, first.opened_at)
    assert openings(asking) == [(1010, 3010, 500_000)]


async def test_it_is_only_shown_until_it_is_wanted(asking: Asking) -> None:
    await looks(asking, "5000.00")
    await is_asked(asking)

    shown = await opens(asking, post=False)

    assert (shown.amounts, shown.opened_at) == ({UTILITY: 500_000}, None)
    assert openings(asking) == []


async def test_books_that_agree_need_no_opening(asking: Asking) -> None:
    await sells(asking, 1)
    await looks(asking, "100.00")
    await is_asked(asking)

    assert (await opens(asking)).amounts == {}
    assert openings(asking) == []


async def test_money_on_its_way_is_waited_for(asking: Asking) -> None:
    await looks(asking, "5000.00")
    await asking.world.passes(minutes=9)

    with pytest.raises(Clashes) as refused:
        await opens(asking)

    assert refused.value.code == "balance_too_new"
    assert openings(asking) == []


async def test_without_an_answer_there_is_nothing_to_open_with(asking: Asking) -> None:
    with pytest.raises(Clashes) as refused:
        await opens(asking)

    assert refused.value.code == "balance_unknown"


async def test_money_that_left_is_no_opening(asking: Asking) -> None:
    await sells(asking, 1)
    await looks(asking, "40.00")
    await is_asked(asking)

    with pytest.raises(Clashes) as refused:
        await opens(asking)

    assert refused.value.code == "not_an_opening"
    assert "Utility Account: KES -60.00" in refused.value.detail


async def test_a_person_names_the_amounts_once_for_each_account(asking: Asking) -> None:
    await opens(asking, {UTILITY: 150_000})
    await opens(asking, {WORKING: 2_000})

    with pytest.raises(Clashes) as refused:
        await opens(asking, {UTILITY: 150_000})
    with pytest.raises(Clashes):
        await opens(asking, {CHARGES: 5})

    assert refused.value.code == "books_opened"
    assert openings(asking) == [(1010, 3010, 150_000), (1030, 3010, 2_000)]
    assert await unsound(asking.world) == []
