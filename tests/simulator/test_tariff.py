"""The published tariff: every shilling has one fee, and the right account pays it."""

import pytest

from pokea.simulator.tariff_file import TARIFF, read_tariff
from pokea.simulator.testing import Pretend, password
from pokea.simulator.world.genesis import PAYBILL, STORE, TILL
from pokea.simulator.world.tariff import fee

pytestmark = pytest.mark.anyio
_PAYS = "254700000000"
_RATES = read_tariff(TARIFF)


@pytest.mark.parametrize("name", ["paybill", "shared", "b2c"])
def test_the_bands_follow_each_other_up_to_the_largest_payment(name: str) -> None:
    bands = getattr(_RATES, name)

    ends = [high for _, high, _ in bands]
    assert [low for low, _, _ in bands] == [1, *(high + 1 for high in ends[:-1])]
    assert ends[-1] == 250_000


@pytest.mark.parametrize(
    ("shillings", "cost"),
    [(1, 0), (100, 0), (101, 5), (500, 5), (501, 10), (45_000, 103), (45_001, 108)],
)
def test_a_band_ends_with_its_last_shilling(shillings: int, cost: int) -> None:
    assert fee(_RATES.paybill, shillings * 100) == cost * 100


def test_the_file_names_a_source_and_says_what_is_an_estimate() -> None:
    text = TARIFF.read_text()

    assert "money.ke/paybill-charges" in text
    assert "estimate" in text


@pytest.mark.parametrize(
    ("payer", "account", "cost"),
    [
        ("business", f"org:{PAYBILL}:charges", 10_00),
        ("customer", f"phone:{_PAYS}", 10_00),
        ("nobody", "", 0),
    ],
)
async def test_the_fee_comes_from_whoever_pays_it(
    safaricom: Pretend, payer: str, account: str, cost: int
) -> None:
    wanted = {"shortcode": PAYBILL, "name": "DUKA LA WANJIKU", "fee_payer": payer}
    await safaricom.side("POST", "/organisations", wanted)

    await safaricom.push(_PAYS, 1000)
    await safaricom.advance(2)

    movement = safaricom.world.movements[0]
    assert (movement.fee, movement.fee_from if cost else "") == (cost, account)
    assert safaricom.world.accounts.get("fees", 0) == cost


async def test_a_till_pays_half_a_percent_above_200(safaricom: Pretend) -> None:
    for shillings in (200, 1000, 250_000):
        await safaricom.push(
            _PAYS,
            shillings,
            BusinessShortCode=STORE,
            Password=password(STORE),
            TransactionType="CustomerBuyGoodsOnline",
            PartyB=TILL,
        )
        await safaricom.advance(2)

    assert [movement.fee for movement in safaricom.world.movements] == [0, 5_00, 200_00]
