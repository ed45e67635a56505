"""The merchant's own word on a payment by hand: a signed POST, or a Python callable.

Whatever it does, the gateway goes on: a callable runs on threads of its own, which die with the
process, and only so many questions are open at once, so that a hook that hangs costs its own
answers and nobody else's time. The caller says how long it waits.
"""

import asyncio
import inspect
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC
from threading import Thread
from typing import Final

import httpx2
import structlog
from standardwebhooks.webhooks import Webhook

from pokea.flows.ports import Clock, HookFailed

OPEN_MAX: Final = 32
"""Questions that may wait for a merchant's server at once."""

THREADS_MAX: Final = 16
"""Questions that may run in a merchant's callable at once, or hang in it for ever."""

ANSWER_MAX: Final = 4_096
"""Bytes of an answer that are read; a yes or a no is shorter."""

_OK: Final = 200
_USER_AGENT: Final = "Pokea/0.1"

_log = structlog.get_logger()

Question = Mapping[str, object]
Callback = Callable[[Question], object]


class HttpHook:
    """Asks a merchant's server, over one pool of connections."""

    def __init__(self, url: str, secret: str, clock: Clock) -> None:
        self._url = url
        self._webhook = Webhook(secret)
        self._clock = clock
        self._open = 0
        self._http = httpx2.AsyncClient(
            timeout=None,  # the caller's own limit covers the whole exchange
            follow_redirects=False,
            trust_env=False,
            limits=httpx2.Limits(max_connections=OPEN_MAX, max_keepalive_connections=8),
            headers={
                "User-Agent": _USER_AGENT,
                "Content-Type": "application/json",
                # What is read is limited as it comes, so it must not swell afterwards.
                "Accept-Encoding": "identity",
            },
        )

    async def ask(self, question_id: str, question: Question) -> object:
        """The answer's JSON.

        Raises:
            HookFailed: there is none, or too many questions are open already.
        """
        if self._open >= OPEN_MAX:
            raise HookFailed("busy")
        self._open += 1
        try:
            return await self._post(question_id, json.dumps(question, separators=(",", ":")))
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise HookFailed(type(error).__name__) from None
        finally:
            self._open -= 1

    async def _post(self, question_id: str, body: str) -> object:
        now = self._clock.now().astimezone(UTC)
        headers = {
            "webhook-id": question_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._webhook.sign(question_id, now, body),
        }
        async with self._http.stream(
            "POST", self._url, content=body.encode(), headers=headers
        ) as response:
            if response.status_code != _OK:
                raise HookFailed(f"status_{response.status_code}")
            return await _read(response)

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()


async def _read(response: httpx2.Response) -> object:
    body = b""
    async for part in response.aiter_raw():
        body += part
        if len(body) > ANSWER_MAX:
            raise HookFailed("too_large")
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise HookFailed("not_json") from None


class PythonHook:
    """Calls a merchant's function, each time on a thread of its own; ``async`` ones too."""

    def __init__(self, function: Callback) -> None:
        self._function = function
        self._running = 0

    async def ask(self, question_id: str, question: Question) -> object:
        """What the function returns.

        Raises:
            HookFailed: it raised, or hangs in too many threads already.
        """
        del question_id  # the question says it too
        if self._running >= THREADS_MAX:
            raise HookFailed("busy")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[object] = loop.create_future()
        self._running += 1
        # A daemon: a function that never returns must not keep the gateway from stopping.
        Thread(
            target=self._run,
            args=(loop, answer, dict(question)),
            name="validation-hook",
            daemon=True,
        ).start()
        return await answer

    async def close(self) -> None:
        """Nothing to close: what still runs ends with the process."""

    def _run(
        self,
        loop: asyncio.AbstractEventLoop,
        answer: asyncio.Future[object],
        question: Question,
    ) -> None:
        said: object = None
        failure: HookFailed | None = None
        try:
            said = self._function(question)
            if inspect.isawaitable(said):
                said = asyncio.run(_awaited(said))
        except BaseException as error:
            _log.exception("validation.hook_raised")
            failure = HookFailed(type(error).__name__)
        _hand_back(loop, lambda: self._settle(answer, said, failure))

    def _settle(
        self, answer: asyncio.Future[object], said: object, failure: HookFailed | None
    ) -> None:
        self._running -= 1
        if answer.done():
            return  # nobody waits any more
        if failure is None:
            answer.set_result(said)
        else:
            answer.set_exception(failure)


async def _awaited(said: Awaitable[object]) -> object:
    return await said


def _hand_back(loop: asyncio.AbstractEventLoop, settle: Callable[[], None]) -> None:
    try:
        loop.call_soon_threadsafe(settle)
    except RuntimeError:
        _log.debug("validation.hook_too_late")  # the gateway has stopped meanwhile
