"""Duties that come round: once at a time, taken over from the dead, and never forgotten."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from harness.examples import NOW, SHORTCODE
from harness.fakes import Died
from harness.world import World
from pokea.daraja.values import Shortcode
from pokea.domain.routine import EVERY, LEASE, Routine, RoutineKind
from pokea.flows import run_routine as module
from pokea.flows.deps import Deps
from pokea.flows.errors import NotNow
from pokea.flows.run_routine import plan_routines, run_routine

pytestmark = pytest.mark.anyio

KIND = RoutineKind.IN_DOUBT


@dataclass
class Duty:
    """Remembers the runs; what is written down for one happens in it."""

    ends: list[BaseException] = field(default_factory=list[BaseException])
    runs: list[Routine] = field(default_factory=list[Routine])

    async def __call__(self, deps: Deps, routine: Routine) -> Mapping[str, str]:
        """One run."""
        del deps
        self.runs.append(routine)
        if self.ends:
            raise self.ends.pop(0)
        return {"runs": str(len(self.runs))}


@pytest.fixture
def duty(monkeypatch: pytest.MonkeyPatch) -> Duty:
    made = Duty()
    monkeypatch.setattr(module, "DUTIES", {KIND: made})
    return made


async def plan(world: World, *wanted: tuple[RoutineKind, Shortcode | None]) -> None:
    now = world.clock.now()
    await world.deps.db.write(lambda tx: plan_routines(tx, world.deps.ids, wanted, now))


async def the_routine(world: World) -> Routine:
    found = await world.deps.db.read(lambda tx: tx.routines.all())
    assert len(found) == 1
    return found[0]


async def test_a_planned_duty_is_done_at_once_and_then_at_its_interval(
    world: World, duty: Duty
) -> None:
    await plan(world, (KIND, None))

    await world.works()
    assert len(duty.runs) == 1
    await world.passes(seconds=3 * EVERY[KIND].total_seconds())

    assert len(duty.runs) == 4
    assert duty.runs[-1].state == {"runs": "3"}


async def test_planning_again_changes_nothing(world: World, duty: Duty) -> None:
    await plan(world, (KIND, None))
    await world.works()
    before = await the_routine(world)

    await plan(world, (KIND, None))

    assert await the_routine(world) == before
    assert len(duty.runs) == 1


async def test_a_duty_that_is_no_longer_wanted_rests_until_it_is_again(
    world: World, duty: Duty
) -> None:
    await plan(world, (KIND, SHORTCODE))
    await plan(world)
    await world.passes(hours=1)
    assert duty.runs == []

    await plan(world, (KIND, SHORTCODE))
    await world.works()

    assert [run.shortcode for run in duty.runs] == [SHORTCODE]


async def test_a_duty_that_is_being_done_is_not_begun_again(world: World, duty: Duty) -> None:
    await plan(world, (KIND, None))
    routine = await the_routine(world)

    await run_routine(world.deps, routine.id)
    await run_routine(world.deps, routine.id)

    assert len(duty.runs) == 1


async def test_the_duty_of_a_killed_process_is_taken_over_when_its_lease_ends(
    world: World, duty: Duty
) -> None:
    duty.ends = [Died()]
    await plan(world, (KIND, None))
    routine = await the_routine(world)
    with pytest.raises(Died):
        await run_routine(world.deps, routine.id)

    await world.passes(seconds=LEASE.total_seconds() - 1)
    assert len(duty.runs) == 1
    await world.passes(seconds=1)

    assert len(duty.runs) == 2
    assert (await the_routine(world)).last_ok_at == NOW + LEASE


async def test_a_duty_that_cannot_be_done_says_why_and_comes_round(
    world: World, duty: Duty
) -> None:
    duty.ends = [NotNow("Safaricom does not answer")]
    await plan(world, (KIND, None))

    await world.works()
    waiting = await the_routine(world)
    assert (waiting.failures, waiting.last_error) == (1, "Safaricom does not answer")
    await world.passes(minutes=5)

    ended = await the_routine(world)
    assert (ended.failures, ended.last_error) == (0, None)


async def test_a_bug_in_a_duty_is_written_down_and_raised(world: World, duty: Duty) -> None:
    duty.ends = [RuntimeError("254712345678")]
    await plan(world, (KIND, None))
    routine = await the_routine(world)

    with pytest.raises(RuntimeError):
        await run_routine(world.deps, routine.id)

    ended = await the_routine(world)
    assert ended.last_error == "RuntimeError"  # no word that might hold a payer's number
    assert ended.due_at is not None
    assert ended.due_at > NOW


async def test_who_lost_its_lease_writes_nothing_down(
    world: World, duty: Duty, monkeypatch: pytest.MonkeyPatch
) -> None:
    await plan(world, (KIND, None))
    routine = await the_routine(world)

    async def slow(deps: Deps, taken: Routine) -> Mapping[str, str]:
        world.clock.advance(LEASE + timedelta(seconds=1))
        monkeypatch.setattr(module, "DUTIES", {KIND: duty})
        await run_routine(deps, taken.id)
        return {"runs": "late"}

    monkeypatch.setattr(module, "DUTIES", {KIND: slow})
    await run_routine(world.deps, routine.id)

    assert (await the_routine(world)).state == {"runs": "1"}
