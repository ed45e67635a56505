"""Notices: a receipt to a customer or an alert to the operators, by SMS or e-mail.

A message costs money and annoys when it comes twice, and the services that carry it have no
idempotency keys. So a customer's receipt is sent *at most once*: when nobody can say whether it
went out, it is ``unsure`` and stays so. An alert that comes twice is better than none.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, assert_never

from pokea.domain.event import EventType
from pokea.domain.ids import NoticeId
from pokea.domain.language import Language


class Audience(StrEnum):
    """Who reads a notice."""

    CUSTOMER = "customer"
    OPERATORS = "operators"


class Channel(StrEnum):
    """By what a reader is reached."""

    PHONE = "phone"  # the digits of a phone
    EMAIL = "email"  # an e-mail address
    OPERATOR = "operator"  # the name of a URL in the settings, which stays there


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One reader. For customers it is as secret as a phone."""

    channel: Channel
    address: str

    @property
    def text(self) -> str:
        """Both as one text."""
        return f"{self.channel.value}:{self.address}"

    @classmethod
    def of_text(cls, text: str) -> "Target":
        """The inverse of :attr:`text`."""
        channel, _, address = text.partition(":")
        return cls(channel=Channel(channel), address=address)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticePlan:
    """Who is told, in which language, and in whose name; by default nobody."""

    operators: tuple[Target, ...] = ()
    customers: frozenset[Channel] = frozenset()
    language: Language = "en"
    merchant_name: str = ""
    livemode: bool = True


class NoticeState(StrEnum):
    """Where a notice stands."""

    SCHEDULED = "scheduled"
    SENDING = "sending"  # it may be on the wire; ``due_at`` is when we stop believing so
    RETRYING = "retrying"  # it was not taken, and will be tried again
    SENT = "sent"  # the service took it
    UNSURE = "unsure"  # it may have gone out; never sent again
    FAILED = "failed"  # it was never taken
    FOLDED = "folded"  # counted in another alert of the same kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One message to one reader about one thing: an event, or a callback that is stuck."""

    id: NoticeId
    about_id: str
    kind: str
    audience: Audience
    target: Target
    language: Language
    created_at: datetime
    due_at: datetime | None
    state: NoticeState = NoticeState.SCHEDULED
    version: int = 1
    tries: int = 0
    more: int = 0
    folded_into: NoticeId | None = None
    last_error: str | None = None
    began_at: datetime | None = None
    ended_at: datetime | None = None


CALLBACK_DEAD: Final = "callback.dead"
"""The kind of an alert about a callback that failed ten times; no merchant's event."""

PAUSES: Final = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
)
"""After each try that was clearly not taken: six tries in 7 h 12 m 30 s."""

SEND_LEASE: Final = timedelta(seconds=60)
"""A send may take 20 s; a process silent for a minute is dead."""

QUIET: Final = timedelta(minutes=10)
"""Between two alerts of one kind to one reader; what happens meanwhile is counted."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The service took the message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotTaken:
    """It clearly did not: nothing was sent, or the answer is a refusal."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclear:
    """The message may have gone out."""

    why: str


SendOutcome = Taken | NotTaken | Unclear


def audience_of(kind: EventType) -> Audience | None:
    """Who is told of an event by SMS or e-mail; most are the merchant's program's affair."""
    match kind:
        case EventType.PAYMENT_SUCCEEDED:
            return Audience.CUSTOMER
        case (
            EventType.PAYMENT_REQUIRES_REVIEW
            | EventType.PAYMENT_LATE_FUNDS
            | EventType.PAYMENT_DUPLICATE_FUNDS
            | EventType.PAYMENT_REVERSED
            | EventType.C2B_UNMATCHED
            | EventType.C2B_CONFLICT
            | EventType.SECURITY_CALLBACK_CONFLICT
            | EventType.SECURITY_CALLBACK_QUARANTINED
            | EventType.RECONCILIATION_DIFFERENCE
        ):
            return Audience.OPERATORS
        case (
            EventType.PAYMENT_CREATED
            | EventType.PAYMENT_PROCESSING
            | EventType.PAYMENT_ATTEMPT_FAILED
            | EventType.PAYMENT_EXPIRED
            | EventType.PAYMENT_CANCELED
            | EventType.PAYMENT_PARTIALLY_PAID
            | EventType.C2B_RECEIVED
            | EventType.C2B_MATCHED
            | EventType.C2B_VERIFIED
            | EventType.C2B_RECOVERED
            | EventType.C2B_REVERSED
            | EventType.RECONCILIATION_COMPLETED
        ):
            return None
        case _:
            assert_never(kind)


def begun(notice: Notice, *, more: int, now: datetime) -> Notice:
    """A notice that is about to be sent, to be committed before the service is called."""
    return replace(
        notice,
        state=NoticeState.SENDING,
        tries=notice.tries + 1,
        more=notice.more + more,
        began_at=now,
        due_at=now + SEND_LEASE,
    )


def after_sending(notice: Notice, outcome: SendOutcome, now: datetime) -> Notice:
    """A notice after the service's answer, or without one."""
    match outcome:
        case Taken():
            return replace(
                notice, state=NoticeState.SENT, due_at=None, ended_at=now, last_error=None
            )
        case NotTaken(why=why):
            return _try_again(notice, why, otherwise=NoticeState.FAILED, now=now)
        case Unclear(why=why):
            if notice.audience is Audience.CUSTOMER:
                return _end(notice, NoticeState.UNSURE, why, now)
            return _try_again(notice, why, otherwise=NoticeState.UNSURE, now=now)
        case _:
            assert_never(outcome)


def _try_again(notice: Notice, why: str, *, otherwise: NoticeState, now: datetime) -> Notice:
    if notice.tries > len(PAUSES):
        return _end(notice, otherwise, why, now)
    due_at = now + PAUSES[notice.tries - 1]
    return replace(notice, state=NoticeState.RETRYING, due_at=due_at, last_error=why)


def _end(notice: Notice, state: NoticeState, why: str, now: datetime) -> Notice:
    return replace(notice, state=state, due_at=None, ended_at=now, last_error=why)
