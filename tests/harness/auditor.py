"""What a test leaves behind must hold together: the invariants, looked up after every test.

A test of the store writes single rows without what belongs to them, so there only the journals
themselves are weighed; flows and whole programs must leave everything in order. M-PESA's figure
is no affair of ours, and what is overdue when a test ends is its own business.
"""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from sqlalchemy import Engine

from harness.databases import sqlalchemy_url
from pokea.domain.chain import Head, breaks
from pokea.domain.invariant import Invariant
from pokea.store.chain import SqlChain
from pokea.store.database import open_engine, reading
from pokea.store.invariants import STATEMENTS, look_up

MARKER: Final = "breaks_the_books"

_OF_JOURNALS: Final = {
    Invariant.JOURNALS_BALANCE,
    Invariant.SUCCESS_COMES_ONCE,
    Invariant.CHAIN_HOLDS,
}
OURS: Final = set(Invariant) - {Invariant.MPESA_AGREES}
"""What must hold after every step, whatever happens outside."""

WEIGHED: Final = {"store": _OF_JOURNALS, "flows": OURS, "http": OURS, "system": OURS}
"""By folder of tests."""

_AFTER_EVERYTHING: Final = datetime(2100, 1, 1, tzinfo=UTC)
_NEVER_OVERDUE: Final = timedelta(days=365 * 1000)
_LINKS_MAX: Final = 1_000_000


def check_books(node: pytest.Item | pytest.Module, url: str) -> None:
    """Fail a test that leaves the books in disorder, unless it says that it means to."""
    wanted = WEIGHED.get(node.path.parent.name)
    if wanted is None or node.get_closest_marker(MARKER) is not None:
        return
    if found := broken_in(url, wanted):
        pytest.fail("what the test leaves behind does not hold:\n" + "\n".join(found))


def broken_in(url: str, wanted: Collection[Invariant]) -> list[str]:
    """What breaks these invariants in a database, in words."""
    engine = open_engine(sqlalchemy_url(url))
    try:
        return broken_by(engine, wanted)
    finally:
        engine.dispose()


def broken_by(engine: Engine, wanted: Collection[Invariant]) -> list[str]:
    """The same of a database that is open."""
    found: list[str] = []
    with reading(engine) as connection:
        for invariant in set(STATEMENTS) & set(wanted):
            finding = look_up(
                connection, invariant, _AFTER_EVERYTHING, overdue_for=_NEVER_OVERDUE
            )
            found += [f"{invariant}: {words}" for words in finding.offending]
        if Invariant.CHAIN_HOLDS in wanted:
            links = SqlChain(connection).after(0, _LINKS_MAX)
            found += [f"chain: {broken}" for broken in breaks(Head(), links)]
    return sorted(found)
