"""One request and one reply as they cross the wire: plain values that any transport can carry.

`moves_money` decides what silence means: after a request that moves money, silence is doubt.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class WireRequest:
    """What to send: a path below the host, and a body that is already bytes."""

    method: str
    path: str
    body: bytes = field(repr=False)
    moves_money: bool
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WireReply:
    """What came back, unread: status, headers (names in lower case), bytes, duration."""

    status: int
    body: bytes = field(repr=False)
    headers: tuple[tuple[str, str], ...] = ()
    elapsed_ms: int = 0

    def header(self, name: str) -> str | None:
        """Return the first header of that name (names in lower case), or None."""
        return next((value for key, value in self.headers if key == name), None)
