"""Safaricom asks before a customer pays by hand: answered within a second, whatever happens.

First what the gateway knows itself, then the merchant's hook, each with its own share of the
time; whoever is late is not waited for, and then the merchant's stated default is the answer.
The database is only read; the answer is written down afterwards.
Source: STATE_MACHINES section 1.
"""

import asyncio
from dataclasses import dataclass
from typing import Final

import structlog
from prometheus_client import Counter, Histogram

from pokea.daraja.callbacks import C2bValidation, decode
from pokea.daraja.errors import MalformedCallback
from pokea.daraja.values import HashedMsisdn, Payer
from pokea.domain.capability import subject_of
from pokea.domain.event import rfc3339
from pokea.domain.ids import ShortcodeId, ValidationId, ulid_text
from pokea.domain.inbox import VALIDATION
from pokea.domain.matching import spelled
from pokea.domain.receipt import Collector
from pokea.domain.validation import (
    Asked,
    KnownAccount,
    Ruling,
    Validation,
    ValidationRules,
    by_default,
    read_answer,
    rule_here,
    rule_on_unknown,
)
from pokea.flows.deps import Deps
from pokea.flows.errors import Unavailable
from pokea.flows.ports import HookFailed, Tx, ValidationHook
from pokea.flows.validation_log import ValidationLog

WITHIN_S: Final = 0.95
"""Safaricom waits about 8 s (SPEC 9), but a customer is standing at a counter."""

ANSWERS: Final = Counter(
    "pokea_validations_total", "Validations by answer and reason", ["answer", "by", "because"]
)
SECONDS: Final = Histogram(
    "pokea_validation_seconds",
    "From the last byte of a validation to its answer",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1, 2),
)

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class HookTerms:
    """The merchant's hook, how long it may take, and the answer for when nobody can say."""

    hook: ValidationHook | None = None
    timeout_s: float = 0.7
    accept_by_default: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """A question as it came, while it is being answered."""

    id: ValidationId
    paying: C2bValidation
    asked: Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looked:
    """What the gateway itself knows about a question; no ruling where that is nothing."""

    collector: Collector
    known: KnownAccount
    ruling: Ruling | None


