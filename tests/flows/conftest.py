"""A world on each database: flows, a scripted Safaricom, and a clock that stands still."""

from collections.abc import AsyncGenerator

import pytest

from harness.world import World, a_world


@pytest.fixture
async def world(database_url: str, anyio_backend: str) -> AsyncGenerator[World]:
    assert anyio_backend == "asyncio"
    async with a_world(database_url) as made:
        yield made
