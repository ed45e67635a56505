"""Waiting for a token that another request is asking for: failures are shared, waits end."""

import asyncio
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

import pytest
from typing_extensions import override

from pokea.daraja.client import AsyncClient, Client
from pokea.daraja.errors import Misconfigured, NoToken
from pokea.daraja.operations import BongaPoints, BongaWorth, Operation
from pokea.daraja.testing import TOKEN, Script, reply
from pokea.daraja.tokens import MemoryTokenCache
from pokea.daraja.transport import AsyncTransport, Lost, Transport
from pokea.daraja.wire import WireReply, WireRequest

CROWD = 8
POINTS = BongaPoints(points=1)
WORTH = reply(200, {"header": {"responseCode": 200}, "body": {"amount": "8", "rate": "1"}})

Outcome = BongaWorth | BaseException


class AnySender(Protocol):
    now: datetime
    cache: MemoryTokenCache

    def pass_time(self, seconds: int) -> None: ...

    def send(self, operation: Operation[object], script: Script) -> object: ...


class Queue(MemoryTokenCache):
    """Knows when all but one of a crowd have been refused the right to mint."""

    def __init__(self) -> None:
        super().__init__()
        self.all_wait = threading.Event()
        self._refused: set[str] = set()

    @override
    def lease(self, key: str, owner: str, now: datetime) -> bool:
        leased = super().lease(key, owner, now)
        if not leased:
            self._refused.add(owner)
        if len(self._refused) == CROWD - 1:
            self.all_wait.set()
        return leased


class BlockingStall(Transport):
    """Answers what a script says, once everybody waits."""

    def __init__(self, queue: Queue, script: Script) -> None:
        self._queue = queue
        self._script = script

    @override
    def send(self, request: WireRequest) -> WireReply:
        assert self._queue.all_wait.wait(10)
        return self._script.send(request)

    @override
    def close(self) -> None:
        pass


class AsyncStall(AsyncTransport):
    def __init__(self, stall: BlockingStall) -> None:
        self._stall = stall

    @override
    async def send(self, request: WireRequest) -> WireReply:
        return await asyncio.to_thread(self._stall.send, request)

    @override
    async def close(self) -> None:
        pass


def crowd_of_threads(cache: Queue, stall: BlockingStall) -> list[Outcome]:
    outcomes: list[Outcome] = []
    client = Client(
        base_url="http://daraja.test",
        consumer_key="key",
        consumer_secret="secret",
        token_cache=cache,
    ).over(stall)

    def send() -> None:
        try:
            outcomes.append(client.send(POINTS))
        except Exception as error:
            outcomes.append(error)

    threads = [threading.Thread(target=send) for _ in range(CROWD)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return outcomes


def crowd_of_tasks(cache: Queue, stall: BlockingStall) -> list[Outcome]:
    async def crowd() -> list[Outcome]:
        client = AsyncClient(
            base_url="http://daraja.test",
            consumer_key="key",
            consumer_secret="secret",
            token_cache=cache,
        ).over(AsyncStall(stall))
        asks = (client.send(POINTS) for _ in range(CROWD))
        return await asyncio.gather(*asks, return_exceptions=True)

    return asyncio.run(crowd())


Crowd = Callable[[Queue, BlockingStall], list[Outcome]]
both = pytest.mark.parametrize("crowd", [crowd_of_threads, crowd_of_tasks])


@both
def test_a_failed_minting_answers_all_who_waited_for_it(crowd: Crowd) -> None:
    queue, script = Queue(), Script(Lost("timed out"))

    outcomes = crowd(queue, BlockingStall(queue, script))

    assert [type(outcome) for outcome in outcomes] == [NoToken] * CROWD
    assert script.paths == ["/oauth/v1/generate"]
    assert not queue.leases


@both
def test_wrong_keys_are_asked_about_once(crowd: Crowd) -> None:
    queue, script = Queue(), Script(reply(400, b""))

    outcomes = crowd(queue, BlockingStall(queue, script))

    kinds = sorted(type(outcome).__name__ for outcome in outcomes)
    assert kinds == [Misconfigured.__name__] + [NoToken.__name__] * (CROWD - 1)
    assert len(script.requests) == 1


@both
def test_a_token_answers_all_who_waited_for_it(crowd: Crowd) -> None:
    queue, script = Queue(), Script(TOKEN, *[WORTH] * CROWD)

    outcomes = crowd(queue, BlockingStall(queue, script))

    assert [type(outcome) for outcome in outcomes] == [BongaWorth] * CROWD
    assert script.paths.count("/oauth/v1/generate") == 1


def test_who_comes_after_a_failure_asks_anew() -> None:
    script = Script(Lost("timed out"), TOKEN, WORTH)
    client = Client(
        base_url="http://daraja.test", consumer_key="key", consumer_secret="secret"
    ).over(script)
    with pytest.raises(NoToken):
        client.send(POINTS)

    assert client.send(POINTS)


class SlowQueue(MemoryTokenCache):
    """Refuses the right to mint some times, and every answer takes some seconds."""

    def __init__(self, sender: AnySender, *, refusals: int, seconds: int) -> None:
        super().__init__()
        self.asked = 0
        self._sender = sender
        self._refusals = refusals
        self._seconds = seconds

    @override
    def lease(self, key: str, owner: str, now: datetime) -> bool:
        self.asked += 1
        self._sender.pass_time(self._seconds)
        return self.asked > self._refusals and super().lease(key, owner, now)


def test_nobody_waits_for_a_token_without_end(sender: AnySender) -> None:
    sender.cache = queue = SlowQueue(sender, refusals=100, seconds=5)
    script = Script()

    with pytest.raises(NoToken) as caught:
        sender.send(POINTS, script)

    assert queue.asked == 3
    assert not script.requests
    assert not caught.value.may_have_moved_money


def test_who_has_waited_long_does_not_ask_as_well(sender: AnySender) -> None:
    sender.cache = queue = SlowQueue(sender, refusals=1, seconds=3)
    script = Script()

    with pytest.raises(NoToken):
        sender.send(POINTS, script)

    assert not script.requests
    assert not queue.leases


def test_who_has_waited_a_little_asks_in_turn(sender: AnySender) -> None:
    sender.cache = SlowQueue(sender, refusals=1, seconds=2)

    assert sender.send(POINTS, Script(TOKEN, WORTH))
