"""Looking at all the books: every invariant, and the chain from its first link.

It takes about half a minute for a million journals, so it has a thread of its own, and no time
limit but its caller's. Memory does not grow with the books: the chain is read in pieces.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Event
from typing import Final

from sqlalchemy import Connection, Engine, func, select, text

from pokea.domain.chain import Head, Link, breaks
from pokea.domain.invariant import OFFENDING_MAX, Finding, Invariant, Report
from pokea.flows.errors import Unavailable
from pokea.store.chain import SqlChain
from pokea.store.database import reading
from pokea.store.invariants import STATEMENTS, look_up
from pokea.store.tables import journal_chain, journals

PIECE: Final = 2_000
"""Links read at once."""

LINKED_WITHIN: Final = timedelta(minutes=1)
"""New journals are linked within seconds; one that is older was passed over."""


class Audit:
    """Looks at all the books of a database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._closed = Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="audit")

    async def report(self, now: datetime) -> Report:
        """What holds and what does not; looked up on a thread that nothing else waits for."""
        return await asyncio.get_running_loop().run_in_executor(
            self._thread, self.report_here, now
        )

    async def close(self) -> None:
        """Break off a look that is under way, so that its process can end."""
        self._closed.set()
        await asyncio.to_thread(self._thread.shutdown)

    def report_here(self, now: datetime) -> Report:
        """The same on this thread."""
        head, chain = self._chain(now)
        findings = {invariant: self._look_up(invariant, now) for invariant in STATEMENTS}
        findings[Invariant.CHAIN_HOLDS] = chain
        ordered = tuple(findings[one] for one in Invariant)
        return Report(at=now, findings=ordered, head=head)

    def _look_up(self, invariant: Invariant, now: datetime) -> Finding:
        # A transaction each: a long one would keep SQLite's log from being written back.
        self._go_on()
        with reading(self._engine) as connection:
            _take_time(connection)
            return look_up(connection, invariant, now)

    def _chain(self, now: datetime) -> tuple[Head, Finding]:
        head, words, count = Head(), list[str](), 0
        while links := self._piece(head.number):
            for broken in breaks(head, links):
                count += 1
                if len(words) < OFFENDING_MAX:
                    words.append(str(broken))
            head = Head(number=links[-1].number, hash=links[-1].hash)
        passed_over, many = self._unlinked(now - LINKED_WITHIN)
        words += passed_over
        count += many
        detail = f"{head.number} journals, hash {head.hash.hex()}"
        if count:
            detail = f"{count} found; the first: {words[0]}"
        return head, Finding(
            invariant=Invariant.CHAIN_HOLDS,
            detail=detail,
            offending=tuple(words[:OFFENDING_MAX]),
            count=count,
        )

    def _go_on(self) -> None:
        if self._closed.is_set():
            raise Unavailable

    def _piece(self, number: int) -> list[Link]:
        self._go_on()
        with reading(self._engine) as connection:
            return SqlChain(connection).after(number, PIECE)

    def _unlinked(self, before: datetime) -> tuple[list[str], int]:
        """Journals that were passed over, and how many."""
        missing = (
            select(journals.c.id)
            .outerjoin(journal_chain, journal_chain.c.journal_id == journals.c.id)
            .where(journal_chain.c.journal_id.is_(None), journals.c.at < before)
        )
        with reading(self._engine) as connection:
            _take_time(connection)
            many = connection.execute(
                select(func.count()).select_from(missing.subquery())
            ).scalar_one()
            named = connection.execute(missing.order_by(journals.c.id).limit(OFFENDING_MAX))
            return [f"{name} is not linked" for name in named.scalars()], many


def _take_time(connection: Connection) -> None:
    """Let a statement read whole tables, which on the hot path it must not."""
    if connection.dialect.name == "postgresql":
        for setting in ("statement_timeout = 0", "enable_seqscan = on", "work_mem = '64MB'"):
            connection.execute(text(f"set local {setting}"))
