"""The log of what Safaricom asked before money came, and the merchant's own word on it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from pokea.domain.validation import Validation


class HookFailed(Exception):
    """The merchant's hook gave no answer; the message is a name for the log."""


class ValidationHook(Protocol):
    """The merchant's own program, which knows accounts that nobody else does."""

    async def ask(self, question_id: str, question: Mapping[str, object]) -> object:
        """What it says, unread.

        Raises:
            HookFailed: it says nothing, or too many questions are waiting for it already.
        """
        ...

    async def close(self) -> None:
        """Let go of what it holds; no question comes any more."""
        ...


class Validations(Protocol):
    """Rows of questions and answers; kept for a while only."""

    def add(self, new: Sequence[Validation]) -> None: ...
    def forget_before(self, at: datetime) -> int: ...
