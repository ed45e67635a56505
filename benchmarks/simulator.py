"""STK payments per second of the simulator: the model alone, and the process over HTTP.

    python benchmarks/simulator.py [--payments 20000]

One payment is: the push acknowledged, a second of virtual time, the money moved, the callback
made. ``model`` is ``step`` on the virtual clock, on one core. ``process`` is a real simulator
on a port, its clock racing, driven over loopback by this process, which also takes the
callbacks: its figure is payments per second of wall time and of the simulator's own processor
time, the latter being what one core can do.
"""

import argparse
import asyncio
import base64
import json
import os
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import cast

from typing_extensions import override

from pokea.simulator.testing import START, password, stk_body
from pokea.simulator.world import genesis
from pokea.simulator.world.model import World
from pokea.simulator.world.scene import Call
from pokea.simulator.world.step import Tick, step
from pokea.simulator.world.wire import loads

_PUSH = "/mpesa/stkpush/v1/processrequest"
_GOAL = 1000
_PAIR = f"{genesis.CONSUMER_KEY}:{genesis.CONSUMER_SECRET}".encode()
_BATCH = 50
_CONNECTIONS = 16
_TICKS = os.sysconf("SC_CLK_TCK")


def _mint(world: World) -> str:
    call = Call(
        method="GET",
        path="/oauth/v1/generate",
        query="grant_type=client_credentials",
        authorization="Basic " + base64.b64encode(_PAIR).decode(),
    )
    answer = step(world, call, START).answer
    assert answer is not None
    body = loads(answer.body.encode())
    assert isinstance(body, dict)
    return str(body["access_token"])


def model(payments: int) -> float:
    """Payments per second of the pure model."""
    world = genesis.new_world(1, START)
    world.switches.token_life_s = 10**9
    authorization = f"Bearer {_mint(world)}"
    body = json.dumps(stk_body("254700000000")).encode()
    call = Call(
        method="POST",
        path=_PUSH,
        authorization=authorization,
        content_type="application/json",
        body=body,
    )
    now, posts = START, 0
    began = time.perf_counter()
    for _ in range(payments // _BATCH):
        for _ in range(_BATCH):
            step(world, call, now)
        now += timedelta(seconds=2)
        posts += len(step(world, Tick(), now).posts)
    took = time.perf_counter() - began
    assert posts == len(world.movements) == payments // _BATCH * _BATCH
    assert sum(world.accounts.values()) == 0
    return posts / took


class _Merchant(asyncio.Protocol):
    """Takes callbacks with as little work as possible: the simulator is what is measured."""

    taken = 0
    wanted = 0
    done: asyncio.Event

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._buffer = b""

    @override
    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].lower()
            length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
            if len(self._buffer) < end + 4 + length:
                return
            self._buffer = self._buffer[end + 4 + length :]
            _Merchant.taken += 1
            if _Merchant.taken == _Merchant.wanted:
                _Merchant.done.set()
            self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")


async def _client(port: int, request: bytes, left: list[int]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while left[0] > 0:
        left[0] -= 1
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
    writer.close()


def _request(port: int, method: str, path: str, body: object, authorization: str = "") -> bytes:
    data = json.dumps(body).encode()
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n"
    )
    if authorization:
        head += f"Authorization: {authorization}\r\n"
    return head.encode() + b"\r\n" + data


async def _once(port: int, request: bytes) -> dict[str, str]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    answer = json.loads(await reader.readexactly(length))
    writer.close()
    return answer


def _processor_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def process(payments: int) -> tuple[float, float]:
    """Payments per second of wall time, and of the simulator's processor time."""
    command = [sys.executable, "-m", "pokea.simulator", "--port", "0", "--json", "--seed", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        try:
            return asyncio.run(_drive(running, payments))
        finally:
            running.terminate()


async def _drive(running: subprocess.Popen[str], payments: int) -> tuple[float, float]:
    assert running.stdout is not None
    port = int(json.loads(running.stdout.readline())["simulator"].rpartition(":")[2])
    loop = asyncio.get_running_loop()
    _Merchant.done, _Merchant.wanted = asyncio.Event(), payments
    merchant = await loop.create_server(_Merchant, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{merchant.sockets[0].getsockname()[1]}/callback"
    try:
        basic = f"Basic {base64.b64encode(_PAIR).decode()}"
        path = "/oauth/v1/generate?grant_type=client_credentials"
        await _once(port, _request(port, "PATCH", "/_sim/switches", {"token_life_s": 10**9}))
        token = await _once(port, _request(port, "GET", path, {}, basic))
        await _once(port, _request(port, "POST", "/_sim/clock", {"mode": "fast"}))
        body = stk_body("254700000000") | {
            "CallBackURL": url,
            "Password": password(genesis.PAYBILL),
        }
        push = _request(port, "POST", _PUSH, body, f"Bearer {token['access_token']}")
        before, began = _processor_s(running.pid), time.perf_counter()
        left = [payments]
        await asyncio.gather(*(_client(port, push, left) for _ in range(_CONNECTIONS)))
        await _Merchant.done.wait()
        wall = time.perf_counter() - began
        return payments / wall, payments / (_processor_s(running.pid) - before)
    finally:
        merchant.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--payments", type=int, default=20_000)
    payments = parser.parse_args().payments
    pure = model(payments)
    print(f"model    {pure:8.0f} STK payments/s on the virtual clock, one core")
    wall, processor = process(payments // 4)
    print(f"process  {wall:8.0f} STK payments/s of wall time over HTTP, callbacks delivered")
    print(f"         {processor:8.0f} per second of the simulator's own processor time")
    verdict = "reached" if pure >= _GOAL else "MISSED"
    print(f"goal     {_GOAL:8d} on the virtual clock: {verdict}, {pure / _GOAL:.1f} x")


if __name__ == "__main__":
    main()
