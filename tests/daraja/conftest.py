"""Both clients behind one name, so that every test of a conversation proves both."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from pokea.daraja.client import AsyncClient, Client
from pokea.daraja.operations import Operation
from pokea.daraja.testing import AsyncScript, Script
from pokea.daraja.tokens import MemoryTokenCache

NOW = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)


class Sender:
    """Sends operations through one client of either kind, under a clock that tests move."""

    def __init__(self, kind: str) -> None:
        self.now = NOW
        self.cache = MemoryTokenCache()
        self._kind = kind

    def pass_time(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    def send(self, operation: Operation[object], script: Script) -> object:
        if self._kind == "sync":
            with Client(
                base_url="http://daraja.test",
                consumer_key="key",
                consumer_secret="secret",
                token_cache=self.cache,
                clock=lambda: self.now,
            ).over(script) as client:
                return client.send(operation)
        return asyncio.run(self._send_async(operation, script))

    async def _send_async(self, operation: Operation[object], script: Script) -> object:
        async with AsyncClient(
            base_url="http://daraja.test",
            consumer_key="key",
            consumer_secret="secret",
            token_cache=self.cache,
            clock=lambda: self.now,
        ).over(AsyncScript(script)) as client:
            return await client.send(operation)


@pytest.fixture(params=["sync", "async"])
def sender(request: pytest.FixtureRequest) -> Sender:
    return Sender(request.param)


@pytest.fixture
def send(sender: Sender) -> Callable[[Operation[object], Script], object]:
    return sender.send


@pytest.fixture
def mended() -> Callable[[bytes, set[str]], object]:
    """Reads a request as Daraja does: numbers as text, and the portal's misprints mended."""

    def read(body: bytes, differs: set[str]) -> object:
        return _as_text(json.loads(body), differs)

    return read


def _as_text(value: object, differs: set[str]) -> object:
    """Numbers as text, the portal's misprinted keys ("Command ID") mended, some left out."""
    if isinstance(value, dict):
        members = cast("dict[str, object]", value)
        mended = {key.replace(" ", ""): inner for key, inner in members.items()}
        return {
            key: _as_text(inner, differs) for key, inner in mended.items() if key not in differs
        }
    if isinstance(value, list):
        return [_as_text(inner, differs) for inner in cast("list[object]", value)]
    return str(value)
