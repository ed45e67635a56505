"""Figures for the operator's graphs that stand in the tables, not in one process's memory.

Duties are done by any process, and a worker answers no scrape: so whoever is scraped reads how
all of them went.
"""

from typing import Final

from prometheus_client import Gauge

from pokea.domain.balance import BalanceReading
from pokea.domain.routine import Routine, RoutineKind
from pokea.flows.deps import Deps
from pokea.flows.ports import Tx

DIFFERENCE: Final = Gauge(
    "pokea_balance_difference_cents",
    "The books minus M-PESA's balance, at the last look that was compared",
    ["shortcode"],
)
AS_OF: Final = Gauge(
    "pokea_balance_as_of_timestamp_seconds", "When M-PESA last looked", ["shortcode"]
)
LAST_OK: Final = Gauge(
    "pokea_routine_last_ok_timestamp_seconds",
    "When a duty was last done",
    ["kind", "shortcode"],
)
FAILURES: Final = Gauge(
    "pokea_routine_failures", "How often a duty has failed in a row", ["kind", "shortcode"]
)


async def measure(deps: Deps) -> None:
    """Read the figures of now."""
    routines, readings = await deps.db.read(lambda tx: _read(tx, deps))
    for routine in routines:
        labels = (routine.kind.value, _digits(routine))
        FAILURES.labels(*labels).set(routine.failures)
        if routine.last_ok_at is not None:
            LAST_OK.labels(*labels).set(routine.last_ok_at.timestamp())
    for reading in readings:
        DIFFERENCE.labels(reading.shortcode.digits).set(reading.difference_cents)
        AS_OF.labels(reading.shortcode.digits).set(reading.as_of.timestamp())


def _read(tx: Tx, deps: Deps) -> tuple[list[Routine], list[BalanceReading]]:
    wanted = [one for one in tx.routines.all() if one.due_at is not None]
    readings = [
        tx.balances.latest_compared(one.shortcode, livemode=deps.livemode)
        for one in wanted
        if one.kind is RoutineKind.BALANCE and one.shortcode is not None
    ]
    return wanted, [one for one in readings if one is not None]


def _digits(routine: Routine) -> str:
    return "" if routine.shortcode is None else routine.shortcode.digits
