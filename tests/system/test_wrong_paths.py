"""F12: how long a wrong path takes to be refused tells nothing about how wrong it is."""

import random
import socket
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest

from harness.installation import Gateway, Installation, waiting_attempts

pytestmark = [pytest.mark.system, pytest.mark.prove]

HOW_MANY: Final = 20_000
WARMING_UP: Final = 500
SURE: Final = 4.5
"""Welch's t of a leak, by the custom of such tests; chance alone reaches it once in 100,000."""

CROPPED: Final = 0.9
"""The slowest tenth is what else the machine did meanwhile, and would hide a leak."""

BODY: Final = b'{"Body":{}}'


@pytest.fixture
def installation(sqlite_url: str, tmp_path: Path) -> Installation:
    return Installation(sqlite_url, tmp_path / "run")


@pytest.fixture
def gateway(installation: Installation) -> Iterator[Gateway]:
    with installation.serve() as running:
        yield running


class Caller:
    """One kept connection, without a client's own time on it."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self._host = address.netloc
        self._socket = socket.create_connection((address.hostname or "", address.port or 80))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def post(self, path: str) -> tuple[int, bytes]:
        """How many nanoseconds an answer took, and the answer."""
        request = (
            f"POST {path} HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(BODY)}\r\n\r\n"
        ).encode() + BODY
        begun = time.perf_counter_ns()
        self._socket.sendall(request)
        answer = self._socket.recv(4096)
        return time.perf_counter_ns() - begun, answer

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


def wrong(path: str, place: int) -> str:
    """A path whose MAC differs in one digit."""
    digit = "0" if path[place] != "0" else "1"
    return path[:place] + digit + path[place + 1 :]


def welch(one: list[int], other: list[int]) -> float:
    """Welch's t of two samples."""
    spread = statistics.variance(one) / len(one) + statistics.variance(other) / len(other)
    return (statistics.fmean(one) - statistics.fmean(other)) / spread**0.5


def test_the_first_wrong_digit_is_refused_as_fast_as_the_last(
    installation: Installation, gateway: Gateway
) -> None:
    (attempt,) = waiting_attempts(installation, 1)
    right = installation.path_of(attempt.id)
    mac = len(right) - 32
    paths = {"first": wrong(right, mac), "last": wrong(right, len(right) - 1)}
    order = ["first", "last"] * (HOW_MANY // 2)
    random.Random(12).shuffle(order)  # noqa: S311 - no secret
    caller = Caller(gateway.url)
    answers: set[bytes] = set()
    took: dict[str, list[int]] = {"first": [], "last": []}

    for number, name in enumerate(["first"] * WARMING_UP + order):
        elapsed_ns, answer = caller.post(paths[name])
        answers.add(b"\r\n".join(_without_date(answer)))
        if number >= WARMING_UP:
            took[name].append(elapsed_ns)
    caller.close()

    (answer,) = answers
    assert answer.startswith(b"HTTP/1.1 404 ")
    limit = sorted(took["first"] + took["last"])[int(HOW_MANY * CROPPED)]
    cropped = {name: [one for one in all_of if one < limit] for name, all_of in took.items()}
    t = welch(cropped["first"], cropped["last"])
    medians = {name: statistics.median(all_of) for name, all_of in cropped.items()}
    assert abs(t) < SURE, f"Welch's t {t:+.2f}, medians in ns {medians}"


def _without_date(answer: bytes) -> Iterator[bytes]:
    return (line for line in answer.split(b"\r\n") if not line.lower().startswith(b"date:"))
