"""Two clients, one for threads and one for asyncio: thin loops around one conversation.

    with Client(base_url=Environment.SANDBOX, consumer_key=..., consumer_secret=...) as client:
        ack = client.send(StkPush(...))  # a PushAck; strict type checkers know it

Both may be shared: `Client` by threads, `AsyncClient` by the tasks of one event loop. The
`timeout_s` of `Client` is for connecting and for each read; that of `AsyncClient` is for a
whole request, and connecting may take half of it.
"""

import asyncio
import time
from types import TracebackType
from typing import Self, TypeVar, assert_never

from pokea.daraja._http import open_transport
from pokea.daraja._http_async import open_async_transport
from pokea.daraja.clock import Clock, system_clock
from pokea.daraja.credentials import ConsumerSecret
from pokea.daraja.exchange import (
    Brought,
    DiscardToken,
    LeaseMinting,
    LoadFailure,
    LoadToken,
    MintingFailed,
    Pause,
    ReleaseMinting,
    Step,
    StoreToken,
    TokenStep,
    exchange,
)
from pokea.daraja.operations import Operation
from pokea.daraja.operations.authorization import Authorize
from pokea.daraja.tokens import MemoryTokenCache, Token, TokenCache, cache_key
from pokea.daraja.transport import AsyncTransport, Transport
from pokea.daraja.wire import WireRequest

T = TypeVar("T")


class Client:
    """Sends operations from threads; `with` closes its connections."""

    def __init__(
        self,
        *,
        base_url: str,
        consumer_key: str,
        consumer_secret: ConsumerSecret | str,
        token_cache: TokenCache | None = None,
        timeout_s: int = 10,
        clock: Clock = system_clock,
    ) -> None:
        self._app = _App(base_url, consumer_key, consumer_secret, token_cache, clock)
        self._transport: Transport = open_transport(base_url, timeout_s)

    def over(self, transport: Transport) -> Self:
        """Use a transport of your own (a fake, another authority) from now on."""
        self._transport = transport
        return self

    def send(self, operation: Operation[T]) -> T:
        """Send an operation and return what it decodes to; errors are `DarajaError`s."""
        steps = exchange(operation, self._app.authorize, self._app.clock)
        try:
            step = next(steps)
            while True:
                try:
                    brought = self._perform(step)
                except BaseException as error:
                    step = steps.throw(error)
                else:
                    step = steps.send(brought)
        except StopIteration as done:
            return done.value

    def _perform(self, step: Step) -> Brought:
        if isinstance(step, WireRequest):
            return self._transport.send(step)
        if isinstance(step, Pause):
            time.sleep(step.milliseconds / 1000)
            return None
        return self._app.keep(step)

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()

    def __enter__(self) -> Self:
        """Return the client itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close all connections."""
        self.close()


class AsyncClient:
    """Sends operations from the tasks of one event loop; `async with` closes connections."""

    def __init__(
        self,
        *,
        base_url: str,
        consumer_key: str,
        consumer_secret: ConsumerSecret | str,
        token_cache: TokenCache | None = None,
        timeout_s: int = 10,
        clock: Clock = system_clock,
    ) -> None:
        self._app = _App(base_url, consumer_key, consumer_secret, token_cache, clock)
        self._transport: AsyncTransport = open_async_transport(base_url, timeout_s)

    def over(self, transport: AsyncTransport) -> Self:
        """Use a transport of your own (a fake, another authority) from now on."""
        self._transport = transport
        return self

    async def send(self, operation: Operation[T]) -> T:
        """Send an operation and return what it decodes to; errors are `DarajaError`s."""
        steps = exchange(operation, self._app.authorize, self._app.clock)
        token = self._app.remembered()
        try:
            step = next(steps)
            if token is not None and isinstance(step, LoadToken):
                step = steps.send(token)  # the usual case, without a coroutine of its own
            while True:
                try:
                    if isinstance(step, WireRequest):
                        brought: Brought = await self._transport.send(step)
                    else:
                        brought = await self._perform(step)
                except BaseException as error:
                    step = steps.throw(error)
                else:
                    step = steps.send(brought)
        except StopIteration as done:
            return done.value

    async def _perform(self, step: TokenStep | Pause) -> Brought:
        if isinstance(step, Pause):
            await asyncio.sleep(step.milliseconds / 1000)
            return None
        if isinstance(step, LoadToken) and (token := self._app.remembered()):
            return token
        if self._app.cache.waits:
            return await asyncio.to_thread(self._app.keep, step)
        return self._app.keep(step)

    async def close(self) -> None:
        """Close all connections."""
        await self._transport.close()

    async def __aenter__(self) -> Self:
        """Return the client itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close all connections."""
        await self.close()


class _App:
    """An app of Daraja's portal at one host, and where its token is kept."""

    def __init__(
        self,
        base_url: str,
        consumer_key: str,
        consumer_secret: ConsumerSecret | str,
        token_cache: TokenCache | None,
        clock: Clock,
    ) -> None:
        secret = consumer_secret
        if not isinstance(secret, ConsumerSecret):
            secret = ConsumerSecret(secret)
        self.authorize = Authorize(consumer_key=consumer_key, consumer_secret=secret)
        self.cache: TokenCache = token_cache or MemoryTokenCache()
        self.clock = clock
        self._key = cache_key(base_url, consumer_key)
        self._remembered: Token | None = None
        self._failure: MintingFailed | None = None

    def remembered(self) -> Token | None:
        """Return the last token seen while it is fresh, which spares the cache a question."""
        token = self._remembered
        return token if token is not None and token.is_fresh(self.clock()) else None

    def keep(self, step: TokenStep) -> Brought:
        """Perform a step about the token."""
        match step:
            case LoadToken():
                self._remembered = self.remembered() or self.cache.load(self._key)
                return self._remembered
            case StoreToken(token):
                self._remembered = token
                return self.cache.store(self._key, token)
            case DiscardToken(value):
                self._remembered = None
                return self.cache.discard(self._key, value)
            case LeaseMinting(owner, now):
                return self.cache.lease(self._key, owner, now)
            case ReleaseMinting(owner):
                return self.cache.release(self._key, owner)
            case LoadFailure():
                return self._failure
            case MintingFailed():
                self._failure = step
                return None
            case _:
                assert_never(step)
