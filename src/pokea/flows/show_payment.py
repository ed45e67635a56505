"""Looking at payments: one, a page, or one until it changes."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final, Protocol

from pokea.domain.attempt import Attempt
from pokea.domain.ids import AttemptId, PaymentId
from pokea.domain.payment import Payment
from pokea.flows.deps import Deps
from pokea.flows.ports import PaymentFilter, Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A payment and its latest attempt."""

    payment: Payment
    attempt: Attempt | None


class Sleep(Protocol):
    """Waits some seconds; the event loop's own, outside tests."""

    async def __call__(self, seconds: float, /) -> object:
        """Wait."""
        ...


WATCH_POLL_S: Final = 0.3
"""How often an open page or a long poll looks again: works across processes, on both
databases, and costs one indexed read."""


async def show_payment(deps: Deps, payment_id: PaymentId) -> Shown | None:
    """One payment, or None."""
    return await deps.db.read(lambda tx: _shown(tx, payment_id))


async def show_page(deps: Deps, wanted: PaymentFilter) -> list[Shown]:
    """One page and one more, newest first."""

    def read(tx: Tx) -> list[Shown]:
        page = tx.payments.page(wanted)
        latest = [AttemptId(one.latest_attempt_id) for one in page if one.latest_attempt_id]
        attempts = tx.attempts.latest(latest) if latest else {}
        return [
            Shown(
                payment=one,
                attempt=attempts.get(one.latest_attempt_id) if one.latest_attempt_id else None,
            )
            for one in page
        ]

    return await deps.db.read(read)


async def watch_payment(
    deps: Deps, payment_id: PaymentId, sleep: Sleep
) -> AsyncIterator[Shown]:
    """A payment now, and again whenever it or its latest attempt has changed."""
    seen: tuple[int, int] | None = None
    while True:
        shown = await show_payment(deps, payment_id)
        if shown is None:
            return
        attempt_version = 0 if shown.attempt is None else shown.attempt.version
        version = (shown.payment.version, attempt_version)
        if version != seen:
            seen = version
            yield shown
        await sleep(WATCH_POLL_S)


def _shown(tx: Tx, payment_id: PaymentId) -> Shown | None:
    payment = tx.payments.get(payment_id)
    if payment is None:
        return None
    latest = payment.latest_attempt_id
    return Shown(payment=payment, attempt=None if latest is None else tx.attempts.get(latest))
