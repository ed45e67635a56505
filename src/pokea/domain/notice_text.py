"""What notices say, in English and Kiswahili: plain text that fits one SMS.

A text is made from the event's own JSON when it is sent, so nothing that a customer could be
known by is kept a second time. Alerts show phones as the API does: masked.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pokea.daraja.errors import InvalidValue
from pokea.daraja.values import Money
from pokea.domain.event import EventType
from pokea.domain.gsm7 import SMS_LENGTH, as_gsm7, septets
from pokea.domain.language import Language
from pokea.domain.notice import CALLBACK_DEAD, Audience, Channel, Notice

_DIGITS: Final = re.compile(r"\+?[0-9](?:[ .\-]?[0-9]){6,}")

_SHORTEST_NAME: Final = 8
"""Below that a shortened name is no name; the figures matter more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A subject for those who show one, and the text."""

    title: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What an event says that a notice may repeat."""

    subject: str
    livemode: bool = True
    amount: str | None = None
    received: str | None = None
    account: str | None = None
    receipt: str | None = None
    phone: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """One language."""

    receipt: str
    receipt_later: str
    receipt_title: str
    alerts: Mapping[str, str]
    any_alert: str
    more: str
    trial: str


_WORDS: Final[Mapping[Language, _Words]] = {
    "en": _Words(
        receipt="we have received {amount} for {account}. M-PESA receipt {receipt}. Thank you.",
        receipt_later="we have received {amount} for {account}. Your M-PESA message is your"
        " receipt. Thank you.",
        receipt_title="Receipt: {name}",
        alerts={
            EventType.PAYMENT_REQUIRES_REVIEW.value: "A payment needs your decision",
            EventType.PAYMENT_LATE_FUNDS.value: "Money came for a canceled payment",
            EventType.PAYMENT_DUPLICATE_FUNDS.value: "A customer paid twice",
            EventType.PAYMENT_REVERSED.value: "M-PESA gave a payment's money back",
            EventType.C2B_UNMATCHED.value: "Money came and nobody owns it",
            EventType.C2B_CONFLICT.value: "A receipt is told with two amounts",
            EventType.RECONCILIATION_DIFFERENCE.value: "M-PESA and the books disagree",
            EventType.SECURITY_CALLBACK_CONFLICT.value: "A callback contradicts a payment",
            EventType.SECURITY_CALLBACK_QUARANTINED.value: "A stranger knows a callback path",
            CALLBACK_DEAD: "A callback could not be applied",
        },
        any_alert="Look at {kind}",
        more="And {more} more like it.",
        trial="This is a test. Alerts will come here.",
    ),
    "sw": _Words(
        receipt="tumepokea {amount} kwa {account}. Risiti ya M-PESA {receipt}. Asante.",
        receipt_later="tumepokea {amount} kwa {account}. Ujumbe wako wa M-PESA ndio risiti."
        " Asante.",
        receipt_title="Risiti: {name}",
        alerts={
            EventType.PAYMENT_REQUIRES_REVIEW.value: "Malipo yanahitaji uamuzi wako",
            EventType.PAYMENT_LATE_FUNDS.value: "Pesa zimeingia kwa malipo yaliyofutwa",
            EventType.PAYMENT_DUPLICATE_FUNDS.value: "Mteja amelipa mara mbili",
            EventType.PAYMENT_REVERSED.value: "M-PESA imerudisha pesa za malipo",
            EventType.C2B_UNMATCHED.value: "Pesa zimeingia bila mwenyewe",
            EventType.C2B_CONFLICT.value: "Risiti moja ina viwango viwili",
            EventType.RECONCILIATION_DIFFERENCE.value: "M-PESA na vitabu havilingani",
            EventType.SECURITY_CALLBACK_CONFLICT.value: "Ujumbe unapinga malipo",
            EventType.SECURITY_CALLBACK_QUARANTINED.value: "Mgeni anajua anwani ya ujumbe",
            CALLBACK_DEAD: "Ujumbe wa M-PESA haukuweza kutumika",
        },
        any_alert="Angalia {kind}",
        more="Na {more} zaidi kama hii.",
        trial="Hili ni jaribio. Arifa zitakuja hapa.",
    ),
}


