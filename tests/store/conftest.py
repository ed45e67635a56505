"""A store on each database."""

from collections.abc import Generator

import pytest

from harness.stores import open_store
from pokea.store.database import SqlDatabase


@pytest.fixture
def db(database_url: str) -> Generator[SqlDatabase]:
    with open_store(database_url) as store:
        yield store
