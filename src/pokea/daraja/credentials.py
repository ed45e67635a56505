"""Secrets as types whose representation hides them, so that no log can hold one by accident."""

import base64
import re
from dataclasses import dataclass, field
from typing import ClassVar

from typing_extensions import override

from pokea.daraja.errors import InvalidValue
from pokea.daraja.values import Shortcode

_VISIBLE = re.compile(r"[!-~]+", re.ASCII)


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A text that is shown to Daraja only; `reveal()` is the one way to read it.

    Made as `Passkey("...")`, and so are the other kinds.
    """

    _text: str = field(repr=False)

    name: ClassVar[str] = "secret"

    def __post_init__(self) -> None:
        """Refuse what no portal ever gave out: nothing, spaces, letters beyond ASCII."""
        if type(self._text) is not str or _VISIBLE.fullmatch(self._text) is None:
            raise InvalidValue(self.name, "must be visible ASCII characters without spaces")

    def reveal(self) -> str:
        """Return the secret itself."""
        return self._text

    @override
    def __repr__(self) -> str:
        return f"{type(self).__name__}(***)"

    @override
    def __str__(self) -> str:
        return "***"


class Passkey(Secret):
    """The M-PESA Express passkey of one shortcode."""

    __slots__ = ()
    name = "passkey"

    def password(self, shortcode: Shortcode, timestamp: str) -> str:
        """Return `Password`: base64 of shortcode, passkey and timestamp, all as sent (O)."""
        text = shortcode.digits + self._text + timestamp
        return base64.b64encode(text.encode("ascii")).decode("ascii")


class ConsumerSecret(Secret):
    """The secret half of an app's key pair."""

    __slots__ = ()
    name = "consumer_secret"


class SecurityCredential(Secret):
    """An initiator's password, already encrypted for Daraja."""

    __slots__ = ()
    name = "security_credential"


@dataclass(frozen=True, slots=True, kw_only=True)
class Initiator:
    """The API operator of the organisation portal, with its encrypted password."""

    name: str
    credential: SecurityCredential

    def __post_init__(self) -> None:
        """Refuse names that the portal cannot have given."""
        if _VISIBLE.fullmatch(self.name) is None or len(self.name) > 50:  # noqa: PLR2004
            raise InvalidValue("initiator", "must be 1 to 50 ASCII characters without spaces")
