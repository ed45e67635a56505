"""Token caches: one contract for all of them, and one minting at a time across processes."""

import asyncio
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typing_extensions import override

from pokea.daraja.client import AsyncClient, Client
from pokea.daraja.operations import BongaPoints, BongaWorth
from pokea.daraja.tokens import LEASE, MemoryTokenCache, Token, TokenCache
from pokea.daraja.tokens_redis import RedisTokenCache
from pokea.daraja.tokens_sql import SqlTokenCache

NOW = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
TOKEN = Token(value="c9SQxWWhmdVRlyh0zh8gZDTkubVF", renew_at=NOW + timedelta(hours=1))


class Resp:
    """As much of a Redis client as the cache uses, so that the test needs no package."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self._lines = self._socket.makefile("rb")

    def get(self, name: str) -> object:
        return self._ask("GET", name)

    def set(self, name: str, value: str, *, ex: int | None = None, nx: bool = False) -> object:
        options = [*(("EX", str(ex)) if ex else ()), *(("NX",) if nx else ())]
        return self._ask("SET", name, value, *options)

    def eval(self, script: str, numkeys: int, /, *keys_and_args: str) -> object:
        return self._ask("EVAL", script, str(numkeys), *keys_and_args)

    def close(self) -> None:
        self._lines.close()
        self._socket.close()

    def _ask(self, *words: str) -> object:
        parts = "".join(f"${len(word.encode())}\r\n{word}\r\n" for word in words)
        self._socket.sendall(f"*{len(words)}\r\n{parts}".encode())
        kind, rest = self._lines.read(1), self._lines.readline().strip()
        assert kind in b"+:$", rest
        if kind != b"$":
            return int(rest) if kind == b":" else rest
        if rest == b"-1":
            return None
        return self._lines.read(int(rest) + 2)[:-2]


@pytest.fixture(scope="module")
def redis_socket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    assert program, "redis-server is missing: install it (apt-get install redis-server)"
    path = tmp_path_factory.mktemp("redis") / "s"
    arguments = ["--port", "0", "--unixsocket", str(path), "--save", "", "--dir", "/tmp"]  # noqa: S108
    with subprocess.Popen([program, *arguments], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        assert any("ready to accept" in line.lower() for line in server.stdout)
        yield path
        server.terminate()


@pytest.fixture(params=["memory", "sql", "redis"])
def cache(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TokenCache]:
    if request.param == "memory":
        yield MemoryTokenCache()
    elif request.param == "sql":
        yield SqlTokenCache(lambda: sqlite3.connect(tmp_path / "tokens.db"))
    else:
        client = Resp(request.getfixturevalue("redis_socket"))
        yield RedisTokenCache(client, prefix=str(tmp_path))
        client.close()


def test_a_token_is_kept_for_its_app_only(cache: TokenCache) -> None:
    assert cache.load("shop") is None

    cache.store("shop", TOKEN)

    assert cache.load("shop") == TOKEN
    assert cache.load("other") is None


def test_a_refused_token_is_forgotten_but_never_a_newer_one(cache: TokenCache) -> None:
    newer = Token(value="newer", renew_at=TOKEN.renew_at)
    cache.store("shop", newer)

    cache.discard("shop", TOKEN.value)
    assert cache.load("shop") == newer

    cache.discard("shop", newer.value)
    assert cache.load("shop") is None


def test_one_owner_mints_at_a_time(cache: TokenCache) -> None:
    assert cache.lease("shop", "one", NOW)
    assert not cache.lease("shop", "other", NOW)
    assert cache.lease("another shop", "other", NOW)

    cache.release("shop", "other")
    assert not cache.lease("shop", "other", NOW)

    cache.release("shop", "one")
    assert cache.lease("shop", "other", NOW)


def test_an_owner_that_died_is_overtaken(tmp_path: Path) -> None:
    for cache in (MemoryTokenCache(), SqlTokenCache(lambda: sqlite3.connect(tmp_path / "t"))):
        assert cache.lease("shop", "dead", NOW)
        assert not cache.lease("shop", "alive", NOW + LEASE - timedelta(seconds=1))
        assert cache.lease("shop", "alive", NOW + LEASE)


class Daraja(BaseHTTPRequestHandler):
    """Counts the tokens it gives, and is slow to give one, so that requests crowd."""

    protocol_version = "HTTP/1.1"
    tokens: int = 0
    slow = threading.Event()

    def do_GET(self) -> None:
        type(self).tokens += 1
        self.slow.wait(0.2)
        self._answer(b'{"access_token": "t%d", "expires_in": "3599"}' % self.tokens)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self._answer(b'{"header": {"responseCode": 200}, "body": {"amount": "8", "rate": "1"}}')

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    @override
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def daraja() -> Iterator[ThreadingHTTPServer]:
    Daraja.tokens = 0
    with ThreadingHTTPServer(("127.0.0.1", 0), Daraja) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def base_url(server: ThreadingHTTPServer) -> str:
    return f"http://127.0.0.1:{server.server_port}"


def test_threads_that_need_a_token_at_once_mint_one(daraja: ThreadingHTTPServer) -> None:
    answers: list[BongaWorth] = []
    with Client(base_url=base_url(daraja), consumer_key="k", consumer_secret="s") as client:
        threads = [
            threading.Thread(target=lambda: answers.append(client.send(BongaPoints(points=1))))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len(answers) == 8
    assert Daraja.tokens == 1


def test_tasks_that_need_a_token_at_once_mint_one(
    daraja: ThreadingHTTPServer, tmp_path: Path
) -> None:
    async def crowd() -> list[BongaWorth]:
        async with AsyncClient(
            base_url=base_url(daraja),
            consumer_key="k",
            consumer_secret="s",
            token_cache=SqlTokenCache(lambda: sqlite3.connect(tmp_path / "tokens.db")),
        ) as client:
            asks = (client.send(BongaPoints(points=1)) for _ in range(8))
            return await asyncio.gather(*asks)

    assert len(asyncio.run(crowd())) == 8
    assert Daraja.tokens == 1


PROCESS = """
import sqlite3, sys
from pokea.daraja.client import Client
from pokea.daraja.operations import BongaPoints
from pokea.daraja.tokens_sql import SqlTokenCache
url, path = sys.argv[1:]
cache = SqlTokenCache(lambda: sqlite3.connect(path))
with Client(base_url=url, consumer_key="k", consumer_secret="s", token_cache=cache) as client:
    client.send(BongaPoints(points=1))
"""


def test_processes_that_need_a_token_at_once_mint_one(
    daraja: ThreadingHTTPServer, tmp_path: Path
) -> None:
    arguments = [sys.executable, "-c", PROCESS, base_url(daraja), str(tmp_path / "tokens.db")]

    processes = [subprocess.Popen(arguments) for _ in range(4)]

    assert [process.wait(30) for process in processes] == [0, 0, 0, 0]
    assert Daraja.tokens == 1


def test_a_cancelled_task_lets_others_mint() -> None:
    cache = MemoryTokenCache()

    async def cancel(port: int) -> None:
        async with AsyncClient(
            base_url=f"http://127.0.0.1:{port}",
            consumer_key="k",
            consumer_secret="s",
            token_cache=cache,
        ) as client:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.send(BongaPoints(points=1)), 0.1)

    with socket.create_server(("127.0.0.1", 0)) as silent:
        asyncio.run(cancel(silent.getsockname()[1]))

    assert not cache.leases
