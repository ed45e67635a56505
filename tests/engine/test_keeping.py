"""A loop that ends is started again, ever more slowly, and the process says so meanwhile."""

import asyncio

import pytest

from pokea.engine.keep import Pulse, Started, keep_running

pytestmark = pytest.mark.anyio


class Loop:
    """Ends at once, as often as it is told, and then runs until the test is over."""

    def __init__(self, ends: int, *, raising: bool) -> None:
        self.starts = 0
        self._ends = ends
        self._raising = raising

    async def __call__(self, started: Started) -> None:
        self.starts += 1
        if self.starts > self._ends:
            started()
            raise asyncio.CancelledError
        if self._raising:
            raise ConnectionError


async def kept(loop: Loop, pulse: Pulse) -> tuple[list[float], list[bool]]:
    """The pauses between a loop's lives, and what the pulse said during each."""
    pauses: list[float] = []
    beats: list[bool] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        beats.append(pulse.beats)

    with pytest.raises(asyncio.CancelledError):
        await keep_running("attempt", loop, pulse, sleep=sleep)
    return pauses, beats


@pytest.mark.parametrize("raising", [True, False])
async def test_a_loop_that_ends_is_started_again_ever_more_slowly(*, raising: bool) -> None:
    loop = Loop(7, raising=raising)

    pauses, _ = await kept(loop, Pulse())

    assert pauses == [1, 2, 4, 8, 16, 30, 30]
    assert loop.starts == 8


async def test_the_pulse_stops_until_the_loop_works_again() -> None:
    pulse = Pulse()

    _, beats = await kept(Loop(2, raising=True), pulse)

    assert beats == [False, False]
    assert pulse.beats


def test_one_loop_that_is_down_is_enough_to_stop_the_pulse() -> None:
    pulse = Pulse()
    pulse.lost("attempt")
    pulse.lost("delivery")

    pulse.found("attempt")

    assert not pulse.beats
