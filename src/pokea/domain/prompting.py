"""How often one phone may be prompted: unwanted prompts are our spam.

Safaricom itself refuses the same amount to the same phone within two minutes (result 17).
Source: STATE_MACHINES section 3, API section 2.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pokea.daraja.values import Money

DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptLimit:
    """What one phone may be asked: some prompts in a while, some more in a day unless paid."""

    prompts: int
    within: timedelta
    unpaid_a_day: int | None = None
    same_amount_after: timedelta = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompted:
    """An earlier prompt to the phone."""

    at: datetime
    amount: Money
    paid: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TooSoon:
    """Why not now, and in how many seconds."""

    why: str
    wait_s: int


def too_soon(
    earlier: Sequence[Prompted], amount: Money, now: datetime, limit: PromptLimit
) -> TooSoon | None:
    """Why a phone must not be prompted now, from its last day's prompts; None when it may."""
    recent = sorted(one.at for one in earlier if now - one.at < limit.within)
    if len(recent) >= limit.prompts:
        minutes = int(limit.within.total_seconds() // 60)
        why = f"was already prompted {limit.prompts} times in {minutes} minutes"
        return TooSoon(why=why, wait_s=_seconds(recent[-limit.prompts] + limit.within - now))
    same = max((one.at for one in earlier if one.amount == amount), default=None)
    # A prompt that was begun meanwhile is later than "now"; no limit is no limit for it either.
    pause = limit.same_amount_after
    if same is not None and pause and now - same < pause:
        why = "was prompted for this very amount a moment ago, and M-PESA would refuse it"
        return TooSoon(why=why, wait_s=_seconds(same + pause - now))
    most = limit.unpaid_a_day
    if most is not None and len(earlier) >= most and not any(one.paid for one in earlier):
        why = f"was prompted {most} times in a day and never paid"
        blocks = sorted(one.at for one in earlier)[-most]
        return TooSoon(why=why, wait_s=_seconds(blocks + DAY - now))
    return None


def _seconds(wait: timedelta) -> int:
    return max(1, -(-wait // timedelta(seconds=1)))
