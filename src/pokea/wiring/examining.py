"""A thorough look at an installation, beside the gateway that may be running: what is well.

The database and its durability, the schema, the key ring, and every invariant of the books. The
look counts like the hourly one: it is written down, and while it found damage no process of the
installation opens a new payment.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from pokea.domain.invariant import Finding, Report
from pokea.engine.embedded import EmbeddedEngine
from pokea.flows.check_books import check_books
from pokea.settings import BadSettings, Settings
from pokea.store.audit import Audit
from pokea.store.database import SqlDatabase
from pokea.store.health import Standing, standing
from pokea.store.key_ring import sealer_of
from pokea.store.sealing import Sealer
from pokea.wiring.opening import OpenDatabase, on_postgresql, open_tools
from pokea.wiring.world import SystemClock, UlidIds


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at; ``offending`` names the first that are wrong."""

    name: str
    ok: bool
    detail: str
    offending: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """Everything that was looked at. Without a database there is no ``report``."""

    at: datetime
    checks: tuple[Check, ...]
    report: Report | None

    @property
    def ok(self) -> bool:
        """Nothing is wrong."""
        return all(check.ok for check in self.checks)


def examine(settings: Settings) -> Examination:
    """Look at everything; what cannot be opened is a finding and no exception."""
    clock = SystemClock()
    try:
        database = open_tools(settings)
    except BadSettings as problem:
        lost = Check(name="database", ok=False, detail=str(problem))
        return Examination(at=clock.now(), checks=(lost,), report=None)
    try:
        checks, sealer = list(_fitness(settings, database)), None
        try:
            sealer = sealer_of(settings, database.engine)
            ring = Check(name="key_ring", ok=True, detail="it opens what was sealed here")
        except BadSettings as problem:
            ring = Check(name="key_ring", ok=False, detail=str(problem))
        report = _look(database, sealer, clock)
    finally:
        database.close()
    books = (_as_check(finding) for finding in report.findings)
    return Examination(at=report.at, checks=(*checks, ring, *books), report=report)


def _fitness(settings: Settings, database: OpenDatabase) -> Iterator[Check]:
    kind = "PostgreSQL" if on_postgresql(settings) else "SQLite"
    found = standing(database.engine)
    told = {
        Standing.FIT: "answers, takes writes, and has them on disk before it says so",
        Standing.AWAY: "does not answer, or takes no writes",
        Standing.WEAK: "says done before anything is on disk: it can lose money that was told",
    }
    yield Check(name="database", ok=found is Standing.FIT, detail=f"{kind} {told[found]}")
    yield Check(name="schema", ok=True, detail="it is this version's")


def _look(database: OpenDatabase, sealer: Sealer | None, clock: SystemClock) -> Report:
    audit = Audit(database.engine)
    if sealer is None:
        # Without the ring nothing may be written; the books are not sealed, so they are read.
        return audit.report_here(clock.now())
    # It hands nothing over, so it needs no engine that carries.
    db = SqlDatabase(database.engine, sealer=sealer, ids=UlidIds(), carrier=EmbeddedEngine())
    try:
        return asyncio.run(check_books(db, audit, clock))
    finally:
        db.close()


def _as_check(finding: Finding) -> Check:
    return Check(
        name=finding.invariant.value,
        ok=finding.holds,
        detail=finding.detail,
        offending=finding.offending,
    )
