"""What will happen later: due events in a heap, plain data so that a saved world resumes."""

import heapq
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal


@dataclass(slots=True, kw_only=True)
class Post:
    """A POST from Safaricom to somebody's server."""

    url: str
    body: str
    purpose: str
    shortcode: str = ""
    phone: str = ""
    early: bool = False
    reply_to: str = ""
    source: str = ""


@dataclass(slots=True, kw_only=True)
class PromptAnswered:
    """A phone that answers by itself reaches the moment to do so."""

    checkout_id: str
    kind: Literal["prompt_answered"] = "prompt_answered"


@dataclass(slots=True, kw_only=True)
class PromptExpired:
    """Nobody answered in the prompt's life."""

    checkout_id: str
    kind: Literal["prompt_expired"] = "prompt_expired"


@dataclass(slots=True, kw_only=True)
class LateSuccess:
    """A prompt that had failed is paid after all (a cruelty seen in the field)."""

    checkout_id: str
    kind: Literal["late_success"] = "late_success"


@dataclass(slots=True, kw_only=True)
class SendPost:
    """A callback that was held back is sent."""

    post: Post
    kind: Literal["send_post"] = "send_post"


@dataclass(slots=True, kw_only=True)
class CommandDue:
    """An accepted B2C, B2B, status, balance or reversal request is carried out."""

    conversation_id: str
    kind: Literal["command_due"] = "command_due"


@dataclass(slots=True, kw_only=True)
class StandingOrderDue:
    """A standing order is answered by its customer, or pays again."""

    request_id: str
    first: bool = False
    kind: Literal["standing_order_due"] = "standing_order_due"


Event = PromptAnswered | PromptExpired | LateSuccess | SendPost | CommandDue | StandingOrderDue


@dataclass(slots=True, order=True)
class Due:
    """An event and its moment; the number keeps events of one moment in order."""

    at: datetime
    number: int
    event: Event = field(compare=False)


def put(agenda: list[Due], due: Due) -> None:
    """Add an event."""
    heapq.heappush(agenda, due)


def next_at(agenda: list[Due]) -> datetime | None:
    """The moment of the next event."""
    return agenda[0].at if agenda else None


def take(agenda: list[Due], now: datetime) -> Due | None:
    """Remove and return the next event that is due."""
    if agenda and agenda[0].at <= now:
        return heapq.heappop(agenda)
    return None
