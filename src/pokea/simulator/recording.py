"""Writes an exchange down as a test case, and plays it again.

A world is pure and seeded, so the same requests at the same moments get the same answers,
ids and receipts included: ``assert await replay(path.read_text()) == []``.
"""

import base64
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
from pydantic import TypeAdapter
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pokea.simulator.app import Simulator
from pokea.simulator.clock import SimClock
from pokea.simulator.courier import NO_REPLY, Courier, Reply
from pokea.simulator.engine import Engine
from pokea.simulator.keeper import Keeper
from pokea.simulator.vault import Vault
from pokea.simulator.world.agenda import Post
from pokea.simulator.world.model import World

_WORLD = TypeAdapter(World)
_HEADERS = ("authorization", "content-type", "app_key")


class Recorder:
    """Stands in front of a simulator and notes what passes; ``close`` writes the file."""

    def __init__(self, simulator: Simulator, path: Path) -> None:
        engine = simulator.engine
        engine.world.private_key_pem = engine.vault.private_key_pem
        self._path = path
        self._engine = engine
        self._app: ASGIApp = simulator
        self._steps: list[dict[str, Any]] = []
        self._posts: list[dict[str, Any]] = []
        self._world = _WORLD.dump_python(engine.world, mode="json")
        engine.courier = _NotingCourier(engine.courier, self._posts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; note it when it can change the world."""
        if scope["type"] != "http" or scope["path"].startswith("/phone"):
            await self._app(scope, receive, send)
            if scope["type"] == "lifespan":
                self.close()
            return
        chunks: list[bytes] = []
        sent: list[bytes] = []
        status: list[int] = []
        at = self._engine.clock.now()

        async def hear() -> Message:
            message = await receive()
            chunks.append(message.get("body", b""))
            return message

        async def say(message: Message) -> None:
            if message["type"] == "http.response.start":
                status.append(message["status"])
            sent.append(message.get("body", b""))
            await send(message)

        await self._app(scope, hear, say)
        step = _step(scope, at, b"".join(chunks))
        step["status"] = status[0] if status else 0
        step["answer"] = b"".join(sent).decode("utf-8", "replace")
        self._steps.append(step)

    def close(self) -> None:
        """Write what was noted."""
        case = {
            "world": self._world,
            "steps": self._steps,
            "until": self._engine.clock.now().isoformat(),
            "posts": self._posts,
        }
        self._path.write_text(json.dumps(case, indent=1))


def _step(scope: Scope, at: datetime, body: bytes) -> dict[str, Any]:
    headers: dict[bytes, bytes] = dict(scope["headers"])
    kept = {name: headers.get(name.encode(), b"").decode("latin-1") for name in _HEADERS}
    return {
        "at": at.isoformat(),
        "method": scope["method"],
        "path": scope["path"],
        "query": scope["query_string"].decode("latin-1"),
        "headers": {name: value for name, value in kept.items() if value},
        "body": base64.b64encode(body).decode(),
    }


class _NotingCourier:
    """Delivers, and notes the answer."""

    def __init__(self, courier: Courier, posts: list[dict[str, Any]]) -> None:
        self._courier = courier
        self._posts = posts

    async def deliver(self, post: Post) -> Reply:
        """Through the real courier."""
        reply = await self._courier.deliver(post)
        note = {"url": post.url, "body": post.body, "status": reply.status}
        self._posts.append(note | {"reply": base64.b64encode(reply.body).decode()})
        return reply

    async def close(self) -> None:
        """Close the real one."""
        await self._courier.close()


class _RecordedCourier:
    """Answers each post as it was answered then; what was never posted is a difference."""

    def __init__(self, posts: list[dict[str, Any]]) -> None:
        self.left = list(posts)
        self.strange: list[str] = []

    async def deliver(self, post: Post) -> Reply:
        """The first recorded post with this address and body."""
        for note in self.left:
            if (note["url"], note["body"]) == (post.url, post.body):
                self.left.remove(note)
                return Reply(note["status"], base64.b64decode(note["reply"]))
        self.strange.append(f"posted now, not then: {post.url} {post.body}")
        return NO_REPLY

    async def close(self) -> None:
        """Nothing is open."""


async def replay(text: str) -> list[str]:
    """Play a recorded case again on a frozen clock; returns the differences."""
    case: dict[str, Any] = json.loads(text)
    world = _WORLD.validate_python(case["world"])
    clock = SimClock(world.clock_at, "frozen")
    courier = _RecordedCourier(case["posts"])
    vault = Vault(world.private_key_pem, clock.now())
    simulator = Simulator(Engine(world, clock, courier, Keeper(None), vault))
    differences: list[str] = []
    transport = httpx2.ASGITransport(simulator)
    async with httpx2.AsyncClient(transport=transport, base_url="http://replay") as http:
        for step in case["steps"]:
            await simulator.engine.advance_to(datetime.fromisoformat(step["at"]))
            found = await _again(http, step)
            if found:
                differences.append(found)
        await simulator.engine.advance_to(datetime.fromisoformat(case["until"]))
    lost = [f"posted then, not now: {note['url']} {note['body']}" for note in courier.left]
    return [*differences, *courier.strange, *lost]


async def _again(http: httpx2.AsyncClient, step: dict[str, Any]) -> str:
    target = f"{step['path']}?{step['query']}" if step["query"] else step["path"]
    reply = await http.request(
        step["method"],
        target,
        headers=step["headers"],
        content=base64.b64decode(step["body"]),
    )
    same = (reply.status_code, reply.text) == (step["status"], step["answer"])
    # Each credential is sealed anew with random padding; nothing else may differ.
    if same or step["path"].startswith("/_sim"):
        return ""
    return (
        f"{step['method']} {target}: then {step['status']} {step['answer']}, "
        f"now {reply.status_code} {reply.text}"
    )
