"""What we ask Safaricom of our own accord: duties that come round."""

from collections.abc import Sequence
from typing import Protocol

from pokea.domain.ids import RoutineId
from pokea.domain.routine import Routine


class Routines(Protocol):
    """Rows of duties. ``save`` fails the transaction when a row changed meanwhile."""

    def add(self, new: Sequence[Routine]) -> None: ...
    def lock(self, routine_id: RoutineId) -> Routine | None: ...
    def all(self) -> list[Routine]: ...
    def save(self, changed: Sequence[Routine]) -> None: ...
