"""Telling Safaricom where to announce payments made by hand, and that we want to pull."""

import asyncio
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
        return await self._register(
            C2bRegister(
                shortcode=shortcode,
                when_unreachable=WhenUnreachable.COMPLETE
                if wanted.complete_when_unreachable
                else WhenUnreachable.CANCEL,
                confirmation_url=self._url(wanted.confirmation_url),
                validation_url=self._url(wanted.validation_url),
                version=wanted.version,
            )
        )

    async def register_pull(
        self, shortcode: Shortcode, phone: Msisdn, callback_url: str
    ) -> RegisterOutcome:
        """Say that this shortcode's transactions will be pulled."""
        return await self._register(
            PullRegister(
                shortcode=shortcode,
                nominated_phone=phone,
                callback_url=self._url(callback_url),
            )
        )

    async def _register(self, operation: C2bRegister | PullRegister) -> RegisterOutcome:
        ack: RegisterAck | PullRegistered
        try:
            async with asyncio.timeout(CALL_S):
                if isinstance(operation, C2bRegister):
                    ack = await self.client.send(operation)
                else:
                    ack = await self.client.send(operation)
        except DarajaError as error:
            return NotRegistered(why=str(error), answered=error.answered)
        except TimeoutError:
            return NotRegistered(why=f"no answer in {CALL_S} seconds", answered=False)
        return Registered(already=ack.already_registered)

    def _url(self, url: str) -> CallbackUrl:
        return CallbackUrl.parse(url, allow_http=self.plain_http)
