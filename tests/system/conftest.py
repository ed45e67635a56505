"""An installation on each database, and a whole town: Safaricom, gateway, and a merchant."""

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from harness.auditor import check_books
from harness.databases import PostgresTemplate, SqliteTemplate
from harness.installation import Gateway, Installation
from harness.moved import booked, moved
from harness.processes import run_to_end
from harness.time_travel import TimeMachine, a_town_in_time
from harness.town import Town, a_town


@pytest.fixture
def installation(database_url: str, tmp_path: Path) -> Installation:
    return Installation(database_url, tmp_path / "run")


@pytest.fixture
def fast_gateway(installation: Installation) -> Iterator[Gateway]:
    """A gateway where one believed callback settles, without any Safaricom to ask."""
    installation.settings["POKEA_CORROBORATION"] = "fast"
    with installation.serve() as gateway:
        yield gateway


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def module_url(
    request: pytest.FixtureRequest,
    sqlite_template: SqliteTemplate,
    postgres_template: PostgresTemplate,
    tmp_path_factory: pytest.TempPathFactory,
) -> Generator[str]:
    """One database for all tests of a file."""
    if request.param == "sqlite":
        url = sqlite_template.fresh(tmp_path_factory.mktemp("database"))
        yield url
        check_books(request.node, url)
        return
    with postgres_template.fresh() as url:
        yield url
        check_books(request.node, url)


@pytest.fixture(scope="module")
def town(module_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Everything running, for all tests of a file."""
    with a_town(module_url, tmp_path_factory.mktemp("town")) as made:
        yield made


@pytest.fixture(scope="module")
def time_machine(
    module_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TimeMachine]:
    """A town whose time a test moves."""
    with a_town_in_time(module_url, tmp_path_factory.mktemp("town")) as made:
        yield made


@pytest.fixture(scope="module")
def announced(time_machine: TimeMachine) -> TimeMachine:
    """A town in time whose shortcode has told Safaricom where to announce what is paid."""
    installation = time_machine.town.installation
    told = run_to_end(["register-urls"], installation.environment, installation.folder)
    assert told.returncode == 0, told.stderr
    return time_machine


@pytest.fixture
def balanced(announced: TimeMachine) -> Iterator[TimeMachine]:
    """The same, whose books must tell what moved at Safaricom when the test ends."""
    yield announced
    assert booked(announced.town) == moved(announced.town)
