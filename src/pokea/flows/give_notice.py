"""Who is to be told of what just happened, by SMS or e-mail: written with the event itself.

Called for every event that is published; with the plan's default, nobody, it costs nothing.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pokea.domain.attempt import Attempt
from pokea.domain.customer import Customer
from pokea.domain.event import Event
from pokea.domain.ids import AttemptId, CustomerId, NoticeId
from pokea.domain.language import Language
from pokea.domain.notice import (
    CALLBACK_DEAD,
    QUIET,
    Audience,
    Channel,
    Notice,
    Target,
    audience_of,
)
from pokea.flows.ports import Ids, Tx, Work, WorkKind

_EMAIL: Final = re.compile(r"[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9.\-]{1,180}\.[A-Za-z]{2,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """One thing for one reader."""

    about_id: str
    kind: str
    audience: Audience
    target: Target
    language: Language
    at: datetime


def give_notice(tx: Tx, ids: Ids, events: Sequence[Event]) -> None:
    """Write the notices of new events."""
    plan = tx.notices.plan
    if not plan.operators and not plan.customers:
        return
    by_audience: dict[Audience | None, list[Event]] = {}
    for event in events:
        by_audience.setdefault(audience_of(event.type), []).append(event)
    paid = by_audience.get(Audience.CUSTOMER, []) if plan.customers else []
    alarming = by_audience.get(Audience.OPERATORS, [])
    alerts = [
        _alert(tx, event.type.value, event.id, target, event.at)
        for event in alarming
        for target in plan.operators
    ]
    _schedule(tx, ids, [*_receipts(tx, paid), *alerts])


def give_alert_of_dead_callback(tx: Tx, ids: Ids, inbox_id: str, at: datetime) -> None:
    """Tell the operators of a callback that failed too often; the merchant has no event."""
    alerts = [
        _alert(tx, CALLBACK_DEAD, inbox_id, target, at) for target in tx.notices.plan.operators
    ]
    _schedule(tx, ids, alerts)


def _alert(tx: Tx, kind: str, about_id: str, target: Target, at: datetime) -> _Told:
    return _Told(
        about_id=about_id,
        kind=kind,
        audience=Audience.OPERATORS,
        target=target,
        language=tx.notices.plan.language,
        at=at,
    )


def _receipts(tx: Tx, paid: Sequence[Event]) -> Iterator[_Told]:
    """The receipts of paid payments, to the customers whose address is known."""
    shown = {event.id: _object(event) for event in paid}
    prompted = {named for one in shown.values() if (named := _attempt_id(one)) is not None}
    attempts = tx.attempts.latest(prompted) if prompted else {}
    for event in paid:
        payment = shown[event.id]
        attempt = attempts.get(_attempt_id(payment) or AttemptId(""))
        addresses = _addresses(payment, attempt, _customer(tx, payment))
        for channel, address in addresses.items():
            if address is not None and channel in tx.notices.plan.customers:
                yield _Told(
                    about_id=event.id,
                    kind=event.type.value,
                    audience=Audience.CUSTOMER,
                    target=Target(channel=channel, address=address),
                    language=_language(payment["metadata"], tx.notices.plan.language),
                    at=event.at,
                )


def _customer(tx: Tx, payment: Mapping[str, Any]) -> Customer | None:
    named = payment["customer"]
    return None if named is None else tx.customers.get(CustomerId(named))


def _addresses(
    payment: Mapping[str, Any], attempt: Attempt | None, customer: Customer | None
) -> dict[Channel, str | None]:
    """Where the payer is told: on the phone that was prompted, else on the customer's own."""
    known = None if customer is None else customer.phone
    phone = known if attempt is None else attempt.phone
    written = _email(payment["metadata"].get("email"))
    return {
        Channel.PHONE: None if phone is None else phone.digits,
        Channel.EMAIL: written or _email(None if customer is None else customer.email),
    }


def _schedule(tx: Tx, ids: Ids, told: Sequence[_Told]) -> None:
    if not told:
        return
    quiet_until: dict[tuple[str, Target], datetime] = {}
    by_time: dict[datetime, list[str]] = {}
    new: list[Notice] = []
    for one in told:
        due_at = one.at
        if one.audience is Audience.OPERATORS:
            alike = (one.kind, one.target)
            if alike not in quiet_until:
                begun = tx.notices.last_begun(*alike)
                quiet_until[alike] = one.at if begun is None else begun + QUIET
            due_at = max(one.at, quiet_until[alike])
        notice = Notice(
            id=NoticeId(ids.new("notice")),
            about_id=one.about_id,
            kind=one.kind,
            audience=one.audience,
            target=one.target,
            language=one.language,
            created_at=one.at,
            due_at=due_at,
        )
        new.append(notice)
        by_time.setdefault(due_at, []).append(notice.id)
    tx.notices.add(new)
    for due_at, named in by_time.items():
        tx.hand_over(Work(kind=WorkKind.NOTICE, ids=tuple(named), due_at=due_at))


def _object(event: Event) -> Mapping[str, Any]:
    return json.loads(event.body)["data"]["object"]


def _attempt_id(payment: Mapping[str, Any]) -> AttemptId | None:
    attempt = payment["latest_attempt"]
    return None if attempt is None else AttemptId(attempt["id"])


def _email(address: str | None) -> str | None:
    return address if address is not None and _EMAIL.fullmatch(address) else None


def _language(metadata: Mapping[str, str], otherwise: Language) -> Language:
    match metadata.get("language"):
        case "en":
            return "en"
        case "sw":
            return "sw"
        case _:
            return otherwise
