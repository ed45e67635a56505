"""Every product of Daraja as a frozen value: `encode()` writes, `decode()` reads the reply."""

from typing import Protocol, TypeVar

from pokea.daraja.operations.stk import PushAck, QueryAnswer, StkPush, StkQuery
from pokea.daraja.wire import WireReply, WireRequest

__all__ = ["Operation", "PushAck", "QueryAnswer", "StkPush", "StkQuery"]

T_co = TypeVar("T_co", covariant=True)


class Operation(Protocol[T_co]):
    """What `Client.send` takes, and what it returns."""

    def encode(self) -> WireRequest:
        """Return the request."""
        ...

    def decode(self, reply: WireReply) -> T_co:
        """Return what the reply says, or raise an error of the tree."""
        ...
