"""A Safaricom and merchants that do what a test wrote down, and a clock that a test moves."""

import asyncio
import itertools
import threading
from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, TypeVar

from harness.examples import NOW
from pokea.daraja.values import Shortcode
from pokea.domain.attempt import Attempt
from pokea.domain.delivery import Endpoint, SendResult
from pokea.domain.event import Event
from pokea.domain.ids import PREFIXES, ulid_text
from pokea.domain.inbox import ReceivedCallback
from pokea.domain.inquiry import Conversation, Inquiry
from pokea.domain.notice import SendOutcome, Taken, Target
from pokea.domain.notice_text import Message
from pokea.domain.query_budget import Urgency
from pokea.domain.receipt import MoneyHeard
from pokea.flows.errors import Unavailable
from pokea.flows.ports import (
    Accepted,
    Answer,
    Asked,
    AskOutcome,
    Database,
    Pulled,
    PullOutcome,
    PushOutcome,
    QueryOutcome,
    SaysNothing,
    Tx,
)

Result = TypeVar("Result")

_in_transaction: ContextVar[bool] = ContextVar("in_transaction", default=False)
PAGE: Final = 100
"""Rows of a page of Pull (SPEC 10.13)."""
_TRANSACTION_THREADS: Final = ("write", "read")


class CalledInsideATransaction(AssertionError):
    """The network was used while a transaction was open: a lock would wait for Safaricom."""


@dataclass
class StageClock:
    """Time stands still until a test moves it."""

    at: datetime = NOW

    def now(self) -> datetime:
        """The present instant of the stage."""
        return self.at

    def advance(self, by: timedelta) -> None:
        """Move on."""
        self.at += by


class StageIds:
    """Ids of the stage's own time, in order; the same in every run."""

    def __init__(self, clock: StageClock) -> None:
        self._clock = clock
        self._next = itertools.count(1)

    def new(self, thing: str) -> str:
        """The next id."""
        milliseconds = int(self._clock.at.timestamp() * 1000)
        number = milliseconds.to_bytes(6, "big") + next(self._next).to_bytes(10, "big")
        return f"{PREFIXES[thing]}_{ulid_text(number)}"


class WatchedDatabase:
    """A database that knows, for each flow, whether it has a transaction open.

    While it ``is_away`` it takes no writes; while it ``hangs`` it does not even say so; what is
    ``is_broken`` is our own code.
    """

    def __init__(self, inner: Database) -> None:
        self._inner = inner
        self.is_away = False
        self.hangs = False
        self.is_broken = False
        self.asked = 0

    async def write(self, work: Callable[[Tx], Result]) -> Result:
        """Run work in one transaction, watched."""
        self.asked += 1
        if self.hangs:
            await asyncio.Event().wait()
        if self.is_away:
            raise Unavailable
        if self.is_broken:
            raise RuntimeError("a bug")
        opened = _in_transaction.set(True)
        try:
            return await self._inner.write(work)
        finally:
            _in_transaction.reset(opened)

    async def read(self, work: Callable[[Tx], Result]) -> Result:
        """Read, watched."""
        if self.is_broken:
            raise RuntimeError("a bug")
        opened = _in_transaction.set(True)
        try:
            return await self._inner.read(work)
        finally:
            _in_transaction.reset(opened)


@dataclass
class RamSpool:
    """A disk in memory; a full one takes nothing."""

    kept: list[ReceivedCallback] = field(default_factory=list[ReceivedCallback])
    is_full: bool = False
    taken: int = 0
    refused: int = 0

    async def keep(self, callbacks: Sequence[ReceivedCallback]) -> None:
        """Keep callbacks."""
        if self.is_full:
            raise Unavailable
        self.kept += callbacks

    async def oldest(self, limit: int) -> Sequence[ReceivedCallback]:
        """The oldest ones, which stay."""
        self.taken = min(limit, len(self.kept))
        return self.kept[:limit]

    async def forget(self, *, refused: int) -> None:
        """Forget the oldest ones."""
        del self.kept[: self.taken]
        self.refused += refused


class Died(BaseException):
    """The process was killed here; no handler of the gateway's may catch it."""


@dataclass
class FakeProvider:
    """Answers pushes and queries from two lists; without a list, accepts and knows nothing.

    An exception in a list is raised, as a dead process would leave the call.
    """

    pushes: list[PushOutcome | BaseException] = field(
        default_factory=list[PushOutcome | BaseException]
    )
    queries: list[QueryOutcome] = field(default_factory=list[QueryOutcome])
    otherwise: QueryOutcome = field(default_factory=lambda: SaysNothing(reachable=True))
    pushed: list[tuple[Attempt, str, str]] = field(
        default_factory=list[tuple[Attempt, str, str]]
    )
    answers: Callable[[Attempt], QueryOutcome] | None = None
    asked: list[str] = field(default_factory=list[str])
    during_push: Callable[[Attempt], None] | None = None
    before_answer: Callable[[Attempt], Awaitable[None]] | None = None

    async def push(
        self, attempt: Attempt, *, callback_path: str, description: str
    ) -> tuple[PushOutcome, Answer]:
        """Prompt the customer's phone, as scripted."""
        _check_outside()
        self.pushed.append((attempt, callback_path, description))
        number = len(self.pushed)
        if self.during_push is not None:
            self.during_push(attempt)
        if self.before_answer is not None:
            await self.before_answer(attempt)
        accepted = Accepted(
            checkout_request_id=f"ws_CO_15012026123000{number:012d}",
            merchant_request_id=f"29115-34620561-{number}",
        )
        outcome = self.pushes.pop(0) if self.pushes else accepted
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome, _answer(outcome)

    async def query(self, attempt: Attempt) -> tuple[QueryOutcome, Answer]:
        """Say what became of a prompt, as scripted."""
        _check_outside()
        self.asked.append(attempt.id)
        if self.answers is not None:
            outcome = self.answers(attempt)
        else:
            outcome = self.queries.pop(0) if self.queries else self.otherwise
        return outcome, _answer(outcome)


