"""A path of ours without a row: the row may still be on its way back from a backup."""

from datetime import datetime, timedelta
from typing import Final

from pokea.domain.inbox import InboxState, ReceivedCallback, Verdict

ORPHAN_PAUSES: Final = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30))


def orphaned(callback: ReceivedCallback, reason: str, at: datetime) -> Verdict:
    """Try again a few times, then keep it for whoever looks."""
    due_at = at + ORPHAN_PAUSES[callback.tries] if callback.tries < len(ORPHAN_PAUSES) else None
    return Verdict(id=callback.id, state=InboxState.ORPHANED, reason=reason, due_at=due_at)
