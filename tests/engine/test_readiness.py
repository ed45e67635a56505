"""``/readyz`` says when a process that should work does not."""

from pathlib import Path
from typing import Any

import httpx2
import pytest

from harness.installation import Gateway, Installation
from harness.meanwhile import away
from harness.processes import eventually

pytestmark = [pytest.mark.system, pytest.mark.slow]


WELL = {"database": True, "schema": True, "spool": True, "books": True}


def ask(gateway: Gateway) -> tuple[int, dict[str, Any]]:
    reply = httpx2.get(f"{gateway.url}/readyz", trust_env=False, timeout=30)
    return reply.status_code, reply.json()


def checks(gateway: Gateway) -> dict[str, Any]:
    status, body = ask(gateway)
    found: dict[str, Any] = body["checks"]
    takes_callbacks = found["spool"] and not found["database"]
    assert (status == 200) == (all(found.values()) or takes_callbacks)
    return found


def test_a_gateway_that_works_says_so(database_url: str, tmp_path: Path) -> None:
    with Installation(database_url, tmp_path / "run").serve() as gateway:
        assert ask(gateway) == (200, {"status": "ready", "checks": {**WELL, "worker": True}})


def test_a_gateway_without_a_worker_says_nothing_of_one(
    postgresql_url: str, tmp_path: Path
) -> None:
    with Installation(postgresql_url, tmp_path / "run").serve("--no-worker") as gateway:
        assert ask(gateway) == (200, {"status": "ready", "checks": WELL})


def test_a_worker_that_lost_its_database_is_missed_until_it_works_again(
    postgresql_url: str, postgres_server: str, tmp_path: Path
) -> None:
    with Installation(postgresql_url, tmp_path / "run").serve() as gateway:
        with away(postgresql_url, postgres_server):
            eventually(lambda: checks(gateway)["worker"] is False, within_s=30)

        eventually(lambda: all(checks(gateway).values()), within_s=60)


def test_without_a_database_callbacks_may_still_come(
    postgresql_url: str, postgres_server: str, tmp_path: Path
) -> None:
    with Installation(postgresql_url, tmp_path / "run").serve("--no-worker") as gateway:
        with away(postgresql_url, postgres_server):
            found = ask(gateway)

        assert found == (
            200,
            {
                "status": "degraded",
                "checks": {"database": False, "schema": False, "spool": True, "books": True},
            },
        )
        eventually(lambda: ask(gateway)[1]["status"] == "ready")