def facts_of(body: str) -> Facts:
    """What an event's JSON says; whatever kind of object it shows."""
    shown: Mapping[str, Any] = json.loads(body)["data"]["object"]
    return Facts(
        subject=str(shown.get("id", "")),
        livemode=bool(shown.get("livemode", True)),
        amount=_money(shown.get("amount")),
        received=_money(shown.get("amount_received")),
        account=_text(shown.get("account_reference")),
        receipt=_text(shown.get("receipt")),
        phone=_text(shown.get("phone")),
        reason=_text(shown.get("status_reason") or shown.get("reason")),
    )


def compose(notice: Notice, facts: Facts, *, merchant_name: str) -> Message:
    """The message of a notice."""
    words = _WORDS[notice.language]
    if notice.audience is Audience.CUSTOMER:
        name = " ".join(merchant_name.split())
        return _receipt(words, facts, name, channel=notice.target.channel)
    return _alert(words, notice, facts)


def trial_message(language: Language) -> Message:
    """What ``pokea notify test`` sends."""
    return Message(title="Pokea", body=f"Pokea: {_WORDS[language].trial}")


def _receipt(words: _Words, facts: Facts, name: str, *, channel: Channel) -> Message:
    said = words.receipt if facts.receipt else words.receipt_later
    text = said.format(amount=facts.received, account=facts.account, receipt=facts.receipt)
    title = words.receipt_title.format(name=name)
    if channel is Channel.EMAIL:
        return Message(title=_mark(facts, title), body=_mark(facts, _signed(name, text)))
    text = _signed(_fitting(as_gsm7(name), beside=_mark(facts, text)), text)
    return Message(title=title, body=_mark(facts, text))


def _alert(words: _Words, notice: Notice, facts: Facts) -> Message:
    said = words.alerts.get(notice.kind) or words.any_alert.format(kind=notice.kind)
    more = words.more.format(more=notice.more) if notice.more else ""
    # In the order in which they are left out when there is no room: the last one first.
    details = [facts.amount, facts.receipt, facts.reason, facts.phone, facts.account]
    known = [_masked(as_gsm7(detail)) for detail in details if detail]
    while True:
        body = _mark(facts, f"Pokea: {said}. {_listed([facts.subject, *known])} {more}".strip())
        if septets(body) <= SMS_LENGTH or not known:
            return Message(title=_mark(facts, f"Pokea: {said}"), body=body)
        known.pop()


def _masked(text: str) -> str:
    """Payers type their phone as the account, in any spelling; seven digits may be one."""
    return _DIGITS.sub(lambda found: f"{found[0][:2]}*****{found[0][-3:]}", text)


def _listed(details: Iterable[str]) -> str:
    return ", ".join(details) + "."


def _signed(name: str, text: str) -> str:
    return f"{name}: {text}" if name else text[0].upper() + text[1:]


def _fitting(name: str, *, beside: str) -> str:
    """A name, or as much of it as one SMS has room for."""
    room = SMS_LENGTH - septets(beside) - len(": ")
    if septets(name) <= room:
        return name
    while name and septets(name) > room - 1:
        name = name[:-1]
    return f"{name.rstrip()}." if len(name) >= _SHORTEST_NAME else ""


def _mark(facts: Facts, text: str) -> str:
    """Nobody may take an exercise for money."""
    return text if facts.livemode else f"TEST {text}"


def _money(amount: object) -> str | None:
    """The API's ``1500.00`` as a person reads it."""
    if not isinstance(amount, str):
        return None
    try:
        cents = Money.parse(amount).in_cents
    except InvalidValue:
        return None
    return f"KES {cents // 100:,}.{cents % 100:02}"


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
