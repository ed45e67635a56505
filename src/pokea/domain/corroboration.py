"""When one witness is enough, when to ask for the second, and how often.

Safaricom does not sign callbacks, so a claim is believed by how it reached us and by how many
independent ways agree. A believed callback is class B; STK Query's answer is class C, a hint
that carries neither receipt nor amount. Source: STATE_MACHINES section 0.1.
"""

import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, assert_never

from pokea.daraja.values import Money


class Policy(StrEnum):
    """How many witnesses release money."""

    STRICT = "strict"  # two, before the money counts
    FAST = "fast"  # one class B; the second is fetched afterwards


class Witness(StrEnum):
    """How a claim reached us; the words are the API's."""

    STK_CALLBACK = "stk_callback"  # class B
    C2B_CONFIRMATION = "c2b_confirmation"  # class B
    STATUS_RESULT = "status_result"  # class B: Safaricom's answer to our question
    STK_QUERY = "stk_query"  # class C: neither receipt nor amount
    PULL_ROW = "pull_row"  # class A: we asked over TLS, and the answer names the money
    STATEMENT_ROW = "statement_row"  # class A: imported by a person

    @property
    def is_authoritative(self) -> bool:
        """Class A: enough alone."""
        return self.evidence_class == "A"

    @property
    def evidence_class(self) -> str:
        """How much a claim counts that came this way: A, B or C."""
        match self:
            case Witness.PULL_ROW | Witness.STATEMENT_ROW:
                return "A"
            case Witness.STK_CALLBACK | Witness.C2B_CONFIRMATION | Witness.STATUS_RESULT:
                return "B"
            case Witness.STK_QUERY:
                return "C"
            case _:
                assert_never(self)


class Corroboration(StrEnum):
    """What the second witness of a paid attempt said."""

    NONE = "none"  # no claim yet
    PENDING = "pending"  # settled on one; the second is being asked for
    CONFIRMED = "confirmed"
    UNAVAILABLE = "unavailable"  # Safaricom could not be asked; settled on one, asking on
    DISAGREES = "disagrees"  # settled, and Safaricom's query keeps saying failed: an alarm


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """One shortcode's rules of belief."""

    policy: Policy = Policy.STRICT
    receipt_witness_above: Money = Money.shillings(50_000)
    """From here up STK Query is not enough: the second witness must name the receipt."""
    single_witness_max: Money = Money.shillings(20_000)
    """Up to here one callback settles while Safaricom cannot be asked at all."""
    corroborate_wait: timedelta = timedelta(seconds=20)
    """How long every question must have failed before that."""
    c2b_only_verified: bool = False
    """Whether all money by hand waits for a second witness, however little it is."""


CHECK_OFFSETS: Final = tuple(
    timedelta(seconds=seconds) for seconds in (35, 60, 95, 155, 300, 900, 3_600, 21_600, 86_400)
)
"""When silence is questioned, counted from dispatch. A prompt lives about 60 s (SPEC 7.3); 95 s
and 155 s make two class C answers 60 s apart and past the 90 s in which "0" comes early."""

QUERY_TRUSTED_AFTER: Final = timedelta(seconds=90)
"""STK Query is reported to say "0" while the PIN is still awaited (SPEC 8.3)."""

QUERY_TWICE_APART: Final = timedelta(seconds=60)

CONFIRM_LONGEST: Final = timedelta(days=3)
_CONFIRM_FIRST: Final = timedelta(seconds=1)
_PAUSE_LONGEST: Final = timedelta(hours=1)
_JITTER_PERCENT: Final = 10
_JITTER_LONGEST: Final = timedelta(minutes=1)
"""So that waiting, which ends after 15 minutes, ends within 16."""


def next_check(subject: str, dispatched_at: datetime, now: datetime) -> datetime | None:
    """The next time to ask about silence, or None when the schedule is over.

    The jitter (up to 10 % and a minute later, never earlier: 95 s must stay past the 90 s in
    which a query answers too soon) spreads a busy minute's attempts; it is derived from the id,
    so that the same attempt always has the same schedule.
    """
    for step, offset in enumerate(CHECK_OFFSETS):
        percent = zlib.crc32(f"{subject}/{step}".encode()) % (_JITTER_PERCENT + 1)
        due = dispatched_at + offset + min(offset * percent / 100, _JITTER_LONGEST)
        if due > now:
            return due
    return None


def confirm_again_at(claimed_at: datetime, now: datetime) -> datetime | None:
    """When to repeat the question while a customer waits: soon, then ever more slowly.

    None after three days: by then a person has it, and Safaricom's answer is in a statement.
    """
    if now - claimed_at > CONFIRM_LONGEST:
        return None
    pause = max(_CONFIRM_FIRST, min((now - claimed_at) / 2, _PAUSE_LONGEST))
    return now + pause
