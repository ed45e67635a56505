"""The engine's one entrance: which flow does which kind of work, and the sweep for lost work.

The tables are the truth. An engine only says "look at these rows now"; saying it twice, late,
or for rows that are done already changes nothing.
"""

from datetime import timedelta
from typing import Final, assert_never

from pokea.domain.ids import AttemptId, DeliveryId, InboxId, PaymentId
from pokea.flows.apply_callback import apply_callback
from pokea.flows.deliver_event import deliver_event
from pokea.flows.deps import Deps
from pokea.flows.expire_payment import expire_payment
from pokea.flows.ports import Tx, WorkKind
from pokea.flows.resolve_attempt import resolve_attempt

SWEEP_GRACE: Final = timedelta(seconds=10)
"""Work this long overdue was lost by the engine (or its worker died): hand it over again."""

SWEEP_LIMIT: Final = 1_000
"""Rows of each kind in one sweep; the next sweep takes the rest."""


async def do_work(deps: Deps, kind: WorkKind, row_id: str) -> None:
    """Run the flow for one row."""
    match kind:
        case WorkKind.CALLBACK:
            await apply_callback(deps, InboxId(row_id))
        case WorkKind.ATTEMPT:
            await resolve_attempt(deps, AttemptId(row_id))
        case WorkKind.PAYMENT:
            await expire_payment(deps, PaymentId(row_id))
        case WorkKind.DELIVERY:
            await deliver_event(deps, DeliveryId(row_id))
        case _:
            assert_never(kind)


async def sweep(deps: Deps) -> int:
    """Hand over again what is overdue; returns how many rows that were."""
    before = deps.clock.now() - SWEEP_GRACE

    def write(tx: Tx) -> int:
        lost = tx.overdue(before, SWEEP_LIMIT)
        for work in lost:
            tx.hand_over(work)
        return sum(len(work.ids) for work in lost)

    return await deps.db.write(write)
