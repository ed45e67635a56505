"""A question is written down, to be asked at once: at most one that is open about the same.

What people want to know now is asked. What the gateway asks by itself waits when the same was
answered a while ago, and stops when the initiator is refused: its repeats would lock it.
"""

from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog

from pokea.daraja.results import CREDENTIAL_CODES
from pokea.daraja.values import Shortcode
from pokea.domain.ids import AccountId, InquiryId
from pokea.domain.inquiry import Inquiry, InquiryState, Question
from pokea.flows.deps import Deps
from pokea.flows.ports import Tx, Work, WorkKind

ENOUGH_FOR: Final = timedelta(hours=1)
"""An answer about a receipt is not asked for again so soon, unless a person wants it."""

LAST: Final = 2
"""A right password is refused by accident now and then; twice in a row it is wrong."""

_REFUSED: Final[AbstractSet[str]] = CREDENTIAL_CODES
_log = structlog.get_logger()


class Owner(Protocol):
    """Whose money it is about: an attempt, a receipt, or the shortcode itself."""

    @property
    def account_id(self) -> AccountId:
        """The merchant."""
        ...

    @property
    def livemode(self) -> bool:
        """Whether real money moves."""
        ...

    @property
    def shortcode(self) -> Shortcode:
        """Where it moves."""
        ...


def open_inquiry(
    tx: Tx, deps: Deps, owner: Owner, question: Question, *, by_hand: bool = False
) -> Inquiry | None:
    """The open question about this, a new one, or None when it is not to be asked now."""
    now = deps.clock.now()
    latest = tx.inquiries.latest(
        question.kind, owner.shortcode, question.about, livemode=owner.livemode
    )
    if latest is not None and latest.state is InquiryState.ASKED:
        return latest
    if not by_hand and (_asked_lately(latest, now) or is_halted(tx, deps, owner)):
        return None
    inquiry = Inquiry(
        id=InquiryId(deps.ids.new("inquiry")),
        kind=question.kind,
        account_id=owner.account_id,
        livemode=owner.livemode,
        shortcode=owner.shortcode,
        created_at=now,
        about=question.about,
        attempt_id=question.attempt_id,
        due_at=now,
    )
    tx.inquiries.add(inquiry)
    tx.hand_over(Work(kind=WorkKind.INQUIRY, ids=(inquiry.id,), due_at=now))
    return inquiry


def is_halted(tx: Tx, deps: Deps, owner: Owner) -> bool:
    """Whether the initiator was refused so often that asking again may lock it."""
    if deps.inquirer is None:
        return True
    outcomes = tx.inquiries.last_outcomes(
        owner.shortcode, deps.inquirer.mark, livemode=owner.livemode, limit=LAST
    )
    halted = len(outcomes) == LAST and _REFUSED.issuperset(outcomes)
    if halted:
        _log.error("inquiries.halted", shortcode=owner.shortcode.digits, codes=outcomes)
    return halted


def _asked_lately(latest: Inquiry | None, now: datetime) -> bool:
    about_money = latest is not None and latest.about is not None
    return latest is not None and about_money and now - latest.created_at < ENOUGH_FOR
