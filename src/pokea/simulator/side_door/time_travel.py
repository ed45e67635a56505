"""The clock: look at it, move it forward, freeze it, or let it race."""

from datetime import UTC, datetime

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from pokea.simulator.clock import Mode
from pokea.simulator.engine import Engine
from pokea.simulator.side_door.deps import Sim
from pokea.simulator.world.model import EAT

router = APIRouter(prefix="/_sim/clock", tags=["clock"])
_YEAR_S = 366 * 86_400


class ClockView(BaseModel):
    """What time it is in the simulated world."""

    now: datetime
    nairobi: datetime
    mode: Mode
    pending: int


class Advance(BaseModel):
    """How far to move."""

    model_config = ConfigDict(extra="forbid")

    seconds: float = Field(ge=0, le=_YEAR_S)


class ClockEdit(BaseModel):
    """Another moment, another way for time to pass."""

    model_config = ConfigDict(extra="forbid")

    now: datetime | None = None
    mode: Mode | None = None


def _view(sim: Engine) -> ClockView:
    now = sim.clock.now()
    return ClockView(
        now=now,
        nairobi=now.astimezone(EAT),
        mode=sim.clock.mode,
        pending=len(sim.world.agenda),
    )


@router.get("")
async def show_clock(sim: Sim) -> ClockView:
    """The simulated moment."""
    return _view(sim)


@router.post("")
async def change_clock(sim: Sim, edit: ClockEdit) -> ClockView:
    """Set the moment (forward only) and the mode: real, frozen or fast."""
    if edit.now is not None:
        moment = edit.now if edit.now.tzinfo else edit.now.replace(tzinfo=EAT)
        await sim.advance_to(moment.astimezone(UTC))
    if edit.mode is not None:
        sim.clock.change_mode(edit.mode)
        sim.change(lambda _: None)
    return _view(sim)


@router.post("/advance")
async def advance_clock(sim: Sim, wanted: Advance) -> ClockView:
    """Live through the seconds at once: prompts expire, callbacks go out and are answered."""
    await sim.advance(wanted.seconds)
    return _view(sim)
