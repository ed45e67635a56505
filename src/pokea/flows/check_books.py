"""Look at all the books: link what is new, check everything, and write down what was found.

What was found is a row, so that every process of an installation knows it: while the last look
found damage, none of them opens a new payment. Callbacks are stored and applied as ever, for
money that is on its way does not wait. The head of the chain stands in the log of each look,
which is where an attacker who can rewrite the whole database cannot reach.
"""

from collections.abc import Mapping
from typing import Final

import structlog
from prometheus_client import Gauge

from pokea.domain.invariant import Report
from pokea.domain.routine import Routine
from pokea.flows.deps import Deps
from pokea.flows.errors import Refusal
from pokea.flows.link_chain import link_chain
from pokea.flows.ports import Auditor, Clock, Database, Tx

HOLDS: Final = Gauge(
    "pokea_invariant_holds", "1 when the last look found that it holds", ["invariant"]
)
HEAD: Final = Gauge("pokea_chain_number", "Journals in the chain at the last look")

_log = structlog.get_logger()


async def keep_checked(deps: Deps, _routine: Routine) -> Mapping[str, str]:
    """The duty: look at them every hour."""
    report = await check_books(deps.db, deps.auditor, deps.clock)
    return {"broken": " ".join(finding.invariant.value for finding in report.broken)}


async def check_books(db: Database, auditor: Auditor, clock: Clock) -> Report:
    """Look at all of it; takes half a minute for each million of journals."""
    await link_chain(db)
    report = await auditor.report(clock.now())
    await db.write(lambda tx: tx.book_checks.add(report))
    _tell(report)
    return report


def refuse_when_damaged(tx: Tx) -> None:
    """Let nobody open a payment on books that are known to be damaged.

    Raises:
        Refusal: ``books_broken``.
    """
    if not tx.book_checks.intact():
        raise Refusal(
            "books_broken",
            "The last check found the books damaged, so no new payment is opened. Money that is"
            " on its way is still counted. An operator finds out more with: pokea doctor",
        )


def _tell(report: Report) -> None:
    HEAD.set(report.head.number)
    for finding in report.findings:
        HOLDS.labels(finding.invariant.value).set(finding.holds)
        if not finding.holds:
            _log.error(
                "books.broken",
                invariant=finding.invariant.value,
                found=finding.count,
                first=finding.offending[0],
                opens_payments=report.intact,
            )
    _log.info(
        "books.checked",
        sound=not report.broken,
        number=report.head.number,
        hash=report.head.hash.hex(),
    )
