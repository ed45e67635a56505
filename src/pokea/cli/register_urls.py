"""`pokea register-urls`: where Safaricom is to announce payments made by hand."""

import asyncio
import json
from typing import Final, Literal

from pokea.cli.collecting import collector_of
from pokea.daraja.errors import InvalidValue
from pokea.daraja.values import Msisdn
from pokea.domain.inbox import CONFIRMATION, VALIDATION
from pokea.domain.receipt import Collector
from pokea.flows.errors import Unacceptable
from pokea.flows.ports import Registered
from pokea.flows.register_urls import (
    Registration,
    address,
    register_pull,
    register_urls,
)
from pokea.settings import BadSettings, MpesaEnv, Settings
from pokea.wiring import Gateway, open_beside

Told = dict[str, object]

ALREADY: Final = (
    "This shortcode has addresses already, and Safaricom kept those. If they are not those"
    " above,\ndelete them in the organisation portal (Self Services, URL Management); it needs"
    " two operators.\nThen run this again."
)


def run(
    settings: Settings,
    *,
    version: Literal[1, 2],
    complete_when_unreachable: bool,
    pull_phone: str | None,
) -> Told:
    """Register the addresses of the settings' shortcode, and for pulling if a phone is given.

    Raises:
        BadSettings: an address cannot work, or Safaricom said no.
    """
    phone = None if pull_phone is None else _phone(settings, pull_phone)
    wanted = Registration(
        base_url=settings.base_url,
        real=settings.mpesa_env is not MpesaEnv.SIMULATOR,
        production=settings.livemode,
        version=version,
        complete_when_unreachable=complete_when_unreachable,
    )
    gateway = open_beside(settings)
    try:
        return asyncio.run(_register(gateway, collector_of(gateway), wanted, phone))
    except Unacceptable as refused:
        raise BadSettings(refused.detail) from None
    finally:
        gateway.close()


def as_text(told: Told, *, as_json: bool) -> str:
    """What the command prints."""
    if as_json:
        return json.dumps(told)
    lines = [
        f"confirmation  {told['confirmation_url']}",
        f"validation    {told['validation_url']}",
    ]
    if told["urls"] == "already_registered":
        lines.append(ALREADY)
    else:
        lines.append(f"Registered for {told['shortcode']}. Keep them secret, as a password.")
    if "pull" in told:
        lines.append(f"Pull: {str(told['pull']).replace('_', ' ')}")
    return "\n".join(lines)


def _phone(settings: Settings, text: str) -> Msisdn:
    if not settings.pokea_pull:
        raise BadSettings(
            "POKEA_PULL is not set. Safaricom approves Pull Transactions by itself: once it has"
            " for this shortcode, set POKEA_PULL=true, then run this again."
        )
    try:
        return Msisdn.parse(text)
    except InvalidValue as error:
        raise BadSettings(f"--pull {text}: {error.reason}") from None


async def _register(
    gateway: Gateway, collector: Collector, wanted: Registration, phone: Msisdn | None
) -> Told:
    async with gateway.registering() as registrar:
        urls = await register_urls(gateway.deps, registrar, collector, wanted)
        told = _as_told(gateway, collector, wanted, urls)
        if phone is not None:
            pull = await register_pull(gateway.deps, registrar, collector, phone, wanted)
            told["pull"] = _word(pull)
    return told


def _as_told(
    gateway: Gateway, collector: Collector, wanted: Registration, registered: Registered
) -> Told:
    return {
        "shortcode": collector.shortcode.digits,
        "version": wanted.version,
        "when_unreachable": "complete" if wanted.complete_when_unreachable else "cancel",
        "confirmation_url": address(gateway.deps, collector, CONFIRMATION, wanted),
        "validation_url": address(gateway.deps, collector, VALIDATION, wanted),
        "urls": _word(registered),
    }


def _word(registered: Registered) -> str:
    return "already_registered" if registered.already else "registered"
