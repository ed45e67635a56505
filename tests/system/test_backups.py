"""L11: a copy made under load is restored elsewhere, and what it does not know comes back."""

import json
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Final

import pytest
from sqlalchemy.engine import make_url

from harness import crowd
from harness.databases import PostgresTemplate
from harness.installation import Installation
from harness.moved import moved
from harness.outsider import differences
from harness.postgres import programs
from harness.processes import eventually, run_to_end
from harness.pulling import pulls_again
from harness.town import Town, a_town
from harness.truth import Truth
from pokea.store.tables import payments, receipts

pytestmark = [pytest.mark.system, pytest.mark.slow]

BY_THE_COPY: Final = 20
AFTERWARDS: Final = 20
MONEYS_MAX: Final = 5_000


@dataclass
class Copying:
    """How a kind of database is copied while it works, and restored: as the guide says."""

    copy: Callable[[str, Path], None]
    restore: Callable[[Path], AbstractContextManager[str]]


def vacuum(url: str, copy: Path) -> None:
    with sqlite3.connect(str(make_url(url).database)) as connection:
        connection.execute("vacuum into ?", (str(copy),))
    connection.close()


@contextmanager
def put_in_place(copy: Path) -> Generator[str]:
    place = copy.with_name("restored.db")
    shutil.copyfile(copy, place)
    yield f"sqlite:///{place}"


def dump(url: str, copy: Path) -> None:
    tool(["pg_dump", "--format=custom", f"--file={copy}", url])


def tool(command: Sequence[str]) -> None:
    """A tool of PostgreSQL's."""
    name, *arguments = command
    ended = subprocess.run(
        [programs() / name, *arguments], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr


@pytest.fixture(params=["sqlite", "postgresql"])
def copying(request: pytest.FixtureRequest) -> Copying:
    if request.param == "sqlite":
        return Copying(vacuum, put_in_place)
    template: PostgresTemplate = request.getfixturevalue("postgres_template")

    @contextmanager
    def restore(copy: Path) -> Generator[str]:
        with template.empty() as url:
            tool(["pg_restore", "--no-owner", "--exit-on-error", f"--dbname={url}", str(copy)])
            yield url

    return Copying(dump, restore)


@pytest.fixture
def town(request: pytest.FixtureRequest, copying: Copying, tmp_path: Path) -> Iterator[Town]:
    """A gateway that may pull, and is told of money by hand."""
    kind = "sqlite" if copying.copy is vacuum else "postgresql"
    with a_town(
        request.getfixturevalue(f"{kind}_url"), tmp_path / "town", operator=True
    ) as made:
        installation = made.installation
        told = run_to_end(
            ["register-urls", "--pull", "0712345678"],
            installation.environment,
            installation.folder,
        )
        assert told.returncode == 0, told.stderr
        yield made


def is_paid(town: Town, number: int) -> None:
    """A customer pays: every other one by hand, the rest because they are prompted."""
    if number % 2:
        crowd.pay(town, [500 + number])
        return
    phone = f"25471106{number:04d}"
    town.next_at(phone, action="pay")
    town.asks(phone, key=f"order-{number:04d}", amount=f"{100 + number}.00")


def keep_paying(town: Town, copied: Event) -> int:
    """Customers pay before, while and after the copy is made; how many did."""
    last = MONEYS_MAX
    for number in range(MONEYS_MAX):
        if number == last:
            return number
        is_paid(town, number)
        if copied.is_set():
            last = min(last, number + AFTERWARDS)
    raise AssertionError("the copy took too long")


def test_a_copy_made_under_load_is_sound_and_learns_of_all_money_since(
    town: Town, copying: Copying, tmp_path: Path
) -> None:
    """L11: the installation is lost in the middle of its work."""
    copy, copied = tmp_path / "copy", Event()
    with ThreadPoolExecutor(2) as beside:
        paying = beside.submit(keep_paying, town, copied)
        try:
            eventually(lambda: len(moved(town)) >= BY_THE_COPY, within_s=60)
            copying.copy(town.installation.database_url, copy)
        finally:
            copied.set()
        moneys = paying.result()
    town.gateway.kill()
    with Truth(town.installation) as truth:
        before = len(truth.column(payments.c.id))

    with copying.restore(copy) as url:
        restored = Installation(
            url, tmp_path / "elsewhere", town.installation.safaricom, town.installation.settings
        )
        is_sound(restored)
        with Truth(restored) as truth:
            assert len(truth.column(receipts.c.id)) < moneys
            assert 0 < len(truth.column(payments.c.id)) < before
        port = make_url(town.url).port
        assert port is not None
        with restored.serve(port=port), Truth(restored) as truth:
            time.sleep(1)  # Pull names whole seconds
            eventually(lambda: len(moved(town)) == moneys)
            pulls_again(restored)
            eventually(lambda: differences(moved(town), truth.engine) == [], within_s=200)
        is_sound(restored)


def is_sound(installation: Installation) -> None:
    """A doctor finds that everything holds."""
    doctor = run_to_end(["doctor", "--json"], installation.environment, installation.folder)
    failed = [check for check in json.loads(doctor.stdout)["checks"] if not check["ok"]]
    assert failed == []
