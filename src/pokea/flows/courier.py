"""Sends deliveries in turn, a few at once to each endpoint, whatever engine brings them.

A server that accepts and never answers holds a send for 15 seconds. Without a limit of its own
it would soon hold every send of this process, and its neighbours would wait. What waits here
is only a name in memory: the row stays due, so a killed process loses nothing.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Final

import structlog

from pokea.domain.ids import DeliveryId, EndpointId
from pokea.flows.deliver_event import deliver_event
from pokea.flows.deps import Deps

SENDS_AT_ONCE: Final = 32
"""Of one process. They wait for others' servers, so they cost sockets and hardly any time."""

SENDS_PER_ENDPOINT: Final = 4
"""At once: 40 events a second to a server that answers in a tenth of a second."""

WAITING_MAX: Final = 500
"""Of one endpoint. More would only fill memory: the rows are due, and are brought again."""

CLOSE_S: Final = 16
"""A send may take 15; one that is cut off is sent again, which a merchant should not see."""

_log = structlog.get_logger()


class EndpointBusy(Exception):
    """So much waits for this endpoint that no more is taken; bring the row again later."""


@dataclass
class _Lane:
    """One endpoint's turns, in the order of asking."""

    turn: asyncio.Semaphore = field(
        default_factory=lambda: asyncio.Semaphore(SENDS_PER_ENDPOINT)
    )
    taken: int = 0


class Courier:
    """The sends of one process."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._room = asyncio.Semaphore(SENDS_AT_ONCE)
        self._lanes: dict[EndpointId, _Lane] = {}
        self._taken: dict[DeliveryId, asyncio.Task[None]] = {}
        self._sending: set[asyncio.Task[None]] = set()

    async def take(self, delivery_id: DeliveryId) -> asyncio.Task[None] | None:
        """Take a delivery to send in its turn; None when there is nothing to do now.

        Raises:
            EndpointBusy: too much waits for its endpoint.
        """
        now = self._deps.clock.now()
        if delivery_id in self._taken:
            return None
        endpoint_id = await self._deps.db.read(
            lambda tx: tx.deliveries.whose_turn(delivery_id, now=now)
        )
        if endpoint_id is None or delivery_id in self._taken:
            return None
        lane = self._lanes.setdefault(endpoint_id, _Lane())
        if lane.taken >= WAITING_MAX:
            raise EndpointBusy
        lane.taken += 1
        task = asyncio.create_task(self._send(delivery_id, lane))
        self._taken[delivery_id] = task
        # Not in the task itself: one that is cancelled before it begins runs none of its lines.
        task.add_done_callback(lambda _: self._give_back(delivery_id, endpoint_id))
        return task

    async def close(self) -> None:
        """Forget what waits, and let what is being sent come to its end."""
        for task in set(self._taken.values()) - self._sending:
            task.cancel()
        if self._sending:
            await asyncio.wait(self._sending, timeout=CLOSE_S)
        late = list(self._taken.values())
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _send(self, delivery_id: DeliveryId, lane: _Lane) -> None:
        async with lane.turn, self._room:
            task = asyncio.current_task()
            if task is not None:
                self._sending.add(task)
                task.add_done_callback(self._sending.discard)
            await deliver_event(self._deps, delivery_id)

    def _give_back(self, delivery_id: DeliveryId, endpoint_id: EndpointId) -> None:
        task = self._taken.pop(delivery_id)
        lane = self._lanes[endpoint_id]
        lane.taken -= 1
        if lane.taken == 0:
            del self._lanes[endpoint_id]
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("delivery.not_sent", delivery=delivery_id, exc_info=error)
