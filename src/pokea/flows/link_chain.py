"""Link new journals to the chain, a moment after they were committed.

Not in their own transactions: those would all have to wait for one another. The hashes are made
outside any transaction too, and the chain is made longer only where it still ends as it did
before: of two processes one links, and the other one's work is dropped. Decision 0016.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from pokea.domain.chain import Head, WrittenJournal, linked
from pokea.domain.ids import earliest_id
from pokea.domain.routine import Routine
from pokea.flows.deps import Deps
from pokea.flows.ports import Database

WINDOW: Final = 5_000
"""Journals in one look."""

AT_ONCE: Final = 500
"""Links in one transaction: a few milliseconds of the only writer that SQLite has."""

STRAGGLERS: Final = timedelta(minutes=1)
"""How long after a journal got its name its transaction may still be under way."""


async def keep_linked(deps: Deps, routine: Routine) -> Mapping[str, str]:
    """The duty: link what came since the last run."""
    last, begins = routine.state.get("since"), deps.clock.now()
    count = await link_chain(
        deps.db, since=None if last is None else datetime.fromisoformat(last)
    )
    return {"since": begins.isoformat(), "linked": str(count)}


async def link_chain(db: Database, *, since: datetime | None = None) -> int:
    """Link what is not linked yet; how many journals that were.

    ``since`` is when the last run began that came to its end: only what is newer is looked at,
    and what may have been under way then. Without it, everything is.
    """
    after, count = "" if since is None else earliest_id("journal", since - STRAGGLERS), 0
    while True:
        start = after
        # The end of the chain is read first: what is linked meanwhile moves it.
        head, window = await db.read(
            lambda tx, start=start: (tx.chain.head(), tx.chain.window(start, WINDOW))
        )
        done = await _link(db, head, window.unlinked)
        count += done
        if done < len(window.unlinked):
            continue  # another process links too: look at these again
        if window.last is None:
            return count
        after = window.last


async def _link(db: Database, head: Head, journals: Sequence[WrittenJournal]) -> int:
    """Link journals in pieces, as long as nobody else links any; how many."""
    for first in range(0, len(journals), AT_ONCE):
        links = linked(head, journals[first : first + AT_ONCE])
        grown = await db.write(lambda tx, head=head, links=links: tx.chain.extend(head, links))
        if not grown:
            return first
        head = Head(number=links[-1].number, hash=links[-1].hash)
    return len(journals)
