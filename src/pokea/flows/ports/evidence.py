"""What was heard: callbacks, and Safaricom's answers."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pokea.domain.ids import AttemptId, InboxId
from pokea.domain.inbox import HeardCallback, InboxState, ReceivedCallback, Verdict

InboxKey = tuple[str, str, bytes, bool]
"""Kind, subject, SHA-256 of the bytes, and whether the address was listed: what makes two
callbacks the same. A stranger's copy must not stand in for the genuine one."""


class Inbox(Protocol):
    """Callbacks as they came."""

    def known(self, subjects: Collection[str]) -> set[InboxKey]: ...
    def known_bodies(
        self, kind: str, subject: str, hashes: Collection[bytes]
    ) -> set[InboxKey]: ...
    def add(
        self, judged: Sequence[tuple[ReceivedCallback, Verdict, int]], at: datetime
    ) -> None: ...
    def count_repeats(self, repeats: Mapping[InboxKey, int]) -> None: ...
    def quarantined(self, subjects: Collection[AttemptId]) -> list[ReceivedCallback]: ...
    def of_subjects(self, subjects: Collection[str], limit: int) -> list[HeardCallback]: ...
    def judge(self, verdict: Verdict, at: datetime) -> None: ...
    def lock(self, inbox_id: InboxId) -> ReceivedCallback | None: ...
    def try_again(
        self, inbox_id: InboxId, *, state: InboxState, at: datetime | None
    ) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The evidence of one call: what came back, and how long it took."""

    status: int | None
    body: bytes
    elapsed_ms: int
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call to Safaricom that was answered, or not."""

    at: datetime
    kind: str
    status: int | None
    elapsed_ms: int
    summary: str


class Calls(Protocol):
    """Safaricom's answers, kept as evidence."""

    def add(self, attempt_id: AttemptId, kind: str, answer: Answer, at: datetime) -> None: ...
    def of_attempts(self, ids: Collection[AttemptId], limit: int) -> list[Call]: ...
