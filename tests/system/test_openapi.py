"""The API's own description is valid, and nothing made from it brings a 5xx."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from harness.installation import Gateway, Installation

pytestmark = [pytest.mark.system, pytest.mark.slow]

FUZZ_S: Final = 45
OPERATIONS: Final = {
    ("/v1/customers", "get"),
    ("/v1/customers", "post"),
    ("/v1/customers/{customer_id}", "get"),
    ("/v1/customers/{customer_id}", "patch"),
    ("/v1/customers/{customer_id}", "delete"),
    ("/v1/payments", "get"),
    ("/v1/payments", "post"),
    ("/v1/payments/{payment_id}", "get"),
    ("/v1/payments/{payment_id}/attempts", "post"),
    ("/v1/payments/{payment_id}/cancel", "post"),
    ("/v1/webhook_endpoints", "get"),
    ("/v1/webhook_endpoints", "post"),
}


@pytest.fixture
def installation(sqlite_url: str, tmp_path: Path) -> Installation:
    return Installation(sqlite_url, tmp_path / "run")


@pytest.fixture
def gateway(installation: Installation) -> Iterator[Gateway]:
    assert installation.merchant
    with installation.serve() as running:
        yield running


def described(gateway: Gateway) -> dict[str, Any]:
    with gateway.calls() as stranger:
        reply = stranger.get("/v1/openapi.json")
    assert reply.status_code == 200
    found: dict[str, Any] = reply.json()
    return found


def test_the_description_is_openapi_3_1_and_names_every_operation(gateway: Gateway) -> None:
    document = described(gateway)

    assert document["openapi"].startswith("3.1")
    named = {(path, method) for path, item in document["paths"].items() for method in item}
    assert named >= OPERATIONS


def test_there_is_a_readable_page_of_it(gateway: Gateway) -> None:
    with gateway.calls() as stranger:
        assert stranger.get("/docs").status_code == 200


def test_nothing_made_from_the_description_brings_a_5xx(
    installation: Installation, gateway: Gateway, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "schemathesis.cli", "run"]
    command += [f"{gateway.url}/v1/openapi.json"]
    command += ["-H", f"Authorization: Bearer {installation.merchant['api_key']}"]
    command += ["--checks", "not_a_server_error", "--phases", "examples,coverage,fuzzing"]
    # One worker: two that parse Python at once are too much for Python 3.11's own parser.
    command += ["--max-time", str(FUZZ_S), "--seed", "1", "--workers", "1", "--no-color"]
    # Long polls are no news here, and there would be many.
    command += ["--request-timeout", "60", "--max-examples", "150"]

    ended = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300
    )

    assert ended.returncode == 0, ended.stdout[-6000:] + ended.stderr[-2000:]
    assert '"request.failed"' not in gateway.words()
