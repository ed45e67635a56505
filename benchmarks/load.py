"""A load generator that costs little: prepared bytes over kept connections, no HTTP library."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Measured:
    """What a run took."""

    seconds: float = 0.0
    latencies_ms: list[float] = field(default_factory=list[float])
    refused: int = 0

    @property
    def per_second(self) -> float:
        """Answers per second."""
        return len(self.latencies_ms) / self.seconds

    def percentile(self, percent: float) -> float:
        """A latency in milliseconds."""
        ordered = sorted(self.latencies_ms)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def request_bytes(path: str, body: bytes) -> bytes:
    """One POST, ready to be written."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def run(
    port: int, requests: Sequence[bytes], *, connections: int, per_second: float | None = None
) -> Measured:
    """Send every request once; with ``per_second``, no faster than that."""
    measured = Measured()
    waiting: asyncio.Queue[bytes] = asyncio.Queue()
    for request in requests:
        waiting.put_nowait(request)
    begin = time.perf_counter()
    pace = None if per_second is None else _Pace(begin, per_second)
    workers = [_worker(port, waiting, measured, pace) for _ in range(connections)]
    await asyncio.gather(*workers)
    measured.seconds = time.perf_counter() - begin
    return measured


class _Pace:
    """When the next request may go: an open loop, so that slowness is seen as latency."""

    def __init__(self, begin: float, per_second: float) -> None:
        self._next = begin
        self._gap = 1 / per_second

    async def wait(self) -> float:
        due, self._next = self._next, self._next + self._gap
        pause = due - time.perf_counter()
        if pause > 0:
            await asyncio.sleep(pause)
        return due


async def _worker(
    port: int, waiting: asyncio.Queue[bytes], measured: Measured, pace: _Pace | None
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while not waiting.empty():
        request = waiting.get_nowait()
        due = time.perf_counter() if pace is None else await pace.wait()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        if length:
            await reader.readexactly(int(length))
        measured.latencies_ms.append((time.perf_counter() - due) * 1000)
        if not head.startswith(b"HTTP/1.1 200"):
            measured.refused += 1
    writer.close()
