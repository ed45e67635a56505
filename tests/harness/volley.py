"""Many HTTP posts, each on a connection of its own: at the same moment, or so many a second.

In a volley every request is sent but for its last byte; then all last bytes leave at once. A
stream goes on at its pace, whatever becomes of earlier requests. What a killed server did not
answer is a reply without a status.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import urlsplit

ANSWER_S: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One request."""

    path: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back; ``status`` is None when the connection ended without an answer."""

    status: int | None
    body: bytes
    took_s: float = 0


NO_REPLY: Final = Reply(status=None, body=b"")


def volley(
    url: str,
    posts: Sequence[Post],
    *,
    meanwhile: Callable[[], object] | None = None,
    after_s: float = 0,
) -> list[Reply]:
    """Send all posts at once; ``meanwhile`` happens some time after the last byte left."""
    return asyncio.run(_volley(url, posts, meanwhile, after_s))


async def _volley(
    url: str, posts: Sequence[Post], meanwhile: Callable[[], object] | None, after_s: float
) -> list[Reply]:
    go = asyncio.Event()
    ready = asyncio.Barrier(len(posts) + 1)
    shots = [asyncio.create_task(_shoot(url, post, ready, go)) for post in posts]
    async with asyncio.timeout(ANSWER_S):
        await ready.wait()
        go.set()
        if meanwhile is not None:
            await asyncio.sleep(after_s)
            meanwhile()
        return list(await asyncio.gather(*shots))


def stream(
    url: str,
    posts: Sequence[Post],
    *,
    per_s: float,
    meanwhile: Mapping[float, Callable[[], object]] | None = None,
) -> list[Reply]:
    """Send posts at a pace; ``meanwhile`` says what happens after how many seconds."""
    return asyncio.run(_stream(url, posts, per_s, meanwhile or {}))


async def _stream(
    url: str,
    posts: Sequence[Post],
    per_s: float,
    meanwhile: Mapping[float, Callable[[], object]],
) -> list[Reply]:
    happenings = [
        asyncio.create_task(_happen(after_s, act)) for after_s, act in meanwhile.items()
    ]
    shots: list[asyncio.Task[Reply]] = []
    began = asyncio.get_running_loop().time()
    for number, post in enumerate(posts):
        late_s = asyncio.get_running_loop().time() - began - number / per_s
        await asyncio.sleep(max(0, -late_s))
        shots.append(asyncio.create_task(_send(url, post)))
    async with asyncio.timeout(ANSWER_S):
        replies = list(await asyncio.gather(*shots))
        await asyncio.gather(*happenings)
    return replies


async def _happen(after_s: float, act: Callable[[], object]) -> None:
    await asyncio.sleep(after_s)
    act()


async def _send(url: str, post: Post) -> Reply:
    address = urlsplit(url)
    clock = asyncio.get_running_loop().time
    began = clock()
    try:
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
    except OSError:
        return NO_REPLY
    try:
        writer.write(_request(address.netloc, post))
        await writer.drain()
        return replace(_parse(await reader.read()), took_s=clock() - began)
    except OSError:
        return NO_REPLY
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _shoot(url: str, post: Post, ready: asyncio.Barrier, go: asyncio.Event) -> Reply:
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    request = _request(address.netloc, post)
    writer.write(request[:-1])
    await writer.drain()
    await ready.wait()
    await go.wait()
    try:
        writer.write(request[-1:])
        await writer.drain()
        return _parse(await reader.read())
    except OSError:
        return NO_REPLY
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def _request(host: str, post: Post) -> bytes:
    headers = {
        "Host": host,
        "Content-Type": "application/json",
        "Content-Length": str(len(post.body)),
        "Connection": "close",
        **post.headers,
    }
    lines = [
        f"POST {post.path} HTTP/1.1",
        *(f"{name}: {text}" for name, text in headers.items()),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + post.body


def _parse(answer: bytes) -> Reply:
    head, found, body = answer.partition(b"\r\n\r\n")
    if not found:
        return NO_REPLY
    return Reply(status=int(head.split(b" ", 2)[1]), body=body)
