"""Which duties this installation has: those that its settings allow."""

from pokea.daraja.values import Shortcode
from pokea.domain.routine import RoutineKind
from pokea.flows.deps import Deps
from pokea.flows.run_routine import plan_routines
from pokea.settings import Settings

Wanted = tuple[RoutineKind, Shortcode | None]


def wanted_routines(settings: Settings) -> list[Wanted]:
    """Duties, with the shortcode that each is about."""
    wanted: list[Wanted] = [
        (RoutineKind.IN_DOUBT, None),
        (RoutineKind.LINK_CHAIN, None),
        (RoutineKind.CHECK_BOOKS, None),
    ]
    shortcode = Shortcode(settings.mpesa_shortcode)
    if settings.may_ask:
        wanted.append((RoutineKind.BALANCE, shortcode))
    if settings.pokea_pull:
        wanted += [(RoutineKind.PULL_RECENT, shortcode), (RoutineKind.PULL_DEEP, shortcode)]
    return wanted


async def start_routines(settings: Settings, deps: Deps) -> None:
    """Plan them; every process that works does so at its start."""
    wanted, now = wanted_routines(settings), deps.clock.now()
    await deps.db.write(lambda tx: plan_routines(tx, deps.ids, wanted, now))
