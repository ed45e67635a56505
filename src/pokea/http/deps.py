"""What handlers get: the flows' ports, the callback door, and who is asking."""

import base64
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated

from fastapi import Depends, Request

from pokea.daraja.values import Shortcode
from pokea.domain.api_key import key_sha256
from pokea.domain.ids import AccountId
from pokea.flows.deps import Deps
from pokea.flows.open_payment import Merchant
from pokea.flows.receive_callback import CallbackDoor
from pokea.flows.validate_payment import Validator
from pokea.http.errors import Problem

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """What is well and what is not, and whether callbacks may come all the same."""

    checks: Mapping[str, bool]
    ready: bool

    @property
    def is_well(self) -> bool:
        """Nothing is amiss."""
        return all(self.checks.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """Everything that the web surfaces need; built in ``wiring.py``."""

    deps: Deps
    door: CallbackDoor
    validator: Validator
    shortcode: Shortcode
    till: Shortcode | None
    merchant_name: str
    livemode: bool
    base_url: str
    allowlist: tuple[Network, ...]
    trusted_proxies: tuple[Network, ...]
    random: Callable[[int], bytes]
    ready: Callable[[], Awaitable[Readiness]]

    def merchant(self, account_id: AccountId) -> Merchant:
        """A merchant of this installation, collecting on its shortcode."""
        return Merchant(
            account_id=account_id,
            livemode=self.livemode,
            shortcode=self.shortcode,
            till=self.till,
        )


def web(request: Request) -> Web:
    """The app's own :class:`Web`."""
    found: Web = request.app.state.web
    return found


WebDep = Annotated[Web, Depends(web)]


async def merchant(request: Request, site: WebDep) -> Merchant:
    """The merchant whose API key came with the request.

    Raises:
        Problem: 401, with the same words for a missing, unknown, revoked or other mode's key.
    """
    presented = _presented_key(request)
    if presented is None:
        raise Problem("api_key_missing", "Send your API key: Authorization: Bearer sk_…")
    digest = key_sha256(presented)
    key = await site.deps.db.read(lambda tx: tx.api_keys.find(digest))
    if key is None or key.livemode is not site.livemode:
        raise Problem("api_key_invalid", "This API key is unknown, revoked, or for other mode.")
    return site.merchant(key.account_id)


MerchantDep = Annotated[Merchant, Depends(merchant)]


def _presented_key(request: Request) -> str | None:
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    match scheme.lower():
        case "bearer":
            return rest.strip() or None
        case "basic":
            return _basic_user(rest.strip())
        case _:
            return None


def _basic_user(encoded: str) -> str | None:
    try:
        decoded = base64.b64decode(encoded, validate=True).decode("ascii")
    except ValueError:
        return None
    return decoded.partition(":")[0] or None
