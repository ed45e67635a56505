"""The simulator as other programs meet it: a process, a port, a pytest fixture."""

import http.client
import json
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path

import httpx2
import pytest

from pokea.simulator.live import LiveSimulator, live_simulator
from pokea.simulator.pytest_plugin import pokea_simulator as pokea_simulator  # noqa: PLC0414 a fixture
from pokea.simulator.testing import stk_body

_GENERATE = "/oauth/v1/generate?grant_type=client_credentials"
_PUSH = "/mpesa/stkpush/v1/processrequest"
_PAYS = "254700000000"


@pytest.fixture
def client(pokea_simulator: LiveSimulator) -> Generator[httpx2.Client]:
    with httpx2.Client(base_url=pokea_simulator.url, trust_env=False, timeout=5) as http:
        given = pokea_simulator.credentials
        auth = (given["consumer_key"], given["consumer_secret"])
        token = http.get(_GENERATE, auth=auth).json()["access_token"]
        http.headers["Authorization"] = f"Bearer {token}"
        yield http


def test_the_fixture_is_a_safaricom_with_a_side_door(
    pokea_simulator: LiveSimulator, client: httpx2.Client
) -> None:
    ack = client.post(_PUSH, json=stk_body(_PAYS))
    pokea_simulator.side("POST", "/clock/advance", {"seconds": 5})

    assert ack.json()["ResponseCode"] == "0"
    assert pokea_simulator.side("GET", "/truth")["total"] == 1


def test_it_starts_and_answers_in_under_a_second() -> None:
    took: list[float] = []
    for _ in range(3):
        began = time.perf_counter()
        with live_simulator():
            took.append(time.perf_counter() - began)

    assert min(took) < 1


@pytest.mark.parametrize(("sync", "movements"), [("reset_before", 0), ("reset_after", 1)])
def test_a_connection_really_breaks(
    pokea_simulator: LiveSimulator, client: httpx2.Client, sync: str, movements: int
) -> None:
    pokea_simulator.side("POST", "/faults", {"product": "stk_push", "sync": sync})

    with pytest.raises(httpx2.RemoteProtocolError):
        client.post(_PUSH, json=stk_body(_PAYS))
    pokea_simulator.side("POST", "/clock/advance", {"seconds": 5})

    assert pokea_simulator.side("GET", "/truth")["total"] == movements


def test_a_body_is_really_truncated(
    pokea_simulator: LiveSimulator, client: httpx2.Client
) -> None:
    pokea_simulator.side("POST", "/faults", {"product": "stk_push", "sync": "truncate"})

    with pytest.raises(httpx2.RemoteProtocolError, match="without sending complete"):
        client.post(_PUSH, json=stk_body(_PAYS))


def test_a_hanging_answer_ends_when_the_clock_says_so(
    pokea_simulator: LiveSimulator, client: httpx2.Client
) -> None:
    pokea_simulator.side("POST", "/faults", {"product": "stk_push", "sync": "timeout_after"})

    with pytest.raises(httpx2.ReadTimeout):
        client.post(_PUSH, json=stk_body(_PAYS), timeout=0.2)
    pokea_simulator.side("POST", "/clock/advance", {"seconds": 60})

    assert pokea_simulator.side("GET", "/truth")["total"] == 1


def test_a_keep_alive_connection_survives_refusals(client: httpx2.Client) -> None:
    answers = [client.post(_PUSH, content=b"{").status_code for _ in range(3)]
    answers.append(client.post(_PUSH, content=b"x" * 3_000_000).status_code)
    answers.append(client.post(_PUSH, json=stk_body(_PAYS)).status_code)

    assert answers == [400, 400, 400, 400, 200]


@pytest.mark.parametrize("program", [["pokea.simulator"], ["pokea.cli", "simulator"]])
def test_the_command_announces_itself_keeps_its_world_and_records(
    tmp_path: Path, program: list[str]
) -> None:
    data, record = tmp_path / "world.json", tmp_path / "case.json"
    command = [
        sys.executable, "-m", *program, "--port", "0", "--json", "--data-file",
        str(data), "--record", str(record), "--seed", "5",
    ]  # fmt: skip

    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        said = json.loads(running.stdout.readline())
        port = int(said["simulator"].rpartition(":")[2])
        asked = http.client.HTTPConnection("127.0.0.1", port)
        asked.request("POST", "/nowhere", b"?")
        code = json.loads(asked.getresponse().read())["errorCode"]
        asked.close()
        running.send_signal(signal.SIGINT)

    assert said["phone"] == f"{said['simulator']}/phone"
    assert code == "404.001.01"
    assert running.returncode == 0
    assert json.loads(data.read_text())["seed"] == 5
    assert json.loads(record.read_text())["steps"][0]["path"] == "/nowhere"
