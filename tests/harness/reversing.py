"""Reversals, as tests tell them: money that came, went, and what is left of it."""

from typing import Final

from harness.world import World
from pokea.daraja.values import Money
from pokea.domain.attempt import Attempt
from pokea.domain.payment import Payment, PaymentState

BY_HAND: Final = "UAH1Z2HAND"
BACK: Final = "UAR1Z2BACK"
"""The receipt of what gives money back."""

HUNDRED: Final = Money.shillings(100)
RESOLVED: Final = ("missing_here", "reversal", "resolved", "pokea", BACK)
OPEN: Final = ("missing_here", "reversal", "open", None, BACK)
"""The break of that line, as ``found`` shows it."""


async def unprompted(world: World, shillings: int = 100, **wanted: object) -> Attempt:
    """A payment whose one prompt was cancelled; the customer pays by hand then."""
    attempt = await world.opens(shillings, **wanted)
    await world.hears_failed(attempt)
    return attempt


def sums(world: World) -> dict[int, int]:
    """What every account that holds something holds, in cents."""
    total: dict[int, int] = {}
    for debit, credit, cents in world.booked():
        total[debit] = total.get(debit, 0) + cents
        total[credit] = total.get(credit, 0) - cents
    return {account: cents for account, cents in total.items() if cents}


def figures(payment: Payment) -> tuple[PaymentState, Money, Money]:
    """A payment's state, what it received, and what of that was given back."""
    return payment.state, payment.amount_received, payment.amount_refunded
