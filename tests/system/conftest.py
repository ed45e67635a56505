"""An installation on each database, and a whole town: Safaricom, gateway, and a merchant."""

from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest

from harness.databases import PostgresTemplate, SqliteTemplate
from harness.installation import Gateway, Installation
from harness.ports import free_port
from harness.processes import Program
from harness.town import Town


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
        yield sqlite_template.fresh(tmp_path_factory.mktemp("database"))
        return
    with postgres_template.fresh() as url:
        yield url


@pytest.fixture(scope="module")
def town(module_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Everything running, for all tests of a file."""
    folder, port = tmp_path_factory.mktemp("town"), free_port()
    with ExitStack() as running:
        simulator = running.enter_context(
            Program(["simulator", "--json", "--port", "0"], {}, folder)
        )
        address: str = simulator.said["simulator"]
        safaricom = running.enter_context(httpx2.Client(base_url=address, trust_env=False))
        app = safaricom.get("/_sim/credentials").json()
        installation = Installation(
            module_url,
            folder,
            address,
            settings={
                "MPESA_CONSUMER_KEY": app["consumer_key"],
                "MPESA_CONSUMER_SECRET": app["consumer_secret"],
                "MPESA_PASSKEY": app["passkey"],
                "MPESA_SHORTCODE": str(app["shortcode"]),
                "BASE_URL": f"http://127.0.0.1:{port}",
            },
        )
        key = installation.merchant["api_key"]
        gateway = installation.serve(port=port)
        running.enter_context(gateway)
        merchant = running.enter_context(gateway.calls(key))
        yield Town(installation, gateway, merchant, safaricom)
