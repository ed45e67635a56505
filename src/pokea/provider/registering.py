"""Telling Safaricom where to announce payments made by hand, and that we want to pull."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from pokea.daraja.errors import DarajaError
from pokea.daraja.operations import C2bRegister, PullRegister, WhenUnreachable
from pokea.daraja.operations.c2b import RegisterAck
from pokea.daraja.operations.pull import PullRegistered
from pokea.daraja.values import CallbackUrl, Msisdn, Shortcode
from pokea.flows.ports import NotRegistered, Registered, RegisterOutcome, UrlsWanted
from pokea.provider.answers import CALL_S
from pokea.provider.gate import Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class DarajaRegistrar:
    """Registers through one Daraja app."""

    client: Caller
    plain_http: bool

    async def register_urls(self, shortcode: Shortcode, wanted: UrlsWanted) -> RegisterOutcome:
        """Register the addresses of a shortcode; in production this works once."""

        def send() -> Awaitable[RegisterAck]:
            operation = C2bRegister(
                shortcode=shortcode,
                when_unreachable=WhenUnreachable.COMPLETE
                if wanted.complete_when_unreachable
                else WhenUnreachable.CANCEL,
                confirmation_url=self._url(wanted.confirmation_url),
                validation_url=self._url(wanted.validation_url),
                version=wanted.version,
            )
            return self.client.send(operation)

        return await _outcome(send)

    async def register_pull(
        self, shortcode: Shortcode, phone: Msisdn, callback_url: str
    ) -> RegisterOutcome:
        """Say that this shortcode's transactions will be pulled."""

        def send() -> Awaitable[PullRegistered]:
            operation = PullRegister(
                shortcode=shortcode,
                nominated_phone=phone,
                callback_url=self._url(callback_url),
            )
            return self.client.send(operation)

        return await _outcome(send)

    def _url(self, url: str) -> CallbackUrl:
        return CallbackUrl.parse(url, allow_http=self.plain_http)


async def _outcome(
    send: Callable[[], Awaitable[RegisterAck | PullRegistered]],
) -> RegisterOutcome:
    try:
        async with asyncio.timeout(CALL_S):
            ack = await send()  # which may refuse an address before anything is sent
    except DarajaError as error:
        return NotRegistered(why=str(error), answered=error.answered)
    except TimeoutError:
        return NotRegistered(why=f"no answer in {CALL_S} seconds", answered=False)
    return Registered(already=ack.already_registered)
