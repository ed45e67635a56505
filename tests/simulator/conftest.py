"""What the simulator's tests share: one pretend Safaricom, in process, on a frozen clock."""

from collections.abc import AsyncGenerator

import pytest

from pokea.simulator.testing import Pretend


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def safaricom(anyio_backend: str) -> AsyncGenerator[Pretend]:
    assert anyio_backend == "asyncio"
    async with Pretend() as pretend:
        yield pretend
