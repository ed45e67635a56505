"""The pytest fixture ``pokea_simulator``: a fresh Safaricom on a real port for each test.

def test_my_shop(pokea_simulator):
    shop = Shop(base_url=pokea_simulator.url, **keys_from(pokea_simulator.credentials))
    pokea_simulator.side("POST", "/phones/0712345678/next", {"action": "cancel"})
"""

from collections.abc import Generator

import pytest

from pokea.simulator.live import LiveSimulator, live_simulator


@pytest.fixture
def pokea_simulator() -> Generator[LiveSimulator]:
    """A pretend Safaricom at ``.url``, with its side door at ``.side(...)``."""
    with live_simulator() as running:
        yield running
