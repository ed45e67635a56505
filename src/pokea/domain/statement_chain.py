"""Whether a statement is whole, told by its own balances.

Each line leads from one balance to the next, so the lines of a whole statement are a path:
every balance that a line arrives at is left by another, save the last, and save the first every
one that is left was arrived at. That holds in any order of lines, so a sorted or shuffled file
can be checked too, and a file that somebody filtered or cut cannot pass.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from pokea.domain.statement import Side, StatementLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Balances:
    """What the balances of some lines say, in cents.

    ``whole`` is None where a line has no balance: nothing can be said then.
    """

    opening: int | None = None
    closing: int | None = None
    whole: bool | None = None


@dataclass(slots=True)
class Chain:
    """Lines while they come by; memory grows only with the ends that do not meet yet."""

    _loose: Counter[int] = field(default_factory=Counter[int])
    _lines: int = 0
    _blind: bool = False
    _first: tuple[datetime, set[int]] | None = None
    _last: tuple[datetime, set[int]] | None = None

    def add(self, line: StatementLine) -> None:
        """One more line."""
        self.move(line.at, signed(line), line.balance)

    def move(self, at: datetime, cents: int, balance: int | None) -> None:
        """One more movement of ``cents`` that left ``balance``."""
        self._lines += 1
        if balance is None:
            self._blind = True
            return
        before = balance - cents
        for end, step in ((before, 1), (balance, -1)):
            self._loose[end] += step
            if not self._loose[end]:
                del self._loose[end]
        self._first = _nearer(self._first, at, before, earlier=True)
        self._last = _nearer(self._last, at, balance, earlier=False)

    def balances(self) -> Balances:
        """What has come by, together."""
        if self._blind or not self._lines:
            return Balances()
        ends = sorted(self._loose.items(), key=lambda end: -end[1])
        if [step for _, step in ends] == [1, -1]:
            return Balances(opening=ends[0][0], closing=ends[1][0], whole=True)
        if ends or self._first is None or self._last is None:
            return Balances(whole=False)
        # As much came as left: the path is a circle, and its time says where it begins.
        both = self._first[1] & self._last[1]
        end = both.pop() if len(both) == 1 else None
        return Balances(opening=end, closing=end, whole=True)


def balances_of(lines: Iterable[StatementLine]) -> Balances:
    """What the balances of lines say, in any order."""
    chain = Chain()
    for line in lines:
        chain.add(line)
    return chain.balances()


def signed(line: StatementLine) -> int:
    """Cents, positive when they came in."""
    return line.amount.in_cents if line.side is Side.IN else -line.amount.in_cents


def _nearer(
    held: tuple[datetime, set[int]] | None, at: datetime, balance: int, *, earlier: bool
) -> tuple[datetime, set[int]]:
    """The outermost moment with all the balances that stand at it."""
    if held is None or (at < held[0] if earlier else at > held[0]):
        return at, {balance}
    if at == held[0]:
        held[1].add(balance)
    return held
