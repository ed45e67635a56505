"""A site on each database."""

from collections.abc import AsyncIterator

import pytest

from harness.site import Site, a_site


@pytest.fixture
async def site(database_url: str) -> AsyncIterator[Site]:
    async with a_site(database_url) as made:
        yield made
