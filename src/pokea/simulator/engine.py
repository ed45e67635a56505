"""Runs the world on its clock: steps, due events, posts, and whoever watches the phone."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from pokea.simulator.clock import SimClock
from pokea.simulator.courier import Courier
from pokea.simulator.keeper import Keeper
from pokea.simulator.vault import Vault
from pokea.simulator.world import agenda
from pokea.simulator.world.agenda import Post
from pokea.simulator.world.answer import Answer
from pokea.simulator.world.model import World
from pokea.simulator.world.routes import OAUTH, OPERATIONS
from pokea.simulator.world.scene import Call, Scene
from pokea.simulator.world.step import Outcome, PostReplied, Request, Tick, step

T = TypeVar("T")
_DELIVERIES = 200  # kept for the operator's eyes


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A post that was made, and what came back."""

    at: datetime
    post: Post
    status: int


class Engine:
    """The loop around the model. Everything runs in one event loop, so nothing is locked."""

    def __init__(
        self, world: World, clock: SimClock, courier: Courier, keeper: Keeper, vault: Vault
    ) -> None:
        self.world = world
        self.clock = clock
        self.vault = vault
        self.deliveries: deque[Delivery] = deque(maxlen=_DELIVERIES)
        self.calls: Counter[str] = Counter()
        self.version = 0
        self.courier = courier
        self._keeper = keeper
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at: datetime | None = None
        self._sleepers: list[tuple[datetime, asyncio.Future[None]]] = []
        self._changed = asyncio.Event()

    async def ask(self, request: Request) -> Answer | None:
        """One request; posts that must arrive before the answer have arrived on return."""
        if isinstance(request, Call) and (request.path == OAUTH or request.path in OPERATIONS):
            self.calls[request.path] += 1
        outcome = self._step(request)
        early = [post for post in outcome.posts if post.early]
        for post in outcome.posts:
            if not post.early:
                self._spawn(self._carry(post))
        for post in early:
            await self._carry(post)
        return outcome.answer

    def change(self, edit: Callable[[Scene], T]) -> T:
        """Let the side door edit the world; what it sends is sent."""
        scene = Scene(self.world, self.clock.now())
        result = edit(scene)
        for post in scene.posts:
            self._spawn(self._carry(post))
        self._after_step()
        return result

    def begin_again(self, world: World) -> None:
        """Live in another world from now on."""
        self.world = world
        self.calls.clear()
        self._after_step()

    async def perform(self, edit: Callable[[Scene], T]) -> T:
        """Like :meth:`change`, but returns when what it sends has been answered."""
        scene = Scene(self.world, self.clock.now())
        result = edit(scene)
        self._after_step()
        for post in scene.posts:
            await self._carry(post)
        return result

    async def advance(self, seconds: float) -> None:
        """Move the clock, event by event, each post delivered before time goes on."""
        await self.advance_to(self.clock.now() + timedelta(seconds=seconds))

    async def advance_to(self, target: datetime) -> None:
        """Move the clock to a moment and live through all that lies before it."""
        await self.settle()
        while (due := agenda.next_at(self.world.agenda)) is not None and due <= target:
            self.clock.set(due)
            for post in self._step(Tick()).posts:
                await self._carry(post)
            await self.settle()
        self.clock.set(target)
        self._forget_timer()
        self._after_step()

    async def settle(self) -> None:
        """Wait until every post under way has been answered."""
        current = asyncio.current_task()
        while others := [task for task in self._tasks if task is not current]:
            await asyncio.wait(others)

    async def sleep(self, seconds: float) -> None:
        """Wait in simulated time."""
        if seconds <= 0:
            return
        if self.clock.mode == "fast":
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        at = self.clock.now() + timedelta(seconds=seconds)
        self._sleepers.append((at, future))
        self._arm()
        await future

    async def changed(self, seen: int, timeout_s: float) -> int:
        """Wait until the world is newer than the version seen, or the time is over."""
        if self.version == seen:
            try:
                async with asyncio.timeout(timeout_s):
                    await self._changed.wait()
            except TimeoutError:
                pass
        return self.version

    async def close(self) -> None:
        """Stop the timers, hang up, save."""
        if self._timer is not None:
            self._timer.cancel()
        for _, future in self._sleepers:
            future.cancel()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.courier.close()
        self._keeper.save(self.world)

    def _step(self, request: Request) -> Outcome:
        outcome = step(self.world, request, self.clock.now(), self.vault.open)
        self._after_step()
        return outcome

    def _after_step(self) -> None:
        self.world.clock_at = self.clock.now()
        self.version += 1
        self._changed.set()
        self._changed = asyncio.Event()
        self._keeper.soon(self.world)
        self._wake_sleepers()
        self._arm()

    def _wake_sleepers(self) -> None:
        if not self._sleepers:
            return
        now = self.clock.now()
        for at, future in self._sleepers:
            if at <= now and not future.done():
                future.set_result(None)
        self._sleepers = [item for item in self._sleepers if not item[1].done()]

    def _arm(self) -> None:
        """Wake up for whatever comes next; a frozen clock is only moved by its owner."""
        moments = [at for at, _ in self._sleepers]
        due = agenda.next_at(self.world.agenda)
        if due is not None:
            moments.append(due)
        if not moments or self.clock.mode == "frozen":
            return
        first = min(moments)
        if self._timer is not None and self._timer_at is not None and self._timer_at <= first:
            return
        if self._timer is not None:
            self._timer.cancel()
        wait = 0.0
        if self.clock.mode == "real":
            wait = max(0.0, (first - self.clock.now()).total_seconds())
        self._timer_at = first
        self._timer = asyncio.get_running_loop().call_later(wait, self._ring)

    def _forget_timer(self) -> None:
        """The clock has jumped: a timer set before counts wall time that no longer matters."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._timer_at = None, None

    def _ring(self) -> None:
        self._timer = None
        due = agenda.next_at(self.world.agenda)
        if self.clock.mode == "fast" and due is not None:
            self.clock.set(due)
        for post in self._step(Tick()).posts:
            self._spawn(self._carry(post))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry(self, post: Post) -> None:
        reply = await self.courier.deliver(post)
        self.deliveries.append(Delivery(at=self.clock.now(), post=post, status=reply.status))
        if post.reply_to:
            replied = PostReplied(reply_to=post.reply_to, status=reply.status, body=reply.body)
            for following in self._step(replied).posts:
                await self._carry(following)
