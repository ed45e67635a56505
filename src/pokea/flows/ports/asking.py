"""What we ask Safaricom of our own accord: duties that come round, and how often."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from pokea.daraja.values import Shortcode
from pokea.domain.ids import RoutineId
from pokea.domain.query_budget import Allowance, Urgency
from pokea.domain.routine import Routine


class Routines(Protocol):
    """Rows of duties. ``save`` fails the transaction when a row changed meanwhile."""

    def add(self, new: Sequence[Routine]) -> None: ...
    def lock(self, routine_id: RoutineId) -> Routine | None: ...
    def all(self) -> list[Routine]: ...
    def save(self, changed: Sequence[Routine]) -> None: ...


class QueryBudgets(Protocol):
    """Questions of a shortcode that several processes share."""

    def take(
        self,
        shortcode: Shortcode,
        allowance: Allowance,
        urgency: Urgency,
        cost: int,
        at: datetime,
    ) -> timedelta: ...
