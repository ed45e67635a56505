"""What every test may ask for: a fresh database of either kind, and the event loop."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest
import structlog

from harness.auditor import check_books
from harness.databases import PostgresTemplate, SqliteTemplate
from harness.postgres import VARIABLE, cluster

# One line a record: a failed test shows what was logged, and that should be readable.
structlog.configure(
    processors=[
        structlog.processors.format_exc_info,
        structlog.processors.KeyValueRenderer(key_order=["event"]),
    ]
)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> SqliteTemplate:
    return SqliteTemplate(tmp_path_factory.mktemp("sqlite-template"))


@pytest.fixture(scope="session")
def postgres_server() -> Generator[str]:
    """The run's own cluster; ``tests/run.sh`` brings one, plain ``pytest`` starts one."""
    given = os.environ.get(VARIABLE)  # noqa: TID251 - set by tests/run.sh
    if given:
        yield given
        return
    with cluster() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> PostgresTemplate:
    return PostgresTemplate(postgres_server)


@pytest.fixture
def sqlite_url(
    request: pytest.FixtureRequest, sqlite_template: SqliteTemplate, tmp_path: Path
) -> Generator[str]:
    url = sqlite_template.fresh(tmp_path)
    yield url
    check_books(request.node, url)


@pytest.fixture
def postgresql_url(
    request: pytest.FixtureRequest, postgres_template: PostgresTemplate
) -> Generator[str]:
    with postgres_template.fresh() as url:
        yield url
        check_books(request.node, url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh database at this version's schema; the test runs once on each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url
