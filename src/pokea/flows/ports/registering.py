"""Where Safaricom is to announce what we did not ask for."""

from dataclasses import dataclass
from typing import Literal, Protocol

from pokea.daraja.values import Msisdn, Shortcode


@dataclass(frozen=True, slots=True, kw_only=True)
class UrlsWanted:
    """The two addresses of a shortcode, and what holds when the validation is unreachable.

    Version 1 sends the payer's number hashed, version 2 masked.
    """

    confirmation_url: str
    validation_url: str
    complete_when_unreachable: bool
    version: Literal[1, 2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """The addresses stand; ``already``: the older ones do, and none was changed."""

    already: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NotRegistered:
    """They do not; ``answered`` when these are Safaricom's own words."""

    why: str
    answered: bool


RegisterOutcome = Registered | NotRegistered


class Registrar(Protocol):
    """Registers addresses. Never inside a transaction."""

    async def register_urls(self, shortcode: Shortcode, wanted: UrlsWanted) -> RegisterOutcome:
        """Register where payments by hand are announced."""
        ...

    async def register_pull(
        self, shortcode: Shortcode, phone: Msisdn, callback_url: str
    ) -> RegisterOutcome:
        """Register for pulling."""
        ...
