"""M-PESA Express: prompts, and what became of them."""

import asyncio
from dataclasses import dataclass
from typing import Final

from pokea.daraja.credentials import Passkey
from pokea.daraja.errors import (
    DarajaError,
    DuplicateRequest,
    InvalidValue,
    NotSent,
    RateLimited,
    Refused,
    SubscriberBusy,
)
from pokea.daraja.operations import PushAck, QueryAnswer, StkPush, StkQuery
from pokea.daraja.results import Kind
from pokea.daraja.values import CallbackUrl, TransactionDescription
from pokea.domain.attempt import Attempt, Failure
from pokea.flows import ports
from pokea.flows.ports import Answer, Clock, PushOutcome, QueryOutcome
from pokea.provider.answers import (
    CALL_S,
    RETRY_UNSENT_S,
    SLOW_DOWN_S,
    answer_of,
    evidence,
    no_answer,
)
from pokea.provider.gate import Caller, GateShut

_DESCRIPTION_MAX: Final = 13


@dataclass(frozen=True, slots=True, kw_only=True)
class DarajaProvider:
    """Prompts and asks through one Daraja app."""

    client: Caller
    passkey: Passkey
    base_url: str
    clock: Clock
    plain_http: bool

    async def push(
        self, attempt: Attempt, *, callback_path: str, description: str
    ) -> tuple[PushOutcome, Answer]:
        """Prompt the customer's phone, once."""
        try:
            async with asyncio.timeout(CALL_S):
                ack = await self.client.send(self._push(attempt, callback_path, description))
        except DarajaError as error:
            return _push_outcome(error), evidence(error)
        except TimeoutError:
            # Waiting for a token counts, so that nothing leaves when nobody waits any more.
            return ports.Unanswered(), no_answer("no answer in time")
        return _accepted(ack), answer_of(ack, "accepted, ResponseCode 0")

    async def query(self, attempt: Attempt) -> tuple[QueryOutcome, Answer]:
        """Ask what became of a prompt."""
        try:
            async with asyncio.timeout(CALL_S):
                answer = await self.client.send(self._query(attempt))
        except DarajaError as error:
            return _taught_nothing(error), evidence(error)
        except TimeoutError:
            return ports.SaysNothing(reachable=False), no_answer("no answer in time")
        summary = f"result {answer.code}: {answer.description}"
        return _query_outcome(answer), answer_of(answer, summary)

    def _push(self, attempt: Attempt, callback_path: str, description: str) -> StkPush:
        return StkPush(
            shortcode=attempt.shortcode,
            passkey=self.passkey,
            till=attempt.till,
            amount=attempt.amount,
            phone=attempt.phone,
            callback_url=CallbackUrl.parse(
                self.base_url + callback_path, allow_http=self.plain_http
            ),
            account_reference=attempt.account_reference,
            description=TransactionDescription(_short(description)),
            timestamp=self.clock.now(),
        )

    def _query(self, attempt: Attempt) -> StkQuery:
        return StkQuery(
            shortcode=attempt.shortcode,
            passkey=self.passkey,
            checkout_request_id=attempt.checkout_request_id or "",
            timestamp=self.clock.now(),
        )


def _accepted(ack: PushAck) -> PushOutcome:
    return ports.Accepted(
        checkout_request_id=ack.checkout_request_id,
        merchant_request_id=ack.merchant_request_id,
    )


def _push_outcome(error: DarajaError) -> PushOutcome:
    match error:
        case InvalidValue():
            # Our own settings or rules: nothing was sent, and sending again cannot help.
            failure = Failure(
                code="provider_refused", provider_code="", provider_message=str(error)
            )
            return ports.Refused(failure=failure)
        case GateShut():
            return ports.Deferred(retry_after_s=error.opens_in_s, steady=True)
        case NotSent():
            return ports.Deferred(retry_after_s=RETRY_UNSENT_S)
        case RateLimited():
            return ports.Deferred(retry_after_s=error.retry_after_s or SLOW_DOWN_S)
        case DuplicateRequest():
            return ports.Unanswered()  # an id of ours is there already: in doubt
        case SubscriberBusy():
            return _refused("subscriber_busy", error)
        case Refused():
            return _refused("provider_refused", error)
        case _:
            return ports.Unanswered()


def _refused(code: str, error: Refused) -> PushOutcome:
    return ports.Refused(
        failure=Failure(code=code, provider_code=error.code, provider_message=error.message)
    )


def _query_outcome(answer: QueryAnswer) -> QueryOutcome:
    match answer.result.kind:
        case Kind.PAID:
            return ports.SaysPaid()
        case Kind.FAILED:
            return ports.SaysFailed(
                failure=Failure(
                    code=answer.result.failure_code,
                    provider_code=answer.code,
                    provider_message=answer.description,
                )
            )
        case Kind.PENDING | Kind.UNKNOWN:
            return ports.SaysNothing(reachable=True)


def _taught_nothing(error: DarajaError) -> QueryOutcome:
    if isinstance(error, RateLimited):
        return ports.SaysNothing(
            reachable=error.answered, too_often=True, retry_after_s=error.retry_after_s
        )
    return ports.SaysNothing(reachable=error.answered)


def _short(description: str) -> str:
    """What fits into 13 safe characters: the prompt shows it, nothing depends on it."""
    kept = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in " -._/") else " "
        for letter in description
    )
    return " ".join(kept.split())[:_DESCRIPTION_MAX].strip() or "Payment"
