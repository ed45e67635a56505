"""What a client needs of an HTTP library, and the two ways in which it may fail.

The difference between them decides about money: after `NeverWritten` the request may be sent
again, after `Lost` nobody knows.
"""

from dataclasses import dataclass
from typing import Protocol, Self
from urllib.parse import urlsplit

from pokea.daraja.errors import InvalidValue
from pokea.daraja.wire import WireReply, WireRequest


class NeverWritten(Exception):
    """No byte of the request was written: refused connection, DNS, TLS, no free connection."""


class Lost(Exception):
    """Some of the request may have been written, and no whole answer came back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where requests go: a host, and what stands before every path."""

    secure: bool
    host: str
    port: int
    prefix: str

    @classmethod
    def parse(cls, base_url: str) -> Self:
        """Read a base URL, or raise `InvalidValue`."""
        try:
            parts = urlsplit(base_url)
            host = (parts.hostname or "").encode("idna").decode("ascii")
            port = parts.port
        except ValueError:  # as are the errors of idna
            raise InvalidValue("base_url", "is not a URL") from None
        if parts.scheme not in ("http", "https") or not host:
            raise InvalidValue(
                "base_url", "must begin with https:// or http:// and name a host"
            )
        secure = parts.scheme == "https"
        return cls(
            secure=secure,
            host=host,
            port=port or (443 if secure else 80),
            prefix=parts.path.rstrip("/"),
        )

    @property
    def authority(self) -> str:
        """What the `Host` header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"


class Transport(Protocol):
    """Sends one request, once; raises `NeverWritten` or `Lost` and nothing else."""

    def send(self, request: WireRequest) -> WireReply:
        """Carry the request to the host and return the reply, whatever its status."""
        ...

    def close(self) -> None:
        """Close all connections."""
        ...


class AsyncTransport(Protocol):
    """The same without blocking."""

    async def send(self, request: WireRequest) -> WireReply:
        """Carry the request to the host and return the reply, whatever its status."""
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...
