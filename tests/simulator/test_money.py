"""No money is made or lost, whatever is asked, in whatever order."""

import asyncio
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pokea.simulator.testing import Pretend
from pokea.simulator.world.genesis import INITIATOR, KRA, PAYBILL, STORE, TILL
from pokea.simulator.world.model import World

_PHONES = st.sampled_from(
    ["254712345678", "254722000111", "254700000000", "254700001032", "254700090003",
     "254700090004", "254700100000", "254799123456"]
)  # fmt: skip
_AMOUNTS = st.one_of(st.integers(-5, 300), st.sampled_from([0, 100_000, 250_000, 250_001]))
_SHORTCODES = st.sampled_from([PAYBILL, STORE, TILL, "600992", "600000", KRA, "123456"])
_PUSH = st.tuples(st.just("push"), _PHONES, _AMOUNTS)
_HAND = st.tuples(st.just("hand"), _PHONES, _AMOUNTS, _SHORTCODES)
_OWNER = st.tuples(st.just("owner"), _PHONES, st.sampled_from(["1234", "0000"]))
_B2C = st.tuples(st.just("b2c"), _PHONES, _AMOUNTS, _SHORTCODES)
_B2B = st.tuples(
    st.just("b2b"),
    st.sampled_from(["BusinessPayBill", "BusinessBuyGoods", "BusinessPayToBulk"]),
    _AMOUNTS,
    _SHORTCODES,
)
_REVERSE = st.tuples(st.just("reverse"), st.integers(0, 5))
_WAIT = st.tuples(st.just("wait"), st.integers(0, 400))
_STORY = st.lists(st.one_of(_PUSH, _HAND, _OWNER, _B2C, _B2B, _REVERSE, _WAIT), max_size=25)


async def _live(safaricom: Pretend, chapter: tuple[Any, ...]) -> None:
    match chapter:
        case ("push", phone, amount):
            await safaricom.push(phone, amount)
        case ("hand", phone, amount, shortcode):
            body = {"msisdn": phone, "amount": amount, "shortcode": shortcode}
            await safaricom.http.post("/_sim/c2b", json=body)
        case ("owner", phone, pin):
            await safaricom.http.post(f"/_sim/phones/{phone}/answer", json={"pin": pin})
        case ("b2c", phone, amount, shortcode):
            await safaricom.command(
                "/mpesa/b2c/v1/paymentrequest",
                InitiatorName=INITIATOR,
                CommandID="BusinessPayment",
                Amount=amount,
                PartyA=shortcode,
                PartyB=phone,
            )
        case ("b2b", command, amount, shortcode):
            await safaricom.command(
                "/mpesa/b2b/v1/paymentrequest",
                Initiator=INITIATOR,
                CommandID=command,
                SenderIdentifierType="4",
                RecieverIdentifierType="4",
                Amount=amount,
                PartyB=shortcode,
            )
        case ("reverse", number):
            await _reverse(safaricom, number)
        case (_, seconds):
            await safaricom.advance(seconds)
        case _:
            raise AssertionError(chapter)


async def _reverse(safaricom: Pretend, number: int) -> None:
    movements = safaricom.world.movements
    if number >= len(movements):
        return
    await safaricom.command(
        "/mpesa/reversal/v1/request",
        Initiator=INITIATOR,
        CommandID="TransactionReversal",
        TransactionID=movements[number].receipt,
        Amount=movements[number].amount // 100,
        PartyA=None,
        ReceiverParty=movements[number].shortcode or PAYBILL,
        RecieverIdentifierType="11",
    )


def _check(world: World, opening: dict[str, int]) -> None:
    assert sum(world.accounts.values()) == 0
    for name, cents in world.accounts.items():
        assert cents >= 0 or name == "outside" or name.endswith(":charges"), (name, cents)
    receipts = [movement.receipt for movement in world.movements]
    assert len(set(receipts)) == len(receipts)
    # The list of movements explains every balance.
    told = dict(opening)
    for movement in world.movements:
        told[movement.debit] -= movement.amount
        told[movement.credit] += movement.amount
        if movement.fee:
            told[movement.fee_from] -= movement.fee
            told["fees"] = told.get("fees", 0) + movement.fee
    told.pop("outside")
    assert told == {key: cents for key, cents in world.accounts.items() if key != "outside"}


async def _tell(story: list[tuple[Any, ...]]) -> None:
    async with Pretend(seed=7) as safaricom:
        for chapter in story:
            await _live(safaricom, chapter)
        await safaricom.advance(1000)
        world = safaricom.world
        _check(world, dict.fromkeys(world.accounts, 0) | _opening(world))


def _opening(world: World) -> dict[str, int]:
    """What everybody had before anything moved, from a world where nothing has."""
    fresh = Pretend(seed=7)
    known = dict(fresh.world.accounts)
    for msisdn in world.phones:
        name = f"phone:{msisdn}"
        known.setdefault(
            name, 10**15 if msisdn.startswith(("2547000", "2547001")) else 100_000_00
        )
    return known


@settings(max_examples=60, deadline=None)
@given(_STORY)
def test_whatever_is_asked_money_is_conserved(story: list[tuple[Any, ...]]) -> None:
    asyncio.run(_tell(story))
