"""The OAuth access token and where it is kept between requests and processes.

One token serves all requests of an app for an hour. Safaricom's FAQ says that a new token
invalidates the one before, so a second one is minted only when the first runs out or was
refused, and by one process at a time: `lease` gives the right to mint for a few seconds. Caches
that wait (`waits = True`: a database, a network) are called in a thread by async clients.
"""

import hashlib
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from typing_extensions import override

# A token must outlive the request that carries it, and two clocks may differ.
EARLY = timedelta(seconds=60)
# Longer than one OAuth request may take; a process that died in between is then overtaken.
LEASE = timedelta(seconds=20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A bearer token and the instant from which it must not be used."""

    value: str = field(repr=False)
    renew_at: datetime

    def is_fresh(self, now: datetime) -> bool:
        """Whether it may still be sent."""
        return now < self.renew_at


def cache_key(base_url: str, consumer_key: str) -> str:
    """Name an app at a host without giving its key away."""
    return hashlib.sha256(f"{base_url}\n{consumer_key}".encode()).hexdigest()[:32]


class TokenCache(Protocol):
    """Where tokens are kept. Every method may be called by many threads and processes."""

    waits: bool

    def load(self, key: str) -> Token | None:
        """Return the token kept under the key."""
        ...

    def store(self, key: str, token: Token) -> None:
        """Keep a token, in place of any other."""
        ...

    def discard(self, key: str, value: str) -> None:
        """Forget the token if it still is that one; never a newer one."""
        ...

    def lease(self, key: str, owner: str, now: datetime) -> bool:
        """Give the owner the right to mint until `LEASE` has passed, unless another has it."""
        ...

    def release(self, key: str, owner: str) -> None:
        """Give the right back, if the owner still has it."""
        ...


class MemoryTokenCache(TokenCache):
    """Tokens of one process."""

    waits = False

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tokens: dict[str, Token] = {}
        self.leases: dict[str, tuple[str, datetime]] = {}

    @override
    def load(self, key: str) -> Token | None:
        return self._tokens.get(key)

    @override
    def store(self, key: str, token: Token) -> None:
        self._tokens[key] = token

    @override
    def discard(self, key: str, value: str) -> None:
        with self._lock:
            token = self._tokens.get(key)
            if token is not None and token.value == value:
                del self._tokens[key]

    @override
    def lease(self, key: str, owner: str, now: datetime) -> bool:
        with self._lock:
            held = self.leases.get(key)
            if held is not None and held[0] != owner and now < held[1]:
                return False
            self.leases[key] = (owner, now + LEASE)
            return True

    @override
    def release(self, key: str, owner: str) -> None:
        with self._lock:
            held = self.leases.get(key)
            if held is not None and held[0] == owner:
                del self.leases[key]
