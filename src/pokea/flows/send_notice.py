"""Tell a person: one try of one notice.

That it is being sent is committed before the service is called. Who comes after a process that
died meanwhile cannot know whether the message went out: a customer's is then left ``unsure``.
"""

from dataclasses import replace
from typing import Final

import structlog
from prometheus_client import Counter

from pokea.domain.ids import EventId, NoticeId
from pokea.domain.notice import (
    QUIET,
    Audience,
    Notice,
    NoticeState,
    Unclear,
    after_sending,
    begun,
)
from pokea.domain.notice_text import Facts, Message, compose, facts_of
from pokea.flows.deps import Deps
from pokea.flows.ports import Tx, Work, WorkKind

DIED: Final = "the process ended while it was being sent"

NOTICES: Final = Counter(
    "pokea_notices_total", "Tries of notices by what became of them", ["audience", "state"]
)
_log = structlog.get_logger()


async def send_notice(deps: Deps, notice_id: NoticeId) -> None:
    """Send a notice that is due, if it is its turn."""
    started = await deps.db.write(lambda tx: _begin(tx, deps, notice_id))
    if started is None:
        return
    notice, message = started
    outcome = await deps.notifier.send(notice.target, message)
    now = deps.clock.now()
    await deps.db.write(lambda tx: _write(tx, after_sending(notice, outcome, now)))


def _begin(tx: Tx, deps: Deps, notice_id: NoticeId) -> tuple[Notice, Message] | None:
    now = deps.clock.now()
    notice = tx.notices.get(notice_id)
    if notice is None or notice.due_at is None or notice.due_at > now:
        return None
    if notice.state is NoticeState.SENDING:
        _write(tx, after_sending(notice, Unclear(why=DIED), now))
        return None
    more = 0
    if notice.state is NoticeState.SCHEDULED and notice.audience is Audience.OPERATORS:
        before = tx.notices.last_begun(notice.kind, notice.target)
        if before is not None and before + QUIET > now:
            _write(tx, replace(notice, due_at=before + QUIET))
            return None
        more = tx.notices.fold_into(notice, now)
    started = begun(notice, more=more, now=now)
    tx.notices.save(started)
    return replace(started, version=started.version + 1), _message(tx, started)


def _message(tx: Tx, notice: Notice) -> Message:
    plan = tx.notices.plan
    event = tx.events.get(EventId(notice.about_id))
    if event is None:
        facts = Facts(subject=notice.about_id, livemode=plan.livemode)
    else:
        facts = facts_of(event.body)
    return compose(notice, facts, merchant_name=plan.merchant_name)


def _write(tx: Tx, notice: Notice) -> None:
    tx.notices.save(notice)
    if notice.due_at is not None:
        tx.hand_over(Work(kind=WorkKind.NOTICE, ids=(notice.id,), due_at=notice.due_at))
    if notice.state is NoticeState.SCHEDULED:
        return
    NOTICES.labels(notice.audience.value, notice.state.value).inc()
    if notice.state in {NoticeState.UNSURE, NoticeState.FAILED}:
        _log.warning(
            f"notice.{notice.state.value}",
            notice=notice.id,
            about=notice.about_id,
            audience=notice.audience.value,
            tries=notice.tries,
            why=notice.last_error,
        )
