"""Keeps the world in one JSON file, so that yesterday's balances and receipts are there."""

import asyncio
import time
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from pokea.simulator.world.model import World

_WORLD = TypeAdapter(World)
# A second of changes may be lost when the machine dies; this is a pretend bank.
_PAUSE_S = 1.0
# A large world takes longer to write; it may cost a twentieth of the processor, no more.
_SHARE = 20


class UnreadableWorldError(ValueError):
    """This file does not hold a simulator's world; move it away to begin a new one."""


class Keeper:
    """Writes the world some time after it changed, and at the end."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._timer: asyncio.TimerHandle | None = None
        self._pause_s = _PAUSE_S

    def load(self) -> World | None:
        """The world of last time."""
        if self._path is None or not self._path.exists():
            return None
        try:
            world = _WORLD.validate_json(self._path.read_bytes())
        except ValidationError as error:
            told = f"{self._path}: {UnreadableWorldError.__doc__}"
            raise UnreadableWorldError(told) from error
        # Loaded twice, as two objects; an open prompt must be one and the same.
        world.open_prompts = {key: world.prompts[key] for key in world.open_prompts}
        return world

    def soon(self, world: World) -> None:
        """Save within a second."""
        if self._path is None or self._timer is not None:
            return
        self._timer = asyncio.get_running_loop().call_later(self._pause_s, self.save, world)

    def save(self, world: World) -> None:
        """Write a whole new file, then put it in place of the old one."""
        if self._path is None:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        began = time.monotonic()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        fresh.write_bytes(_WORLD.dump_json(world))
        fresh.replace(self._path)
        self._pause_s = max(_PAUSE_S, (time.monotonic() - began) * _SHARE)
