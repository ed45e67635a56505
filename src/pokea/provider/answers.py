"""What every request leaves behind: the answer as evidence, and when to ask again."""

from typing import Final, Protocol

from pokea.daraja.errors import DarajaError, InvalidValue, NotSent, RateLimited, Refused
from pokea.daraja.wire import WireReply
from pokea.flows.ports import Answer, Declined, PutOff, Unheard
from pokea.provider.gate import GateShut

CALL_S: Final = 25
"""All of one call, with a new token and one re-send: well inside every lease."""

RETRY_UNSENT_S: Final = 5
"""After a refused connection: long enough for a blip, short enough for a waiting customer."""

SLOW_DOWN_S: Final = 30
"""After a spike arrest without Retry-After."""


class Replied(Protocol):
    """Anything that the SDK decoded from a reply."""

    @property
    def reply(self) -> WireReply:
        """The reply itself."""
        ...


def evidence(error: DarajaError) -> Answer:
    """An error, as it is kept."""
    return Answer(
        status=error.http_status,
        body=error.raw,
        elapsed_ms=error.elapsed_ms or 0,
        summary=f"{type(error).__name__}: {error}",
    )


def no_answer(summary: str) -> Answer:
    """Silence, as it is kept."""
    return Answer(status=None, body=b"", elapsed_ms=CALL_S * 1000, summary=summary)


def answer_of(answer: Replied, summary: str) -> Answer:
    """An answer, as it is kept."""
    reply = answer.reply
    return Answer(
        status=reply.status, body=reply.body, elapsed_ms=reply.elapsed_ms, summary=summary
    )


def question_failed(error: DarajaError) -> Declined | PutOff | Unheard:
    """What an error means for a question, which moves no money."""
    match error:
        case InvalidValue():
            return Declined(code="", message=str(error))
        case GateShut():
            return PutOff(retry_after_s=error.opens_in_s)
        case NotSent():
            return PutOff(retry_after_s=RETRY_UNSENT_S)
        case RateLimited():
            return PutOff(retry_after_s=error.retry_after_s or SLOW_DOWN_S, too_often=True)
        case Refused():
            return Declined(code=error.code, message=error.message)
        case _:
            return Unheard()
