"""The engine's one entrance: which flow does which kind of work, and the sweep for lost work.

The tables are the truth. An engine only says "look at these rows now"; saying it twice, late,
or for rows that are done already changes nothing.
"""

import asyncio
import contextlib
from datetime import timedelta
from typing import Final, assert_never

from pokea.domain.ids import (
    AttemptId,
    DeliveryId,
    InboxId,
    InquiryId,
    NoticeId,
    PaymentId,
    ReceiptId,
    RoutineId,
)
from pokea.flows.apply_callback import apply_callback
from pokea.flows.courier import Courier, EndpointBusy
from pokea.flows.deliver_event import deliver_event
from pokea.flows.deps import Deps
from pokea.flows.expire_payment import expire_payment
from pokea.flows.ports import Work, WorkKind
from pokea.flows.resolve_attempt import resolve_attempt
from pokea.flows.resolve_inquiry import resolve_inquiry
from pokea.flows.resolve_receipt import resolve_receipt
from pokea.flows.run_routine import run_routine
from pokea.flows.send_notice import send_notice

NOTICES_AT_ONCE: Final = 4
"""Of one process: each takes a second or two of a service that may count requests."""

NOTICE_CLOSE_S: Final = 22
"""A send may take 20."""

SWEEP_GRACE: Final = timedelta(seconds=10)
"""Work this long overdue was lost by the engine (or its worker died): hand it over again."""

SWEEP_LIMIT: Final = 1_000
"""Rows of a kind in one sweep; the next sweep goes on behind them."""

SWEEP_REACH: Final = 50_000
"""Then from the oldest again: what cannot be done at all must not make each look dearer."""


async def do_work(deps: Deps, kind: WorkKind, row_id: str) -> None:
    """Run the flow for one row."""
    match kind:
        case WorkKind.CALLBACK:
            await apply_callback(deps, InboxId(row_id))
        case WorkKind.ATTEMPT:
            await resolve_attempt(deps, AttemptId(row_id))
        case WorkKind.PAYMENT:
            await expire_payment(deps, PaymentId(row_id))
        case WorkKind.RECEIPT:
            await resolve_receipt(deps, ReceiptId(row_id))
        case WorkKind.DELIVERY:
            await deliver_event(deps, DeliveryId(row_id))
        case WorkKind.ROUTINE:
            await run_routine(deps, RoutineId(row_id))
        case WorkKind.NOTICE:
            await send_notice(deps, NoticeId(row_id))
        case WorkKind.INQUIRY:
            await resolve_inquiry(deps, InquiryId(row_id))
        case _:
            assert_never(kind)


class Hands:
    """Does rows for an engine; deliveries go through this process's courier."""

    def __init__(self, deps: Deps, courier: Courier) -> None:
        self._deps = deps
        self._courier = courier
        self._notice_turn = asyncio.Semaphore(NOTICES_AT_ONCE)
        self._notices: set[asyncio.Task[None]] = set()

    async def finish(self, kind: WorkKind, row_id: str) -> bool:
        """Do a row and come back when it is done; False when there is no room for it now."""
        if kind is not WorkKind.DELIVERY:
            await self._do(kind, row_id)
            return True
        try:
            sending = await self._courier.take(DeliveryId(row_id))
        except EndpointBusy:
            return False
        if sending is not None:
            await sending
        return True

    async def begin(self, kind: WorkKind, row_id: str) -> None:
        """Do a row; a delivery is only taken, so that its caller never waits for a merchant."""
        if kind is not WorkKind.DELIVERY:
            await self._do(kind, row_id)
            return
        # Too much waits for this endpoint: the row stays due, and the sweep brings it again.
        with contextlib.suppress(EndpointBusy):
            await self._courier.take(DeliveryId(row_id))

    async def close(self) -> None:
        """Let notices on the wire come to their end: one that is cut off stays unsure."""
        if self._notices:
            await asyncio.wait(self._notices, timeout=NOTICE_CLOSE_S)

    async def _do(self, kind: WorkKind, row_id: str) -> None:
        if kind is not WorkKind.NOTICE:
            await do_work(self._deps, kind, row_id)
            return
        async with self._notice_turn:
            task = asyncio.create_task(do_work(self._deps, kind, row_id))
            self._notices.add(task)
            task.add_done_callback(self._notices.discard)
            await asyncio.shield(task)


class Sweep:
    """Hands over again what was lost, in turns through all that is overdue.

    Rows that fail every time stay the oldest for ever. Each sweep therefore goes on where the
    last one ended, and begins again when it has seen them all.
    """

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._seen: dict[WorkKind, int] = {}

    async def __call__(self, kind: WorkKind) -> int:
        """Hand over the next overdue rows of a kind; returns how many that were."""
        before = self._deps.clock.now() - SWEEP_GRACE
        seen = self._seen.get(kind, 0)
        due = await self._deps.db.read(lambda tx: tx.overdue(before, seen + SWEEP_LIMIT))
        ids = next((work.ids for work in due if work.kind is kind), ())
        if len(ids) <= seen:
            seen = 0
        lost = Work(kind=kind, ids=ids[seen : seen + SWEEP_LIMIT], due_at=before)
        ended = len(lost.ids) < SWEEP_LIMIT or seen + SWEEP_LIMIT >= SWEEP_REACH
        self._seen[kind] = 0 if ended else seen + SWEEP_LIMIT
        if lost.ids:
            await self._deps.db.write(lambda tx: tx.hand_over(lost))
        return len(lost.ids)
