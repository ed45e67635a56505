"""``/readyz`` says when a process that should work does not."""

from pathlib import Path
from typing import Any

import httpx2
import pytest

from harness.installation import Gateway, Installation
from harness.meanwhile import away
from harness.processes import eventually

pytestmark = [pytest.mark.system, pytest.mark.slow]


def checks(gateway: Gateway) -> dict[str, Any]:
    reply = httpx2.get(f"{gateway.url}/readyz", trust_env=False, timeout=30)
    found: dict[str, Any] = reply.json()["checks"]
    assert (reply.status_code == 200) == all(found.values())
    return found


def test_a_gateway_that_works_says_so(database_url: str, tmp_path: Path) -> None:
    with Installation(database_url, tmp_path / "run").serve() as gateway:
        assert checks(gateway) == {"database": True, "schema": True, "worker": True}


def test_a_gateway_without_a_worker_says_nothing_of_one(
    postgresql_url: str, tmp_path: Path
) -> None:
    with Installation(postgresql_url, tmp_path / "run").serve("--no-worker") as gateway:
        assert checks(gateway) == {"database": True, "schema": True}


def test_a_worker_that_lost_its_database_is_missed_until_it_works_again(
    postgresql_url: str, postgres_server: str, tmp_path: Path
) -> None:
    with Installation(postgresql_url, tmp_path / "run").serve() as gateway:
        with away(postgresql_url, postgres_server):
            eventually(lambda: checks(gateway)["worker"] is False, within_s=30)

        eventually(lambda: all(checks(gateway).values()), within_s=60)
