"""What a client needs of an HTTP library, and the two ways in which it may fail.

The difference between them decides about money: after `NeverWritten` the request may be sent
again, after `Lost` nobody knows.
"""

from typing import Protocol

from pokea.daraja.wire import WireReply, WireRequest


class NeverWritten(Exception):
    """No byte of the request was written: refused connection, DNS, TLS, no free connection."""


class Lost(Exception):
    """Some of the request may have been written, and no whole answer came back."""


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
