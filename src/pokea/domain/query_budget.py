"""How often Safaricom is asked: a bucket of questions for each shortcode, and who comes first.

Safaricom's limits are unpublished, so the budget is a guess (a setting) that gives way: when it
says "too many", each question costs twice as much for a while. The bucket refills steadily;
what nobody waits for may only take what is left above a reserve. Amounts are thousandths of a
question. Source: STATE_MACHINES section 3.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from pokea.domain.attempt import Attempt, AttemptState

QUESTION: Final = 1_000
"""One question, in thousandths."""

_MINUTE: Final = timedelta(minutes=1)
_TICK: Final = timedelta.resolution
_COST_MAX: Final = 16 * QUESTION
RECOVERY: Final = timedelta(minutes=2)
"""After a refusal the pace stays halved for so long; then it is twice as fast again."""

SLOW_DOWN: Final = timedelta(seconds=5)
"""After "too many requests" without a time: nobody asks for a moment."""


class Urgency(Enum):
    """Who waits for the answer; the value is the part of the bucket that is not for them."""

    CUSTOMER = 0  # somebody stands at a till: the whole bucket
    DOUBT = 25  # an attempt in doubt; in hundredths
    SPARE = 50  # the second witness of what is settled already


def urgency_of(attempt: Attempt) -> Urgency:
    """Who waits for a question about this attempt."""
    if attempt.state is AttemptState.SUCCEEDED:
        return Urgency.SPARE
    return Urgency.DOUBT if attempt.claim is None else Urgency.CUSTOMER


@dataclass(frozen=True, slots=True)
class Bucket:
    """What is left, and when that was counted."""

    left: int
    counted_at: datetime


@dataclass(frozen=True, slots=True)
class Allowance:
    """Questions a minute. A third of them may come in one burst."""

    per_minute: int

    @property
    def capacity(self) -> int:
        """What a full bucket holds."""
        return max(2, self.per_minute // 3) * QUESTION

    def full(self, at: datetime) -> Bucket:
        """A bucket that nobody has used."""
        return Bucket(self.capacity, at)

    def refilled(self, bucket: Bucket, at: datetime) -> Bucket:
        """The bucket as it is by now; clocks of two machines may differ."""
        rate = self.per_minute * QUESTION
        # No longer than an empty bucket takes: months of quiet times a large rate overflow.
        fills_in = self.capacity * _MINUTE / rate + _TICK
        added = min(max(timedelta(), at - bucket.counted_at), fills_in) * rate // _MINUTE
        if bucket.left + added >= self.capacity:
            return Bucket(self.capacity, max(at, bucket.counted_at))
        # What was too little for a thousandth is counted the next time.
        return Bucket(bucket.left + added, bucket.counted_at + added * _MINUTE / rate)

    def taken(
        self, bucket: Bucket, urgency: Urgency, cost: int, at: datetime
    ) -> tuple[Bucket, timedelta]:
        """The bucket afterwards, and how long to wait: not at all when the question is had."""
        now = self.refilled(bucket, at)
        reserve = max(0, self.capacity - cost) * urgency.value // 100
        missing = min(cost, self.capacity) + reserve - now.left
        if missing <= 0:
            return replace(now, left=now.left - min(cost, self.capacity)), timedelta()
        return now, missing * _MINUTE / (self.per_minute * QUESTION)


@dataclass(frozen=True, slots=True)
class Pace:
    """What a question costs at the moment, and whether any may be asked at all."""

    cost: int = QUESTION
    since: datetime | None = None
    silent_until: datetime | None = None

    def slowed(self, at: datetime, retry_after: timedelta | None) -> "Pace":
        """Safaricom said "too many": half as fast from here on, and not at all for a moment.

        Questions that were on their way together are refused together; that counts once.
        """
        until = at + (retry_after or SLOW_DOWN)
        if self.silent_until is not None and at < self.silent_until:
            return replace(self, silent_until=max(until, self.silent_until))
        return Pace(cost=min(2 * self.at(at).cost, _COST_MAX), since=at, silent_until=until)

    def at(self, now: datetime) -> "Pace":
        """The pace as it is by now: each two minutes without a refusal double it again."""
        if self.since is None:
            return self
        steps = (now - self.since) // RECOVERY
        cost = self.cost >> max(0, steps)
        if cost <= QUESTION:
            return replace(self, cost=QUESTION, since=None)
        return replace(self, cost=cost, since=self.since + max(0, steps) * RECOVERY)
