"""Safaricom's HTTP edge, as a bare ASGI endpoint: any request at all gets an answer."""

import asyncio
import logging

from starlette.types import Message, Receive, Scope, Send

from pokea.simulator.engine import Engine
from pokea.simulator.world import answer
from pokea.simulator.world.answer import Answer
from pokea.simulator.world.scene import Call

_LOG = logging.getLogger(__name__)
# A bulk invoice of 1000 rows is about 400 kB; whatever is longer is read and thrown away.
_BODY_MAX = 1_000_000


class Gone(Exception):
    """The caller hung up."""


class Edge:
    """Turns ASGI into :class:`Call`, and :class:`Answer` into bytes or silence."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        try:
            body = await _body(receive)
            found = await self._answer(_call(scope, body), body)
            if found.wait_s > 0:
                await self._wait(found.wait_s, receive)
        except Gone:
            return
        await _reply(found, receive, send)

    async def _answer(self, call: Call, body: bytes | None) -> Answer:
        if body is None:
            return answer.error(400, "400.002.05", "Invalid Request Payload")
        try:
            found = await self._engine.ask(call)
        except Exception:
            _LOG.exception("a bug in the simulator, answered as Safaricom would")
            return answer.error(500, "500.002.1001", "System internal error.")
        return found or answer.error(500, "500.002.1001", "System internal error.")

    async def _wait(self, seconds: float, receive: Receive) -> None:
        """A slow answer, in simulated time; a caller that gives up ends it."""
        slept = asyncio.ensure_future(self._engine.sleep(seconds))
        gone = asyncio.ensure_future(receive())
        done, _ = await asyncio.wait({slept, gone}, return_when=asyncio.FIRST_COMPLETED)
        slept.cancel()
        gone.cancel()
        if slept not in done:
            raise Gone


def _call(scope: Scope, body: bytes | None) -> Call:
    headers: dict[bytes, bytes] = dict(scope["headers"])
    return Call(
        method=scope["method"],
        path=scope["path"],
        query=scope["query_string"].decode("latin-1"),
        authorization=headers.get(b"authorization", b"").decode("latin-1"),
        content_type=headers.get(b"content-type", b"").decode("latin-1"),
        app_key=headers.get(b"app_key", headers.get(b"appkey", b"")).decode("latin-1"),
        body=body or b"",
    )


async def _body(receive: Receive) -> bytes | None:
    chunks: list[bytes] = []
    size = 0
    more = True
    while more:
        message: Message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size <= _BODY_MAX:
            chunks.append(chunk)
        else:
            chunks.clear()
        more = message.get("more_body", False)
    return b"".join(chunks) if size <= _BODY_MAX else None


async def _reply(found: Answer, receive: Receive, send: Send) -> None:
    if found.cut == "reset":
        await _hang_up(receive, send)
        return
    body = found.body.encode()
    headers = [
        (b"content-type", found.content_type.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": found.status, "headers": headers})
    if found.cut == "truncate":
        half = body[: len(body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        await _hang_up(receive, send)
        return
    await send({"type": "http.response.body", "body": body})


async def _hang_up(receive: Receive, send: Send) -> None:
    """Break the connection. ASGI has no word for it, so ask uvicorn's own transport."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionResetError("the simulator broke the connection, as it was told to")
    transport.close()
    await receive()  # returns when the connection is gone
