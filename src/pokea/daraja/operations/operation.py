"""What every operation can do: write itself, and read the reply. No I/O."""

from typing import Protocol, TypeVar

from pokea.daraja.wire import WireReply, WireRequest

T_co = TypeVar("T_co", covariant=True)


class Operation(Protocol[T_co]):
    """What `Client.send` takes, and what it returns."""

    def encode(self) -> WireRequest:
        """Return the request."""
        ...

    def decode(self, reply: WireReply) -> T_co:
        """Return what the reply says, or raise an error of the tree."""
        ...
