"""L09: a gateway that is killed while it upgrades its database, and is started again."""

import json
import shutil
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy.engine import make_url

from harness import earlier
from harness.databases import PostgresTemplate
from harness.earlier import Kept
from harness.examples import named
from harness.installation import MASTER_KEY, Installation, calls
from harness.spare import SpareGateway, Spares
from pokea.store import migrate
from pokea.store.sealing import Sealer

pytestmark = [pytest.mark.system, pytest.mark.slow]

KILLS: Final = [pytest.param(8), pytest.param(100, marks=pytest.mark.prove)]
PAYMENTS: Final = 400
STEP_MIN_S: Final = 0.004
LATEST_S: Final = 3.0

Copies = Callable[[Path], AbstractContextManager[str]]


def newest() -> str | None:
    folder = Path(migrate.__file__).parent / "migrations"
    return ScriptDirectory(str(folder)).get_current_head()


@dataclass
class Upgrades:
    """One old database, of which every start gets a copy of its own."""

    release: str
    kept: Kept
    copies: Copies
    folder: Path
    spares: Spares

    @contextmanager
    def a_copy(self, name: str) -> Generator[Installation]:
        """An installation on a copy of the old database."""
        folder = self.folder / name
        folder.mkdir()
        with self.copies(folder) as url:
            yield Installation(url, folder)

    def start(self, installation: Installation) -> SpareGateway:
        """A gateway that upgrades when it starts; not started yet."""
        return SpareGateway(installation.serve(), self.spares)

    def takes_s(self) -> float:
        """How long a start takes that nobody disturbs, until it answers."""
        with self.a_copy("undisturbed") as installation:
            began = time.monotonic()
            with self.start(installation):
                return time.monotonic() - began

    def kill(self, number: int, after_s: float) -> str | None:
        """Kill a start so long after its beginning, start again; what was left to start on."""
        with self.a_copy(f"killed-{number}") as installation:
            gateway = self.start(installation)
            gateway.launch()
            time.sleep(after_s)
            gateway.kill()
            left = earlier.revision(installation.database_url)
            with gateway:
                self.is_well(installation, gateway)
            return left

    def is_well(self, installation: Installation, gateway: SpareGateway) -> None:
        """At this release, with all that was there, and sound in every respect."""
        assert earlier.revision(installation.database_url) == newest()
        assert earlier.is_kept(installation.database_url, self.kept)
        printed = self.spares.run(
            ["doctor", "--json"], installation.environment, installation.folder
        )
        checks = {check["name"]: check for check in json.loads(printed)["checks"]}
        assert [name for name, check in checks.items() if not check["ok"]] == [], checks
        with calls(gateway.url, earlier.KEY) as merchant:
            paid = merchant.get(f"/v1/payments/{named('pay', 1)}").json()
        assert (paid["status"], paid["amount_received"]) == ("succeeded", "100.00")


@pytest.fixture(params=["sqlite", "postgresql"])
def upgrades(
    request: pytest.FixtureRequest, release: str, tmp_path: Path
) -> Iterator[Upgrades]:
    kinds = {"sqlite": sqlite_copies, "postgresql": postgresql_copies}
    sealer = Sealer([bytes.fromhex(MASTER_KEY)])
    with kinds[request.param](request, tmp_path) as (url, copies), Spares() as spares:
        kept = earlier.install(url, sealer, release=release, payments=PAYMENTS)
        yield Upgrades(release, kept, copies, tmp_path, spares)


@contextmanager
def sqlite_copies(_: pytest.FixtureRequest, folder: Path) -> Generator[tuple[str, Copies]]:
    """An empty file, and how to copy what it becomes."""
    old = folder / "old.db"

    @contextmanager
    def copies(beside: Path) -> Generator[str]:
        shutil.copyfile(old, beside / "pokea.db")
        yield f"sqlite:///{beside / 'pokea.db'}"

    yield f"sqlite:///{old}", copies


@contextmanager
def postgresql_copies(request: pytest.FixtureRequest, _: Path) -> Generator[tuple[str, Copies]]:
    """An empty database, and how to copy what it becomes."""
    template: PostgresTemplate = request.getfixturevalue("postgres_template")
    with template.empty() as url:
        yield url, lambda _: template.fresh(str(make_url(url).database))


@pytest.mark.parametrize("kills", KILLS)
@pytest.mark.parametrize("release", [earlier.FIRST, "0005"])
def test_an_upgrade_that_is_killed_at_any_moment_is_done_by_the_next_start(
    upgrades: Upgrades, kills: int
) -> None:
    """L09: the moments close in on the commit: later after one before it, and the reverse."""
    whole_s = upgrades.takes_s()
    after_s, step_s = whole_s / 2, whole_s / 4
    left: list[str | None] = []
    for number in range(kills):
        left.append(upgrades.kill(number, after_s))
        after_s += step_s if left[-1] == upgrades.release else -step_s
        after_s = min(max(after_s, 0), LATEST_S)
        step_s = max(step_s * 0.7, STEP_MIN_S)

    # All of it or nothing; and the moments were well chosen: some were before, some after.
    assert set(left) == {upgrades.release, newest()}
