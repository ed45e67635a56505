"""A store over a test's database, with an engine that only remembers what it was given."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection

from harness.databases import sqlalchemy_url
from harness.examples import CountingIds
from pokea.domain.notice import NoticePlan
from pokea.flows.ports import Ids, Work
from pokea.store.database import SqlDatabase, open_engine
from pokea.store.sealing import Sealer

KEY: Final = bytes(range(32))
NEWER_KEY: Final = bytes(range(100, 132))


class Handed:
    """Remembers work: what was handed over inside a transaction, and what was committed."""

    def __init__(self) -> None:
        self.inside: list[Work] = []
        self.committed: list[Work] = []

    def carry(self, connection: Connection, work: Work) -> None:
        """Remember work that may still be rolled back."""
        assert connection.in_transaction()
        self.inside.append(work)

    def carried(self, work: Work) -> None:
        """Remember work whose transaction is durable."""
        self.committed.append(work)


@contextmanager
def open_store(
    url: str,
    *,
    ring: Sequence[bytes] = (KEY,),
    carrier: Handed | None = None,
    plan: NoticePlan | None = None,
    ids: Ids | None = None,
) -> Generator[SqlDatabase]:
    """A store, closed afterwards."""
    db = SqlDatabase(
        open_engine(sqlalchemy_url(url)),
        sealer=Sealer(ring),
        ids=ids or CountingIds(),
        carrier=carrier or Handed(),
        plan=plan,
    )
    try:
        yield db
    finally:
        db.close()
