"""Tell Safaricom where to announce payments made by hand; in production, once.

The addresses hold the id of the shortcode's row and a proof that we made them, so they stay the
same for as long as the row and the oldest key that made them live.
"""

from dataclasses import dataclass
from typing import Final, Literal

from pokea.daraja.values import Msisdn
from pokea.domain.capability import path_for
from pokea.domain.inbox import CONFIRMATION, VALIDATION
from pokea.domain.public_url import unreachable
from pokea.domain.receipt import Collector
from pokea.flows.deps import Deps
from pokea.flows.errors import Unacceptable
from pokea.flows.ports import NotRegistered, Registered, Registrar, UrlsWanted

PULL: Final = "p"
"""The first segment of Pull's path, on which nothing is ever announced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What to register, and where this gateway is reached. ``real``: not a simulator."""

    base_url: str
    real: bool
    production: bool
    version: Literal[1, 2] = 2
    complete_when_unreachable: bool = True


async def register_urls(
    deps: Deps, registrar: Registrar, collector: Collector, wanted: Registration
) -> Registered:
    """Register the confirmation and validation addresses of a shortcode.

    Raises:
        Unacceptable: Safaricom could never call them, or said no.
    """
    urls = UrlsWanted(
        confirmation_url=address(deps, collector, CONFIRMATION, wanted),
        validation_url=address(deps, collector, VALIDATION, wanted),
        complete_when_unreachable=wanted.complete_when_unreachable,
        version=wanted.version,
    )
    outcome = await registrar.register_urls(collector.till or collector.shortcode, urls)
    registered = _or_refuse(outcome)
    if not registered.already:
        now = deps.clock.now()
        await deps.db.write(lambda tx: tx.shortcodes.registered(collector.id, now))
    return registered


async def register_pull(
    deps: Deps, registrar: Registrar, collector: Collector, phone: Msisdn, wanted: Registration
) -> Registered:
    """Say that this shortcode's transactions will be pulled.

    Raises:
        Unacceptable: Safaricom said no.
    """
    url = address(deps, collector, PULL, wanted)
    return _or_refuse(await registrar.register_pull(collector.shortcode, phone, url))


def address(deps: Deps, collector: Collector, purpose: str, wanted: Registration) -> str:
    """One of a shortcode's own addresses.

    Raises:
        Unacceptable: Safaricom could never call it.
    """
    if wanted.real and (why := unreachable(wanted.base_url, production=wanted.production)):
        raise Unacceptable("base_url", f"BASE_URL: {why}. Safaricom could not call it.")
    path = path_for(collector.id, purpose=purpose, key=deps.path_keys[0])
    return f"{wanted.base_url}/i/{purpose}/{path}"


def _or_refuse(outcome: Registered | NotRegistered) -> Registered:
    if isinstance(outcome, NotRegistered):
        who = "Safaricom refuses" if outcome.answered else "Safaricom did not answer"
        raise Unacceptable("not_registered", f"{who}: {outcome.why}")
    return outcome
