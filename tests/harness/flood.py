"""A stranger who posts as fast as it can, in a process of its own: ``python -m harness.flood``.

Connections stay open and are used one request after the other, so that what is measured is the
gateway and not its listening queue. Prints how many requests were answered, by status.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

CONNECTIONS = 32


def start_flood(url: str, path: str, *, per_s: int, for_s: float) -> subprocess.Popen[str]:
    """Begin; its output, once it ends, is read by :func:`flood_ended`."""
    return subprocess.Popen(
        [sys.executable, "-m", "harness.flood", url, path, str(per_s), str(for_s)],
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": str(Path(__file__).parents[1])},
        text=True,
    )


def flood_ended(flood: subprocess.Popen[str]) -> dict[int, int]:
    """How many were answered, by status."""
    said, _ = flood.communicate(timeout=120)
    return {int(status): number for status, number in json.loads(said).items()}


async def _pour(url: str, path: str, per_s: float, for_s: float) -> Counter[int]:
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    head = f"POST {path} HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Length: 2\r\n\r\n"
    answered: Counter[int] = Counter()
    began = time.monotonic()
    while (spent := time.monotonic() - began) < for_s:
        ahead_s = answered.total() / per_s - spent
        if ahead_s > 0:
            await asyncio.sleep(ahead_s)
        writer.write(head.encode() + b"{}")
        answer = await reader.readuntil(b"\r\n\r\n")
        answered[int(answer.split(b" ", 2)[1])] += 1
    writer.close()
    return answered


async def main() -> None:
    """Pour through all connections, then say what was answered."""
    url, path, per_s, for_s = sys.argv[1:]
    each = float(per_s) / CONNECTIONS
    pouring = [_pour(url, path, each, float(for_s)) for _ in range(CONNECTIONS)]
    answered = sum(await asyncio.gather(*pouring), Counter[int]())
    sys.stdout.write(json.dumps(answered))


if __name__ == "__main__":
    asyncio.run(main())
