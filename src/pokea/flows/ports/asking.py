"""What we ask Safaricom of our own accord: duties that come round, questions, how often."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from pokea.daraja.values import Receipt, Shortcode
from pokea.domain.balance import BalanceReading
from pokea.domain.ids import AttemptId, InquiryId, RoutineId
from pokea.domain.inquiry import Conversation, Inquiry, InquiryKind
from pokea.domain.ledger import LedgerAccount
from pokea.domain.query_budget import Allowance, Urgency
from pokea.domain.receipt import MoneyHeard
from pokea.domain.routine import Routine
from pokea.flows.ports.evidence import Answer


class Routines(Protocol):
    """Rows of duties. ``save`` fails the transaction when a row changed meanwhile."""

    def add(self, new: Sequence[Routine]) -> None: ...
    def lock(self, routine_id: RoutineId) -> Routine | None: ...
    def all(self) -> list[Routine]: ...
    def save(self, changed: Sequence[Routine]) -> None: ...


class Inquiries(Protocol):
    """Rows of questions. ``save`` fails the transaction when a row changed meanwhile."""

    def add(self, inquiry: Inquiry) -> None: ...
    def get(self, inquiry_id: InquiryId) -> Inquiry | None: ...
    def lock(self, ids: Collection[InquiryId]) -> dict[InquiryId, Inquiry]: ...
    def save(self, changed: Sequence[Inquiry]) -> None: ...
    def latest(
        self, kind: InquiryKind, shortcode: Shortcode, about: Receipt | None, *, livemode: bool
    ) -> Inquiry | None: ...
    def last_outcomes(
        self, shortcode: Shortcode, initiator: bytes, *, livemode: bool, limit: int
    ) -> list[str]: ...
    def of_attempt(self, attempt_id: AttemptId) -> list[Inquiry]: ...


class Balances(Protocol):
    """M-PESA's answers about balances, and what the books hold on the same accounts."""

    def add(self, new: Sequence[BalanceReading]) -> None: ...
    def save(self, changed: Sequence[BalanceReading]) -> None: ...
    def latest(self, shortcode: Shortcode, *, livemode: bool) -> BalanceReading | None: ...
    def latest_compared(
        self, shortcode: Shortcode, *, livemode: bool
    ) -> BalanceReading | None: ...
    def in_books(
        self, shortcode: Shortcode, *, livemode: bool, since: datetime | None, until: datetime
    ) -> dict[LedgerAccount, int]:
        """What entries of a time moved, by when they were written; whole from the beginning."""
        ...

    def in_books_by(
        self, shortcode: Shortcode, *, livemode: bool, since: datetime, moment: datetime
    ) -> dict[LedgerAccount, int]:
        """What entries since then moved, of the money that M-PESA had at a moment."""
        ...


class QueryBudgets(Protocol):
    """Questions of a shortcode that several processes share."""

    def take(
        self,
        shortcode: Shortcode,
        allowance: Allowance,
        urgency: Urgency,
        cost: int,
        at: datetime,
    ) -> timedelta: ...


# ── who asks ─────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Asked:
    """Safaricom took the question; the answer comes by callback."""

    conversation: Conversation


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """Safaricom refused the request in words of the closed table, or we did ourselves."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PutOff:
    """Nothing arrived, or we ask too often: the same again, later."""

    retry_after_s: int
    too_often: bool = False


@dataclass(frozen=True, slots=True)
class Unheard:
    """Anything else: the question may have arrived."""


AskOutcome = Asked | Declined | PutOff | Unheard


class Inquirer(Protocol):
    """Asks what is answered later, as an API operator. Never inside a transaction."""

    @property
    def mark(self) -> bytes:
        """A keyed index of the operator's name and password: a change makes it another."""
        ...

    async def ask(
        self, inquiry: Inquiry, *, result_path: str, timeout_path: str
    ) -> tuple[AskOutcome, Answer]:
        """Ask once."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """One page of what was paid to a shortcode; ``strange`` says why rows were left out."""

    heard: tuple[MoneyHeard, ...]
    strange: tuple[str, ...]

    @property
    def rows(self) -> int:
        """How many rows the page had."""
        return len(self.heard) + len(self.strange)


PullOutcome = Pulled | Declined | PutOff | Unheard


class Puller(Protocol):
    """Reads what was paid to a shortcode. Never inside a transaction."""

    async def pull(
        self, shortcode: Shortcode, *, starts: datetime, ends: datetime, offset: int
    ) -> tuple[PullOutcome, Answer]:
        """One page."""
        ...
