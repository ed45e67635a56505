"""Killed at the rarest moments of a callback's way: one effect, none lost, none doubled."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import select

from harness.callbacks import paid_body
from harness.installation import CLOCK, Installation, waiting_attempts
from harness.meanwhile import away, held
from harness.ports import free_port
from harness.processes import eventually
from harness.spare import SpareGateway, Spares
from harness.truth import Truth
from harness.volley import Post, volley
from pokea.domain.attempt import Attempt
from pokea.store.tables import inbox

pytestmark = [pytest.mark.system, pytest.mark.slow]

FAST: Final = {"POKEA_CORROBORATION": "fast"}
TOGETHER: Final = 3
"""Callbacks that arrive at once, so that a group dies and not only one."""

COMMITTED: Final = {"after_inbox_commit", "after_apply_commit", "before_ack"}
ROUNDS: Final = [
    pytest.param(2, id="twice"),
    pytest.param(30, id="30x", marks=pytest.mark.prove),
]


@dataclass
class Mortal:
    """A gateway that dies at a place, and the same one without the fail-point."""

    installation: Installation
    spares: Spares
    port: int

    def dies_at(self, place: str) -> SpareGateway:
        """The one that dies."""
        settings = {**self.installation.settings, "POKEA_FAILPOINT": place}
        return self._fork(replace(self.installation, settings=settings))

    def lives(self) -> SpareGateway:
        """The one that does not."""
        return self._fork(self.installation)

    def _fork(self, installation: Installation) -> SpareGateway:
        return SpareGateway(installation.serve(port=self.port), self.spares)

    def callbacks(self, attempts: list[Attempt]) -> list[Post]:
        """Safaricom says paid, for each."""
        return [
            Post(
                path=self.installation.path_of(attempt.id),
                body=paid_body(attempt, CLOCK.now(), receipt=f"UA{attempt.id[-8:]}"),
            )
            for attempt in attempts
        ]

    def effects(self, attempts: list[Attempt]) -> list[tuple[int, int]]:
        """Journal entries and successes of each."""
        with Truth(self.installation) as truth:
            return [truth.effects(attempt) for attempt in attempts]

    def inbox_rows(self, attempts: list[Attempt]) -> list[str]:
        """What became of the callbacks of these."""
        with Truth(self.installation) as truth:
            named = inbox.c.subject.in_([attempt.id for attempt in attempts])
            return [row[0] for row in truth.rows(select(inbox.c.state).where(named))]


@pytest.fixture
def mortal(database_url: str, tmp_path: Path) -> Iterator[Mortal]:
    installation = Installation(database_url, tmp_path / "run", settings=FAST)
    with Spares() as spares:
        yield Mortal(installation, spares, free_port())


@pytest.mark.parametrize(
    "place",
    ["after_parse", "before_event_insert", "in_apply_txn", *sorted(COMMITTED)],
)
@pytest.mark.parametrize("rounds", ROUNDS)
def test_a_callback_whose_process_dies_under_it_has_one_effect(
    mortal: Mortal, place: str, rounds: int
) -> None:
    """A08: killed at each named place; what was on disk by then needs no second callback."""
    for _ in range(rounds):
        die_and_go_on(mortal, place)


def die_and_go_on(mortal: Mortal, place: str) -> None:
    """One death, one life after it, and every callback a second time."""
    attempts = waiting_attempts(mortal.installation, TOGETHER)
    posts = mortal.callbacks(attempts)

    dying = mortal.dies_at(place).start()
    assert {reply.status for reply in volley(dying.url, posts)} == {None}
    dying.wait_for_end()

    on_disk = len(mortal.inbox_rows(attempts))
    assert on_disk >= 1 if place in COMMITTED else on_disk == 0
    with mortal.lives() as gateway:
        eventually(lambda: mortal.effects(attempts).count((1, 1)) == on_disk)
        assert {reply.status for reply in volley(gateway.url, posts)} == {200}

    assert mortal.effects(attempts) == [(1, 1)] * TOGETHER
    assert set(mortal.inbox_rows(attempts)) == {"applied"}


@pytest.mark.parametrize("rounds", ROUNDS)
def test_a_process_that_dies_around_its_spool_loses_and_doubles_nothing(
    mortal: Mortal, postgres_server: str, rounds: int
) -> None:
    """A08, spooled: killed after the write, and between the commit and the file's removal."""
    for _ in range(rounds):
        die_spooling(mortal, postgres_server)


def die_spooling(mortal: Mortal, server: str) -> None:
    """Two deaths, and one life after them."""
    installation = mortal.installation
    attempts = waiting_attempts(installation, TOGETHER)

    dying = mortal.dies_at("after_spool_write").start()
    with database_away(installation, server):
        replies = volley(dying.url, mortal.callbacks(attempts))
        dying.wait_for_end()
    assert {reply.status for reply in replies} == {None}
    (left,) = spooled(installation)

    moving = mortal.dies_at("after_spool_move")
    moving.launch()
    moving.wait_for_end()
    assert spooled(installation) == [left]
    kept = mortal.effects(attempts)
    with mortal.lives():
        eventually(lambda: spooled(installation) == [])

    assert kept == mortal.effects(attempts)
    assert kept.count((1, 1)) == len(mortal.inbox_rows(attempts)) >= 1


def database_away(installation: Installation, server: str) -> AbstractContextManager[None]:
    """Nobody can write: the server takes no connections, or the file is held."""
    url = installation.database_url
    return away(url, server) if installation.on_postgresql else held(url)


def spooled(installation: Installation) -> list[Path]:
    """The files of the spool."""
    return list((installation.folder / "data" / "spool").iterdir())
