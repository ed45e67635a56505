"""``pokea notify``: whether the addresses of the settings work, and what became of notices."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass

from pokea.daraja.errors import InvalidValue
from pokea.daraja.values import Msisdn
from pokea.domain.event import rfc3339
from pokea.domain.notice import (
    Channel,
    Notice,
    NoticePlan,
    NoticeState,
    NotTaken,
    SendOutcome,
    Taken,
    Target,
    Unclear,
)
from pokea.domain.notice_text import trial_message
from pokea.settings import BadSettings, Settings
from pokea.store.database import reading
from pokea.store.key_ring import sealer_of
from pokea.store.notices import SqlNotices
from pokea.wiring import Carrier, open_notifier
from pokea.wiring.opening import open_tools


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one test message; the address itself is a secret."""

    to: str
    taken: bool
    told: str


def test(settings: Settings, *, phone: str | None, email: str | None) -> list[Result]:
    """Send a test message to each operator, or to one customer.

    Raises:
        BadSettings: nobody is set, or an address cannot work.
    """
    carrier = open_notifier(settings)
    targets = _targets(carrier, phone=phone, email=email)
    message = trial_message(settings.pokea_notify_language)

    async def send() -> list[SendOutcome]:
        return await asyncio.gather(
            *(carrier.send(target, message) for target in targets.values())
        )

    try:
        outcomes = asyncio.run(send())
    finally:
        carrier.close()
    return [_result(to, outcome) for to, outcome in zip(targets, outcomes, strict=True)]


def as_text(results: Sequence[Result], *, as_json: bool) -> str:
    """The results, a line each, or as one JSON object."""
    if as_json:
        told = [{"to": one.to, "taken": one.taken, "told": one.told} for one in results]
        return json.dumps({"results": told})
    return "\n".join(f"{one.to}: {one.told}" for one in results)


def recent(settings: Settings, *, state: NoticeState | None, limit: int) -> list[Notice]:
    """The newest notices, also while a gateway is running.

    Raises:
        BadSettings: there is no database, or it is another version's.
    """
    database = open_tools(settings)
    try:
        sealer = sealer_of(settings, database.engine)
        with reading(database.engine) as connection:
            return SqlNotices(connection, sealer, NoticePlan()).page(state=state, limit=limit)
    finally:
        database.close()


def notices_as_text(notices: Sequence[Notice], *, as_json: bool) -> str:
    """Notices, a line each, or as one JSON object; customers are masked."""
    shown = [_shown(notice) for notice in notices]
    if as_json:
        return json.dumps({"notices": shown})
    return "\n".join(
        "  ".join(text for text in one.values() if text is not None) for one in shown
    )


def _shown(notice: Notice) -> dict[str, str | None]:
    return {
        "id": notice.id,
        "created_at": rfc3339(notice.created_at),
        "state": notice.state.value,
        "to": f"{notice.audience.value} {_masked(notice.target)}",
        "kind": notice.kind,
        "about": notice.about_id,
        "tries": str(notice.tries),
        "why": notice.last_error,
    }


def _masked(target: Target) -> str:
    match target.channel:
        case Channel.PHONE:
            return Msisdn(target.address).masked
        case Channel.EMAIL:
            name, _, server = target.address.partition("@")
            return f"{name[:1]}*****@{server}"
        case Channel.OPERATOR:
            return target.address


def _targets(carrier: Carrier, *, phone: str | None, email: str | None) -> dict[str, Target]:
    if phone is None and email is None:
        if not carrier.operators:
            raise BadSettings("POKEA_NOTIFY_OPERATORS is not set, so alerts go to nobody.")
        return {
            f"operator {number}": target
            for number, target in enumerate(carrier.operators, start=1)
        }
    targets: dict[str, Target] = {}
    if phone is not None:
        targets["phone"] = _customer(carrier, Channel.PHONE, _digits(phone))
    if email is not None:
        targets["email"] = _customer(carrier, Channel.EMAIL, email)
    return targets


def _customer(carrier: Carrier, channel: Channel, address: str) -> Target:
    if channel not in carrier.customers:
        raise BadSettings(
            f"POKEA_NOTIFY_CUSTOMERS has no URL with {{{channel.value}}}, so receipts are not"
            " sent that way."
        )
    return Target(channel=channel, address=address)


def _digits(phone: str) -> str:
    try:
        return Msisdn.parse(phone).digits
    except InvalidValue as problem:
        raise BadSettings(f"--phone {problem.reason}") from None


def _result(to: str, outcome: SendOutcome) -> Result:
    match outcome:
        case Taken():
            return Result(to=to, taken=True, told="sent")
        case NotTaken(why=why):
            return Result(to=to, taken=False, told=f"not sent: {why}")
        case Unclear(why=why):
            return Result(to=to, taken=False, told=f"it may have been sent: {why}")
