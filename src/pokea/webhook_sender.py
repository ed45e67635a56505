"""Posts signed events to merchants: Standard Webhooks, over HTTP, one try at a time.

The signature covers the id, the time and the very bytes that are sent. Redirects are failures
and are not followed; an answer's body is not read beyond what the log may show.
"""

import asyncio
from datetime import UTC
from typing import Final

import httpx2
from standardwebhooks.webhooks import Webhook

from pokea.domain.delivery import Endpoint, SendResult
from pokea.domain.event import Event
from pokea.flows.ports import Clock

TIMEOUT_S: Final = 15
"""The standard's upper bound: slower receivers should answer first and work afterwards."""

CONNECT_TIMEOUT_S: Final = 5
_USER_AGENT: Final = "Pokea/0.1"


class HttpWebhookSender:
    """Sends events with one pool of connections."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._http = httpx2.AsyncClient(
            timeout=httpx2.Timeout(TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
            follow_redirects=False,
            trust_env=False,
            headers={"User-Agent": _USER_AGENT},
        )

    async def send(self, endpoint: Endpoint, event: Event, *, tries: int) -> SendResult:
        """One try; never raises for what the far side does."""
        now = self._clock.now().astimezone(UTC)
        signature = Webhook(endpoint.secret).sign(event.id, now, event.body)
        headers = {
            "Content-Type": "application/json",
            "webhook-id": event.id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signature,
            "webhook-attempt": str(tries),
        }
        try:
            # The client's own limit is for each read; a receiver that drips must not evade it.
            async with (
                asyncio.timeout(TIMEOUT_S),
                self._http.stream(
                    "POST", endpoint.url, content=event.body.encode(), headers=headers
                ) as response,
            ):
                return SendResult(status=response.status_code)
        except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError) as error:
            return SendResult(status=None, error=type(error).__name__)

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()
