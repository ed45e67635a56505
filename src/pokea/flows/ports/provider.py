"""Safaricom, as the gateway needs it. Never called inside a transaction."""

from dataclasses import dataclass
from typing import Protocol

from pokea.domain.attempt import Attempt, Failure
from pokea.flows.ports.evidence import Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The prompt is on its way."""

    checkout_request_id: str
    merchant_request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The closed table says: nothing was prompted."""

    failure: Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred:
    """Nothing arrived, or we are asked to slow down; the same attempt may be sent again.

    ``steady`` when nobody is asked meanwhile, so that waiting ever longer spares nobody.
    """

    retry_after_s: int
    steady: bool = False


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Anything else: the request may have arrived."""


@dataclass(frozen=True, slots=True)
class SaysPaid:
    """STK Query: result code 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SaysFailed:
    """STK Query: a final code of the closed list."""

    failure: Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class SaysNothing:
    """STK Query taught us nothing; ``reachable`` when somebody answered at all.

    ``too_often`` when the answer was that we ask too often, and then perhaps for how long not.
    """

    reachable: bool
    too_often: bool = False
    retry_after_s: int | None = None


PushOutcome = Accepted | Refused | Deferred | Unanswered
QueryOutcome = SaysPaid | SaysFailed | SaysNothing


class Provider(Protocol):
    """Safaricom, as the gateway needs it. Never called inside a transaction."""

    async def push(
        self, attempt: Attempt, *, callback_path: str, description: str
    ) -> tuple[PushOutcome, Answer]:
        """Prompt the customer's phone, once."""
        ...

    async def query(self, attempt: Attempt) -> tuple[QueryOutcome, Answer]:
        """Ask what became of a prompt."""
        ...
