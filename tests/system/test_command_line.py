"""What the command line says when something is wrong: one sentence, exit code 1, no trace."""

import json
import socket
from pathlib import Path

import pytest

from harness.installation import Installation
from harness.processes import run_to_end

pytestmark = pytest.mark.system


@pytest.fixture
def small(sqlite_url: str, tmp_path: Path) -> Installation:
    """An installation on SQLite."""
    return Installation(sqlite_url, tmp_path / "run")


def fails(installation: Installation, *arguments: str) -> str:
    """What a command says that must fail in a civil way."""
    ended = run_to_end(arguments, installation.environment, installation.folder)
    assert ended.returncode == 1, (ended.stdout, ended.stderr)
    assert ended.stdout == ""
    assert ended.stderr.startswith("pokea: ")
    assert "Traceback" not in ended.stderr
    return ended.stderr


def test_a_taken_port_is_named(small: Installation) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])

        said = fails(small, "serve", "--port", port)

    assert said.startswith(f"pokea: Port {port} on 127.0.0.1 is not free (Address already in")
    assert said.endswith("Choose another: --port\n")


def test_a_second_gateway_on_the_same_sqlite_folder_is_refused(small: Installation) -> None:
    with small.serve():
        said = fails(small, "serve", "--port", "0")

    assert "Another pokea process is using" in said
    assert "set DATABASE_URL to PostgreSQL" in said


def test_after_a_kill_the_folder_is_free_again(small: Installation) -> None:
    small.serve().start().kill()

    with small.serve() as again, again.calls() as caller:
        assert caller.get("/livez").status_code == 200


def test_missing_settings_are_all_named(small: Installation) -> None:
    small.settings = {"MPESA_PASSKEY": "", "MPESA_CONSUMER_KEY": ""}

    said = fails(small, "serve", "--port", "0")

    assert "MPESA_CONSUMER_KEY, MPESA_PASSKEY not set" in said
    assert "pokea demo" in said


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("MPESA_ENV", "moon", "MPESA_ENV"),
        ("POKEA_SECRET_KEYS", "abc", "POKEA_SECRET_KEYS"),
        ("POKEA_CALLBACK_ALLOWLIST", "196.201.214.300", "POKEA_CALLBACK_ALLOWLIST"),
        ("POKEA_CORROBORATION", "hope", "POKEA_CORROBORATION"),
        ("POKEA_QUERIES_PER_MINUTE", "0", "POKEA_QUERIES_PER_MINUTE"),
    ],
)
def test_a_setting_that_cannot_work_is_named(
    small: Installation, name: str, value: str, word: str
) -> None:
    small.settings = {name: value}

    assert word in fails(small, "serve", "--port", "0")


def test_a_worker_needs_postgresql(small: Installation) -> None:
    assert "`pokea worker` needs PostgreSQL" in fails(small, "worker")


@pytest.mark.parametrize("command", ["serve", "migrate", "init"])
def test_a_database_that_does_not_answer_is_one_sentence(
    small: Installation, command: str
) -> None:
    small.database_url = "postgresql://nobody@127.0.0.1:9/none"
    port = ["--port", "0"] if command == "serve" else []

    fails(small, command, *port)


def test_production_without_keys_or_https_is_refused(small: Installation) -> None:
    small.settings = {"MPESA_ENV": "production", "POKEA_SECRET_KEYS": ""}
    assert "BASE_URL must begin with https://" in fails(small, "serve", "--port", "0")

    small.settings["BASE_URL"] = "https://pay.example"
    assert "openssl rand -hex 32" in fails(small, "serve", "--port", "0")


def test_a_mistyped_command_is_exit_code_2(small: Installation) -> None:
    ended = run_to_end(["sevre"], small.environment, small.folder)

    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    "command", ["", "demo", "serve", "worker", "simulator", "migrate", "init"]
)
def test_every_command_has_help_with_an_example(small: Installation, command: str) -> None:
    ended = run_to_end([*command.split(), "--help"], small.environment, small.folder)

    assert ended.returncode == 0
    assert "Example:" in ended.stdout or not command


def test_init_makes_a_key_that_works_and_shows_it_once(small: Installation) -> None:
    first, again = (
        run_to_end(["init", "--json"], small.environment, small.folder) for _ in range(2)
    )
    keys = [json.loads(ended.stdout)["api_key"] for ended in (first, again)]

    assert len(set(keys)) == 2
    with small.serve() as gateway:
        for key in keys:
            with gateway.calls(key) as merchant:
                assert merchant.get("/v1/payments").status_code == 200


def test_a_gateway_ends_at_a_signal_within_seconds(small: Installation) -> None:
    gateway = small.serve().start()

    assert gateway.interrupt() == 0
    assert "Traceback" not in gateway.words()


def test_migrating_is_said_and_done(small: Installation) -> None:
    ended = run_to_end(["migrate"], small.environment, small.folder)

    assert ended.returncode == 0
    assert ended.stdout == "The database is at this version's schema.\n"