class Validator:
    """Answers validations; one per process, running inside its event loop."""

    def __init__(self, deps: Deps, rules: ValidationRules, terms: HookTerms) -> None:
        self._deps = deps
        self._rules = rules
        self._terms = terms
        self._log = ValidationLog(deps)

    def subject(self, path: str) -> ShortcodeId | None:
        """The shortcode that a path names, or None when the path was never ours."""
        raw = subject_of(path, purpose=VALIDATION, keys=self._deps.path_keys)
        return None if raw is None else ShortcodeId(f"sc_{ulid_text(raw)}")

    async def answer(self, subject: ShortcodeId, body: bytes, *, ip_listed: bool) -> Ruling:
        """What to tell Safaricom, in less than a second."""
        begun = _now_s()
        question_id = ValidationId(self._deps.ids.new("validation"))
        looked = None
        if not ip_listed:
            # A stranger who has the path must not learn from us which accounts there are.
            ruling = self.by_default("address_not_listed")
        elif (question := _read(question_id, body)) is None:
            ruling = self.by_default("malformed")
        else:
            looked, ruling = await self._decide(subject, question, begun)
        elapsed_s = _now_s() - begun
        _count(ruling, elapsed_s)
        if ip_listed:
            self._log.keep(
                Validation(
                    id=question_id,
                    shortcode_id=subject,
                    account_id=None if looked is None else looked.collector.account_id,
                    body=body,
                    ruling=ruling,
                    elapsed_ms=round(elapsed_s * 1000),
                    at=self._deps.clock.now(),
                )
            )
        return ruling

    def by_default(self, because: str) -> Ruling:
        """The merchant's stated answer for when nobody can say."""
        return by_default(because, accept=self._terms.accept_by_default)

    async def close(self) -> None:
        """Finish the log, and let the hook go."""
        await self._log.close()
        if self._terms.hook is not None:
            await self._terms.hook.close()

    async def _decide(
        self, subject: ShortcodeId, question: _Question, begun: float
    ) -> tuple[_Looked | None, Ruling]:
        hook, timeout_s = self._terms.hook, self._terms.timeout_s
        within_s = WITHIN_S if hook is None else WITHIN_S - timeout_s
        looked = await self._look(subject, question.asked, within_s)
        ruling = None if looked is None else looked.ruling
        if ruling is not None and not ruling.accepted:
            return looked, ruling
        if hook is not None:
            left_s = min(timeout_s, begun + WITHIN_S - _now_s())
            return looked, await self._ask(hook, question, looked, left_s)
        if looked is None:
            return None, self.by_default("database")
        return looked, ruling or rule_on_unknown(self._rules)

    async def _look(
        self, subject: ShortcodeId, asked: Asked, within_s: float
    ) -> _Looked | None:
        """What is known here, or None when it could not be looked up in time."""
        try:
            async with asyncio.timeout(within_s):
                return await self._deps.db.read(lambda tx: self._looked(tx, subject, asked))
        except (TimeoutError, Unavailable):
            _log.warning("validation.not_looked_up", waited_s=round(within_s, 2))
            return None

    def _looked(self, tx: Tx, subject: ShortcodeId, asked: Asked) -> _Looked | None:
        collector = tx.shortcodes.get(subject)
        if collector is None:
            return None
        owner, livemode = collector.account_id, collector.livemode
        key = spelled(asked.account, self._deps.account_pattern)
        known = KnownAccount()
        if key:
            customer = tx.customers.numbered(owner, livemode=livemode, keys=[key]).get(key)
            known = KnownAccount(
                payments=tx.payments.called(owner, [key], livemode=livemode).get(key, ()),
                customer_id=None if customer is None else customer.id,
            )
        ruling = rule_here(asked, collector, known, self._rules)
        return _Looked(collector=collector, known=known, ruling=ruling)

    async def _ask(
        self, hook: ValidationHook, question: _Question, looked: _Looked | None, left_s: float
    ) -> Ruling:
        try:
            async with asyncio.timeout(left_s):
                said = await hook.ask(question.id, self._words(question, looked))
        except TimeoutError:
            return self.by_default("hook_late")
        except HookFailed as failure:
            _log.warning("validation.hook_failed", why=str(failure))
            return self.by_default("hook_failed")
        ruling = read_answer(said)
        if ruling is None:
            _log.warning("validation.hook_unclear", answered=type(said).__name__)
            return self.by_default("hook_unclear")
        return ruling

    def _words(self, question: _Question, looked: _Looked | None) -> dict[str, object]:
        """The question as the merchant's hook reads it. No phone number leaves the gateway."""
        paying, asked = question.paying, question.asked
        payments = () if looked is None else looked.known.payments
        owner = None if looked is None else looked.collector.account_id
        phones = self._deps.phones
        return {
            "type": "c2b.validation",
            "id": question.id,
            "timestamp": rfc3339(self._deps.clock.now()),
            "livemode": None if looked is None else looked.collector.livemode,
            "shortcode": None if asked.shortcode is None else asked.shortcode.digits,
            "account": asked.account,
            "amount": str(asked.amount),
            "currency": "KES",
            "receipt": paying.transaction_id,
            "phone": _masked(paying.payer),
            "phone_token": None if owner is None else phones.payer_token(owner, paying.payer),
            "payments": [payment.id for payment in payments],
            "customer": None if looked is None else looked.known.customer_id,
        }


def _now_s() -> float:
    return asyncio.get_running_loop().time()


def _read(question_id: ValidationId, body: bytes) -> _Question | None:
    try:
        paying = decode("c2b_validation", body)
    except MalformedCallback:
        return None
    if not isinstance(paying, C2bValidation) or paying.amount is None:
        return None
    asked = Asked(account=paying.account, amount=paying.amount, shortcode=paying.shortcode)
    return _Question(id=question_id, paying=paying, asked=asked)


def _masked(payer: Payer | None) -> str | None:
    return None if payer is None or isinstance(payer, HashedMsisdn) else payer.masked


def _count(ruling: Ruling, elapsed_s: float) -> None:
    answer = "accepted" if ruling.refused_for is None else f"refused_{ruling.refused_for}"
    ANSWERS.labels(answer, ruling.by.value, ruling.because).inc()
    SECONDS.observe(elapsed_s)
