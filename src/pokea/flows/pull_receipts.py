"""Safaricom's own list is read page by page: money whose confirmation was missed is recovered.

Windows overlap and pages may shift while money arrives; a receipt is taken in once, whatever
brings it, so reading a row twice does nothing. Source: STATE_MACHINES section 9.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
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

READ_FOR: Final = timedelta(minutes=3)
"""Then the next run goes on: a run that is broken off from outside would begin anew."""

ROWS: Final = Counter("pokea_pulled_rows_total", "Rows of Pull by what became of them", ["as"])
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Which part of the list is read, and how far it was."""

    starts: datetime
    ends: datetime
    offset: int = 0

    def left(self) -> dict[str, str]:
        """What the next run goes on from."""
        return {
            "starts": self.starts.isoformat(),
            "ends": self.ends.isoformat(),
            "offset": str(self.offset),
        }


async def pull_receipts(deps: Deps, routine: Routine) -> Mapping[str, str]:
    """The duty: read a window to its end; what was broken off goes on where it stopped."""
    puller, now = deps.puller, deps.clock.now()
    if puller is None:
        raise NotNow("Pull is switched off; set POKEA_PULL once Safaricom has approved it")
    collector = await deps.db.read(lambda tx: _collector(tx, deps, routine))
    window = _window(routine, now)
    counts, strange = dict.fromkeys(Taken, 0), 0
    while True:
        if deps.clock.now() - now >= READ_FOR:
            raise NotNow("the list is longer than one run; the next goes on", window.left())
        page = await _page(puller, collector, window)
        if not page.rows:
            break
        for taken in await _take(deps, collector, page):
            counts[taken] += 1
        strange += len(page.strange)
        window = replace(window, offset=window.offset + page.rows)
    _tell(routine, counts, strange)
    return {
        "rows": str(window.offset),
        "recovered": str(counts[Taken.NEW]),
        "strange": str(strange),
    }


def _window(routine: Routine, now: datetime) -> Window:
    """Where the last run was broken off, if Safaricom still shows that; else its own."""
    state, oldest = routine.state, now - WINDOWS[RoutineKind.PULL_DEEP]
    if "offset" in state and datetime.fromisoformat(state["starts"]) >= oldest:
        return Window(
            starts=datetime.fromisoformat(state["starts"]),
            ends=datetime.fromisoformat(state["ends"]),
            offset=int(state["offset"]),
        )
    return Window(starts=now - WINDOWS[routine.kind], ends=now)


def _collector(tx: Tx, deps: Deps, routine: Routine) -> Collector:
    found = None
    if routine.shortcode is not None:
        found = tx.shortcodes.of(routine.shortcode, livemode=deps.livemode)
    if found is None:
        raise NotNow("the shortcode has no merchant yet; run: pokea init")
    return found


async def _page(puller: Puller, collector: Collector, window: Window) -> Pulled:
    outcome, answer = await puller.pull(
        collector.shortcode, starts=window.starts, ends=window.ends, offset=window.offset
    )
    match outcome:
        case Pulled():
            for why in outcome.strange:
                _log.error("pull.strange_row", why=why, shortcode=collector.shortcode.digits)
            return outcome
        case Declined():
            raise NotNow(f"Safaricom refuses: {outcome.code} {outcome.message}".strip())
        case PutOff():
            why = f"Safaricom cannot be asked now: {answer.summary}"
            raise NotNow(why, window.left())
        case Unheard():
            raise NotNow(f"Safaricom did not answer: {answer.summary}", window.left())
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
