"""Inquiries: questions that Safaricom answers later, by a callback on the question's own path.

The answer may come in a minute, be given up by a queue (which says nothing about the money), or
never come. Then we ask again, ever more slowly, and in the end a person is told that Safaricom
is silent. Asking changes nothing at Safaricom, except that a wrong password locks the
initiator: its refusals are never repeated by themselves. Source: STATE_MACHINES section 5.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from pokea.daraja.values import Receipt, Shortcode
from pokea.domain.ids import AccountId, AttemptId, InquiryId


class InquiryKind(StrEnum):
    """What is asked."""

    STATUS = "status"  # what became of the transaction with this receipt
    BALANCE = "balance"  # what the shortcode's accounts hold


class InquiryState(StrEnum):
    """Where a question stands."""

    ASKED = "asked"  # to be asked, or asked and waiting
    ANSWERED = "answered"
    REFUSED = "refused"  # Safaricom will not answer this; a person must change something
    SILENT = "silent"  # asked often enough; a late answer still counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is to be asked; an attempt is named when its second witness is wanted."""

    kind: InquiryKind
    about: Receipt | None = None
    attempt_id: AttemptId | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """Safaricom's two ids of one try."""

    conversation_id: str
    originator_conversation_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """One question. ``initiator`` is a keyed index of who asked, ``outcome`` what was said."""

    id: InquiryId
    kind: InquiryKind
    account_id: AccountId
    livemode: bool
    shortcode: Shortcode
    created_at: datetime
    about: Receipt | None = None
    attempt_id: AttemptId | None = None
    state: InquiryState = InquiryState.ASKED
    version: int = 1
    tries: int = 0
    conversations: tuple[Conversation, ...] = ()
    initiator: bytes | None = None
    outcome: str | None = None
    asked_at: datetime | None = None
    answered_at: datetime | None = None
    due_at: datetime | None = None


PAUSES: Final = {
    InquiryKind.STATUS: tuple(
        timedelta(seconds=seconds)
        for seconds in (30, 120, 300, 900, 3_600, 10_800, 43_200, 86_400)
    ),
    # The next balance is asked for in a quarter of an hour anyway.
    InquiryKind.BALANCE: (timedelta(seconds=30), timedelta(seconds=120)),
}
"""How long to wait before asking again, after the first try, the second, and so on."""

ANSWER_WITHIN: Final = timedelta(minutes=3)
"""Results take about 85 seconds when all is well (SPEC 10.8): silence is no answer before."""

ASKED_FOR: Final = timedelta(days=3)
"""By then the answer is in a statement, whatever kept the question from leaving."""

NOT_FOUND: Final = "not_found"
"""Safaricom does not know the receipt (yet)."""


def asking(inquiry: Inquiry, initiator: bytes, at: datetime) -> Inquiry:
    """About to be asked; due again when the answer should have come."""
    tries = inquiry.tries + 1
    wait = max(ANSWER_WITHIN, _pause(inquiry.kind, tries) or ANSWER_WITHIN)
    return replace(inquiry, tries=tries, initiator=initiator, asked_at=at, due_at=at + wait)


def is_spent(inquiry: Inquiry, at: datetime) -> bool:
    """Whether it has been asked, or has waited to be, often enough."""
    too_old = at - inquiry.created_at >= ASKED_FOR
    return too_old or inquiry.tries > len(PAUSES[inquiry.kind])


def fell_silent(inquiry: Inquiry) -> Inquiry:
    """Nobody asks any more; an answer that still comes counts."""
    return replace(inquiry, state=InquiryState.SILENT, due_at=None)


def acknowledged(inquiry: Inquiry, conversation: Conversation) -> Inquiry:
    """Safaricom took the question, under these ids; not an answer."""
    if conversation in inquiry.conversations:
        return inquiry
    return replace(inquiry, conversations=(*inquiry.conversations, conversation))


def put_off(inquiry: Inquiry, until: datetime) -> Inquiry:
    """The question never left, or came too soon: that was no try."""
    return replace(inquiry, tries=inquiry.tries - 1, due_at=until)


def given_up(inquiry: Inquiry, at: datetime) -> Inquiry:
    """A queue of Safaricom's gave up (QueueTimeOutURL): neither yes nor no. Ask again."""
    pause = _pause(inquiry.kind, inquiry.tries) or timedelta()
    return replace(inquiry, due_at=at + pause)


def unsettled(inquiry: Inquiry, outcome: str, at: datetime) -> Inquiry:
    """An answer that may change: still on its way, or not known yet. Ask again, or leave it."""
    pause = _pause(inquiry.kind, inquiry.tries)
    if pause is None:
        return answered(inquiry, outcome, at)
    return replace(inquiry, outcome=outcome, due_at=at + pause)


def answered(inquiry: Inquiry, outcome: str, at: datetime) -> Inquiry:
    """The last word."""
    return replace(
        inquiry,
        state=InquiryState.ANSWERED,
        outcome=outcome,
        answered_at=at,
        due_at=None,
    )


def refused(inquiry: Inquiry, outcome: str, at: datetime) -> Inquiry:
    """Safaricom will not answer, and the same question again would do harm or no good."""
    return replace(answered(inquiry, outcome, at), state=InquiryState.REFUSED)


def belongs(inquiry: Inquiry, conversation: Conversation) -> bool:
    """Whether a result is this question's: by the ids of a try, or of one without an answer.

    The result may be quicker than the acknowledgement, and the acknowledgement may be lost.
    """
    if conversation in inquiry.conversations:
        return True
    return len(inquiry.conversations) < inquiry.tries


def _pause(kind: InquiryKind, tries: int) -> timedelta | None:
    pauses = PAUSES[kind]
    return pauses[tries - 1] if 0 < tries <= len(pauses) else None