@dataclass
class FakeInquirer:
    """Takes every question, under ids that count; what is written down happens instead."""

    outcomes: list[AskOutcome] = field(default_factory=list[AskOutcome])
    asked: list[tuple[Inquiry, str, str]] = field(
        default_factory=list[tuple[Inquiry, str, str]]
    )
    before_answer: Callable[[Inquiry], Awaitable[None]] | None = None
    mark: bytes = b"initiator-mark.."

    async def ask(
        self, inquiry: Inquiry, *, result_path: str, timeout_path: str
    ) -> tuple[AskOutcome, Answer]:
        """Ask, as scripted."""
        _check_outside()
        self.asked.append((inquiry, result_path, timeout_path))
        if self.before_answer is not None:
            await self.before_answer(inquiry)
        outcome = self.outcomes.pop(0) if self.outcomes else Asked(self.conversation())
        return outcome, _answer(outcome)

    def conversation(self, number: int | None = None) -> Conversation:
        """The ids of a question; of the last one unless told."""
        asked = len(self.asked) if number is None else number
        return Conversation(f"AG_20260115_{asked:020d}", f"feb5-4a6d-{asked}")


@dataclass
class FakePuller:
    """Safaricom's list of what was paid, a hundred rows a page; or what is written down."""

    rows: list[MoneyHeard] = field(default_factory=list[MoneyHeard])
    outcomes: list[PullOutcome] = field(default_factory=list[PullOutcome])
    strange: tuple[str, ...] = ()
    pulled: list[int] = field(default_factory=list[int])
    before_page: Callable[[int], None] | None = None

    async def pull(
        self, shortcode: Shortcode, *, starts: datetime, ends: datetime, offset: int
    ) -> tuple[PullOutcome, Answer]:
        """One page."""
        _check_outside()
        del shortcode
        self.pulled.append(offset)
        if self.before_page is not None:
            self.before_page(offset)
        if self.outcomes:
            return (outcome := self.outcomes.pop(0)), _answer(outcome)
        within = [row for row in self.rows if starts <= row.paid_at <= ends]
        strange = self.strange if offset == 0 else ()
        first = max(0, offset - len(self.strange))
        size = PAGE - len(strange)
        page = Pulled(heard=tuple(within[first : first + size]), strange=strange)
        return page, _answer(page)


@dataclass
class Asks:
    """Who may ask what is answered later, and read Safaricom's list."""

    inquirer: FakeInquirer = field(default_factory=FakeInquirer)
    puller: FakePuller = field(default_factory=FakePuller)


@dataclass
class FakeSender:
    """Merchants' servers: what they answer, and what they were sent."""

    answers: list[SendResult | BaseException] = field(
        default_factory=list[SendResult | BaseException]
    )
    otherwise: SendResult = field(default_factory=lambda: SendResult(status=200))
    sent: list[tuple[Endpoint, Event, int]] = field(
        default_factory=list[tuple[Endpoint, Event, int]]
    )

    async def send(self, endpoint: Endpoint, event: Event, *, tries: int) -> SendResult:
        """One try, answered as scripted."""
        _check_outside()
        self.sent.append((endpoint, event, tries))
        answer = self.answers.pop(0) if self.answers else self.otherwise
        if isinstance(answer, BaseException):
            raise answer
        return answer


@dataclass
class FakeNotifier:
    """People's phones and mailboxes: what their services answer, and what arrived."""

    answers: list[SendOutcome | BaseException] = field(
        default_factory=list[SendOutcome | BaseException]
    )
    sent: list[tuple[Target, Message]] = field(default_factory=list[tuple[Target, Message]])

    async def send(self, target: Target, message: Message) -> SendOutcome:
        """One try, answered as scripted."""
        _check_outside()
        self.sent.append((target, message))
        answer = self.answers.pop(0) if self.answers else Taken()
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def read(self) -> list[str]:
        """The texts that were carried, in order."""
        return [message.body for _, message in self.sent]


@dataclass
class Budget:
    """How many questions are left; when none are, new ones come in ``wait_s``."""

    left: int = 1_000_000
    wait_s: int = 2

    slowed: list[int | None] = field(default_factory=list[int | None])

    async def take(self, shortcode: Shortcode, urgency: Urgency) -> int:
        """Use one question, or say in how many seconds to try again."""
        del urgency
        return 0 if self.take_spare(shortcode) else self.wait_s

    def slow_down(self, shortcode: Shortcode, retry_after_s: int | None) -> None:
        """Remember that Safaricom complained."""
        del shortcode
        self.slowed.append(retry_after_s)

    def take_spare(self, shortcode: Shortcode) -> bool:
        """Use one question if there is one."""
        del shortcode
        if self.left == 0:
            return False
        self.left -= 1
        return True


def _check_outside() -> None:
    thread = threading.current_thread().name
    if _in_transaction.get() or thread.startswith(_TRANSACTION_THREADS):
        raise CalledInsideATransaction


def _answer(outcome: PushOutcome | QueryOutcome | AskOutcome | PullOutcome) -> Answer:
    return Answer(
        status=200,
        body=b'{"PhoneNumber":254712345678}',
        elapsed_ms=7,
        summary=type(outcome).__name__,
    )
