"""The gate before Safaricom: ten requests for a token a minute, and open again at once."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar, cast

import pytest

from harness.fakes import StageClock
from pokea.daraja.errors import Ambiguous, InvalidValue, NoToken
from pokea.daraja.operations import Operation, StkQuery
from pokea.provider import GatedCaller
from pokea.provider.gate import GateShut

pytestmark = pytest.mark.anyio

T = TypeVar("T")
SOMETHING = cast("StkQuery", object())


@dataclass
class Line:
    """A client that fails as a test says, and counts."""

    error: Exception | None = None
    calls: int = 0
    seconds: list[float] = field(default_factory=list[float])

    async def send(self, operation: Operation[T]) -> T:
        """Answer with the operation itself, or fail."""
        self.calls += 1
        await asyncio.sleep(0)
        if self.error is not None:
            raise self.error
        return cast("Any", operation)


async def goes_through(gate: GatedCaller) -> bool:
    try:
        await gate.send(SOMETHING)
    except GateShut:
        return False
    return True


async def test_without_a_token_safaricom_is_asked_ten_times_a_minute() -> None:
    line, clock = Line(NoToken("oauth is down")), StageClock()
    gate = GatedCaller(line, clock)

    for _ in range(60):
        await asyncio.gather(*(goes_through(gate) for _ in range(5)))
        clock.advance(timedelta(seconds=1))

    assert line.calls <= 5 + 9  # the five that came before anybody knew, and one each time


async def test_whoever_comes_meanwhile_hears_when_it_opens() -> None:
    line, clock = Line(NoToken("oauth is down")), StageClock()
    gate = GatedCaller(line, clock)
    await goes_through(gate)
    clock.advance(timedelta(seconds=2.5))

    with pytest.raises(GateShut) as shut:
        await gate.send(SOMETHING)

    assert shut.value.opens_in_s == 4
    assert not shut.value.may_have_moved_money


async def test_the_first_token_opens_it_for_all() -> None:
    line, clock = Line(NoToken("oauth is down")), StageClock()
    gate = GatedCaller(line, clock)
    await goes_through(gate)
    clock.advance(timedelta(seconds=6))
    line.error = None

    tried = await asyncio.gather(goes_through(gate), goes_through(gate))

    assert tried == [True, False]  # one tries, and the other does not wait for it
    assert await goes_through(gate)


@pytest.mark.parametrize(
    ("error", "opens"),
    [
        (Ambiguous("no answer", may_have_moved_money=True), True),
        (InvalidValue("amount", "no"), False),
    ],
)
async def test_any_answer_of_safaricoms_shows_that_there_is_a_token(
    error: Exception, opens: object
) -> None:
    line, clock = Line(NoToken("oauth is down")), StageClock()
    gate = GatedCaller(line, clock)
    await goes_through(gate)
    clock.advance(timedelta(seconds=6))
    line.error = error

    with pytest.raises(type(error)):
        await gate.send(SOMETHING)

    line.error = None
    assert await goes_through(gate) is opens


async def test_while_one_tries_the_others_come_back_soon() -> None:
    line, clock = Line(NoToken("oauth is down")), StageClock()
    gate = GatedCaller(line, clock)
    await goes_through(gate)
    clock.advance(timedelta(seconds=6))

    trying = asyncio.create_task(goes_through(gate))
    await asyncio.sleep(0)
    with pytest.raises(GateShut) as meanwhile:
        await gate.send(SOMETHING)
    assert not await trying
    with pytest.raises(GateShut) as afterwards:
        await gate.send(SOMETHING)

    assert (meanwhile.value.opens_in_s, afterwards.value.opens_in_s) == (2, 6)
