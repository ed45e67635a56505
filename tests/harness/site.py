"""A merchant's view of a world over HTTP, without a socket."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any, Final

import httpx2

from harness.examples import ACCOUNT, NOW, SHORTCODE
from harness.world import World, a_world
from pokea.domain.api_key import ApiKey, hint, key_sha256, new_key
from pokea.domain.attempt import Attempt
from pokea.domain.ids import AccountId, KeyId
from pokea.domain.validation import ValidationRules
from pokea.flows.validate_payment import HookTerms, Validator
from pokea.http.app import create_app
from pokea.http.deps import Readiness, Web

KEY: Final = new_key(bytes(32), livemode=False)
STRANGERS_KEY: Final = new_key(bytes(range(32)), livemode=False)
STRANGER: Final = AccountId("acct_00000000000000000000000002")


@dataclass
class Site:
    """A world, its merchant's client, and the client of another merchant."""

    world: World
    http: httpx2.AsyncClient
    stranger: httpx2.AsyncClient
    validator: Validator

    async def declined(self) -> Attempt:
        """A payment whose customer said no."""
        attempt = await self.world.opens()
        await self.world.hears_failed(attempt)
        return attempt

    async def prompts_again(
        self, attempt: Attempt, key: str | None = "order-1-again", **body: Any
    ) -> httpx2.Response:
        """Ask for another prompt."""
        headers = {} if key is None else {"Idempotency-Key": key}
        return await self.http.post(
            f"/v1/payments/{attempt.payment_id}/attempts", json=body, headers=headers
        )


@asynccontextmanager
async def a_site(
    url: str, *, rules: ValidationRules | None = None, terms: HookTerms | None = None
) -> AsyncGenerator[Site]:
    """A site over a fresh database; the merchant may have rules and a hook of their own."""
    async with a_world(url) as world:
        _give_keys(world)
        validator = Validator(world.deps, rules or ValidationRules(), terms or HookTerms())
        app = create_app(web_of(world, validator), nothing)
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)

        def client(key: str) -> httpx2.AsyncClient:
            return httpx2.AsyncClient(
                transport=transport,
                base_url="http://gateway.test",
                headers={"Authorization": f"Bearer {key}"},
            )

        async with client(KEY) as http, client(STRANGERS_KEY) as stranger:
            yield Site(world, http, stranger, validator)
        await validator.close()


def web_of(world: World, validator: Validator) -> Web:
    """The web surfaces over a world."""

    async def ready() -> Readiness:
        return Readiness(checks={}, ready=True)

    return Web(
        deps=world.deps,
        door=world.door,
        validator=validator,
        shortcode=SHORTCODE,
        till=None,
        merchant_name="Duka",
        livemode=False,
        base_url="http://gateway.test",
        allowlist=(ip_network("127.0.0.0/8"),),
        trusted_proxies=(),
        random=bytes,
        ready=ready,
    )


def client_at(site: Site, address: str) -> httpx2.AsyncClient:
    """Somebody who calls from an address."""
    transport = httpx2.ASGITransport(
        app=create_app(web_of(site.world, site.validator), nothing), client=(address, 40_000)
    )
    return httpx2.AsyncClient(transport=transport, base_url="http://gateway.test")


@asynccontextmanager
async def nothing() -> AsyncGenerator[None]:
    """No work in the background."""
    yield


def _give_keys(world: World) -> None:
    world.db.write_here(lambda tx: tx.accounts.add(STRANGER, "Duka lingine", NOW))
    for number, (account, key) in enumerate(((ACCOUNT, KEY), (STRANGER, STRANGERS_KEY))):
        stored = ApiKey(
            id=KeyId(f"key_{number}"),
            account_id=account,
            livemode=False,
            sha256=key_sha256(key),
            hint=hint(key),
        )
        world.db.write_here(lambda tx, stored=stored: tx.api_keys.add(stored, NOW))
