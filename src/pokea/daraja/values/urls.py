"""Where Safaricom is to call us: a URL that its own filters let through."""

import re
from dataclasses import dataclass
from typing import Self
from urllib.parse import SplitResult, urlsplit

from typing_extensions import override

from pokea.daraja.errors import InvalidValue

# Daraja answers "URL has the word MPESA" and the like, in any case (portal FAQ; S 2026-07).
_BANNED = re.compile("mpesa|safaricom|exe|cmd|sql|query", re.IGNORECASE | re.ASCII)
_VISIBLE = re.compile(r"[!-~]{1,500}", re.ASCII)
# Daraja takes "<placeholder>" for an attack; the others are no part of any URL.
_UNSAFE = frozenset("<>\"'\\^`{|}")


@dataclass(frozen=True, slots=True)
class CallbackUrl:
    """A checked callback address; build it with `CallbackUrl.parse`."""

    url: str

    @classmethod
    def parse(cls, text: str, *, field: str = "callback_url", allow_http: bool = False) -> Self:
        """Check a URL; `allow_http` is for a sandbox, a simulator or this machine only."""
        if type(text) is not str or _VISIBLE.fullmatch(text) is None:
            raise InvalidValue(field, "must be 1 to 500 ASCII characters without spaces")
        if not _UNSAFE.isdisjoint(text):
            raise InvalidValue(field, "must not hold any of < > quotes \\ ^ ` { | }")
        parts = _split(text, field)
        if parts.scheme != "https" and not (allow_http and parts.scheme == "http"):
            raise InvalidValue(field, "must begin with https://")
        if not parts.hostname:
            raise InvalidValue(field, "must name a host")
        if parts.username is not None or parts.password is not None:
            raise InvalidValue(field, "must not hold a user name or password")
        if "#" in text:
            raise InvalidValue(field, "must not hold a fragment (#)")
        if banned := _BANNED.search(text):
            raise InvalidValue(field, f'holds "{banned[0]}", and Daraja refuses such URLs')
        return cls(text)

    @override
    def __str__(self) -> str:
        return self.url


def _split(text: str, field: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise InvalidValue(field, "is not a URL") from None
    return parts
