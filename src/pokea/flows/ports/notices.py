"""What people are told by SMS and e-mail: notices, and who carries them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from pokea.domain.ids import NoticeId
from pokea.domain.notice import Notice, NoticePlan, NoticeState, SendOutcome, Target
from pokea.domain.notice_text import Message


class Notices(Protocol):
    """Rows of notices, and the plan that they follow."""

    @property
    def plan(self) -> NoticePlan:
        """Who is told, as the settings say."""
        ...

    def add(self, new: Sequence[Notice]) -> None: ...
    def get(self, notice_id: NoticeId) -> Notice | None: ...
    def save(self, changed: Notice) -> None: ...
    def last_begun(self, kind: str, target: Target) -> datetime | None:
        """When an alert of a kind to an operator was last sent, or tried."""
        ...

    def fold_into(self, notice: Notice, at: datetime) -> int:
        """Count the other waiting alerts of its kind and reader in this one; how many."""
        ...

    def page(self, *, state: NoticeState | None, limit: int) -> list[Notice]:
        """The newest notices."""
        ...


class Notifier(Protocol):
    """Carries a message to a reader."""

    async def send(self, target: Target, message: Message) -> SendOutcome:
        """One try; never raises for what the far side does."""
        ...
