"""Carries Safaricom's posts to merchants; the only file that opens a connection to anybody."""

import asyncio
import logging
from dataclasses import dataclass
from typing import Protocol

import httpx2

from pokea.simulator.world.agenda import Post

_LOG = logging.getLogger(__name__)
# SPEC 9: a validation has about eight seconds; Safaricom waits no longer for the others either.
# They are real seconds, whatever the world's clock says: a real server is being waited for.
ANSWER_MAX_S = 8.0
_CONNECTIONS = 64


@dataclass(frozen=True, slots=True)
class Reply:
    """What the merchant's server answered; status 0 is no answer at all."""

    status: int
    body: bytes


NO_REPLY = Reply(0, b"")


class Courier(Protocol):
    """Whoever takes a post to its address."""

    async def deliver(self, post: Post) -> Reply:
        """Take it there, once; never raises."""
        ...

    async def close(self) -> None:
        """Hang up."""
        ...


class HttpCourier:
    """Posts over HTTP: no redirects (SPEC 7.1), no retries (SPEC 9), no proxies."""

    def __init__(self, answer_max_s: float = ANSWER_MAX_S) -> None:
        self._answer_max_s = answer_max_s
        self._client: httpx2.AsyncClient | None = None

    async def deliver(self, post: Post) -> Reply:
        """Post the body with the headers that were seen live."""
        if self._client is None:
            limits = httpx2.Limits(
                max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS
            )
            self._client = httpx2.AsyncClient(
                trust_env=False, follow_redirects=False, timeout=None, limits=limits
            )
        headers = {"Content-Type": "application/json;charset=UTF-8"}
        if post.shortcode:
            headers["Businessshortcode"] = post.shortcode
        if post.source:  # as a proxy in front of the merchant would tell Safaricom's address
            headers["X-Forwarded-For"] = post.source
        try:
            async with asyncio.timeout(self._answer_max_s):
                reply = await self._client.post(post.url, content=post.body, headers=headers)
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
            _LOG.warning("callback to %s failed: %s", post.url, error or type(error).__name__)
            return NO_REPLY
        return Reply(reply.status_code, reply.content)

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None
