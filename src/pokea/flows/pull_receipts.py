"""Safaricom's own list is read page by page: money whose confirmation was missed is recovered.

Windows overlap and pages may shift while money arrives; a receipt is taken in once, whatever
brings it, so reading a row twice does nothing. Source: STATE_MACHINES section 9.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, assert_never

import structlog
from prometheus_client import Counter

from pokea.domain.receipt import Collector
from pokea.domain.routine import Routine, RoutineKind
from pokea.flows.deps import Deps
from pokea.flows.errors import NotNow
from pokea.flows.ports import Declined, Pulled, Puller, PutOff, Tx, Unheard
from pokea.flows.take_receipts import Taken, take_receipts

WINDOWS: Final = {
    RoutineKind.PULL_RECENT: timedelta(hours=1),
    RoutineKind.PULL_DEEP: timedelta(hours=47, minutes=50),
}
"""Safaricom shows two days (SPEC 10.13). Not to the minute: a row that fell out at the front
between two pages would move another one over their border, unread."""

PAGES_MAX: Final = 2_000
"""A list without an end would be a bug of somebody's; two days of a busy shop are less."""

ROWS: Final = Counter("pokea_pulled_rows_total", "Rows of Pull by what became of them", ["as"])
_log = structlog.get_logger()


async def pull_receipts(deps: Deps, routine: Routine) -> Mapping[str, str]:
    """The duty: read its window to the end; what was broken off goes on where it stopped."""
    puller, now = deps.puller, deps.clock.now()
    if puller is None:
        raise NotNow("Pull is switched off; set POKEA_PULL once Safaricom has approved it")
    collector = await deps.db.read(lambda tx: _collector(tx, deps, routine))
    starts = now - WINDOWS[routine.kind]
    counts = dict.fromkeys(Taken, 0)
    offset = strange = 0
    for _ in range(PAGES_MAX):
        page = await _page(puller, collector, starts, now, offset)
        if not page.rows:
            break
        offset += page.rows
        strange += len(page.strange)
        for taken in await _take(deps, collector, page):
            counts[taken] += 1
    _tell(routine, counts, strange)
    return {"rows": str(offset), "recovered": str(counts[Taken.NEW]), "strange": str(strange)}


def _collector(tx: Tx, deps: Deps, routine: Routine) -> Collector:
    found = None
    if routine.shortcode is not None:
        found = tx.shortcodes.of(routine.shortcode, livemode=deps.livemode)
    if found is None:
        raise NotNow("the shortcode has no merchant yet; run: pokea init")
    return found


async def _page(
    puller: Puller, collector: Collector, starts: datetime, ends: datetime, offset: int
) -> Pulled:
    outcome, answer = await puller.pull(
        collector.shortcode, starts=starts, ends=ends, offset=offset
    )
    match outcome:
        case Pulled():
            for why in outcome.strange:
                _log.error("pull.strange_row", why=why, shortcode=collector.shortcode.digits)
            return outcome
        case Declined():
            raise NotNow(f"Safaricom refuses: {outcome.code} {outcome.message}".strip())
        case PutOff():
            raise NotNow(f"Safaricom cannot be asked now: {answer.summary}")
        case Unheard():
            raise NotNow(f"Safaricom did not answer: {answer.summary}")
        case _:
            assert_never(outcome)


async def _take(deps: Deps, collector: Collector, page: Pulled) -> list[Taken]:
    now = deps.clock.now()
    return await deps.db.write(lambda tx: take_receipts(tx, deps, collector, page.heard, now))


def _tell(routine: Routine, counts: Mapping[Taken, int], strange: int) -> None:
    for taken, count in counts.items():
        ROWS.labels(taken.value).inc(count)
    ROWS.labels("strange").inc(strange)
    if counts[Taken.NEW] or counts[Taken.DIFFERS] or strange:
        _log.warning(
            "pull.found",
            kind=routine.kind.value,
            recovered=counts[Taken.NEW],
            differs=counts[Taken.DIFFERS],
            strange=strange,
        )
