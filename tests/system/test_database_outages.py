"""The database is stopped under load: every 200 that was given keeps its promise."""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import httpx2
import pytest
from sqlalchemy.engine import make_url

from harness.databases import PostgresTemplate
from harness.installation import Gateway, Installation, paid, waiting_attempts
from harness.ports import free_port
from harness.postgres import Cluster, a_cluster
from harness.processes import eventually
from harness.truth import Truth
from harness.volley import Post, Reply, stream
from pokea.domain.attempt import Attempt
from pokea.store.tables import inbox

pytestmark = [pytest.mark.system, pytest.mark.slow]

PER_S: Final = 50
BEFORE_S: Final = 1.0
FAST: Final = {"POKEA_CORROBORATION": "fast"}
OUTAGES: Final = [pytest.param(4, id="4s"), pytest.param(30, id="30s", marks=pytest.mark.prove)]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL of these tests' own."""
    with a_cluster() as made:
        yield made


@pytest.fixture
def on_postgresql(cluster: Cluster, tmp_path: Path) -> Iterator[Installation]:
    with PostgresTemplate(cluster.url).fresh() as url:
        yield Installation(url, tmp_path / "run", settings=FAST)


def prompted(installation: Installation, outage_s: int) -> list[Attempt]:
    """Enough payments for a second before the outage, the outage, and a second after it."""
    return waiting_attempts(installation, PER_S * (outage_s + 2))


def settled_once(installation: Installation, attempts: Sequence[Attempt]) -> bool:
    """Whether each of these has one journal entry and one success, and nothing has two."""
    with Truth(installation) as truth:
        booked, told = truth.all_effects()
    assert set(booked.values()) | set(told.values()) <= {1}
    return {one.id for one in attempts} <= set(booked)


def statuses(replies: Sequence[Reply]) -> set[int | None]:
    return {reply.status for reply in replies}


def spooled(gateway: Gateway) -> int:
    """How many callbacks the gateway has written to its spool."""
    with gateway.calls() as caller:
        for line in caller.get("/metrics").text.splitlines():
            if line.startswith("pokea_spooled_callbacks_total "):
                return int(float(line.split()[1]))
    raise AssertionError("the metric is missing")


@pytest.mark.parametrize("outage_s", OUTAGES)
def test_while_postgresql_is_stopped_every_callback_is_answered_and_none_is_lost(
    on_postgresql: Installation, cluster: Cluster, outage_s: int
) -> None:
    """A09: 50 callbacks a second go on while the database is away."""
    attempts = prompted(on_postgresql, outage_s)

    with on_postgresql.serve() as gateway:
        outage = {BEFORE_S: cluster.stop_at_once, BEFORE_S + outage_s: cluster.launch}
        posts = paid(on_postgresql, attempts)
        replies = stream(gateway.url, posts, per_s=PER_S, meanwhile=outage)

        assert statuses(replies) == {200}
        assert max(reply.took_s for reply in replies) < 5
        cluster.wait()
        eventually(lambda: settled_once(on_postgresql, attempts), within_s=10)
        assert spooled(gateway) > PER_S * (outage_s - 1)

    with Truth(on_postgresql) as truth:
        assert set(truth.column(inbox.c.state)) == {"applied"}
    assert list((on_postgresql.folder / "data" / "spool").iterdir()) == []


@pytest.mark.parametrize("outage_s", OUTAGES)
def test_a_gateway_killed_while_postgresql_is_stopped_loses_nothing_it_acknowledged(
    on_postgresql: Installation, cluster: Cluster, outage_s: int
) -> None:
    """A10: the process that kept the callbacks is gone; the next one finds them."""
    attempts = prompted(on_postgresql, outage_s)
    gateway = on_postgresql.serve(port=free_port()).start()
    happenings = {
        BEFORE_S: cluster.stop_at_once,
        BEFORE_S + outage_s / 2: gateway.kill,
        BEFORE_S + outage_s: cluster.launch,
    }

    posts = paid(on_postgresql, attempts)
    replies = stream(gateway.url, posts, per_s=PER_S, meanwhile=happenings)
    answered = [one for one, reply in zip(attempts, replies, strict=True) if reply.status]

    assert statuses(replies) == {200, None}
    assert PER_S < len(answered) < len(attempts)
    cluster.wait()
    with on_postgresql.serve():
        eventually(lambda: settled_once(on_postgresql, answered), within_s=10)


def test_another_process_of_the_host_adopts_what_a_killed_one_kept(
    on_postgresql: Installation, cluster: Cluster
) -> None:
    """A10, with two gateways: the one that lives moves what the other left."""
    attempts = waiting_attempts(on_postgresql, 2 * PER_S)
    with on_postgresql.serve() as survivor:
        killed = on_postgresql.serve().start()
        cluster.stop_at_once()
        replies = stream(killed.url, paid(on_postgresql, attempts), per_s=PER_S)
        killed.kill()
        cluster.start()

        assert statuses(replies) == {200}
        eventually(lambda: settled_once(on_postgresql, attempts), within_s=20)
        assert spooled(survivor) == 0


def test_with_neither_database_nor_spool_nothing_is_acknowledged(
    on_postgresql: Installation, cluster: Cluster
) -> None:
    """A11: 503, and a proxy hears of it within five seconds."""
    attempts = waiting_attempts(on_postgresql, PER_S)
    block_spool(on_postgresql)
    with on_postgresql.serve("--no-worker") as gateway:
        assert ready(gateway) == (200, "degraded", {"database": True, "spool": False})
        cluster.stop_at_once()
        try:
            posts = paid(on_postgresql, attempts)
            replies = stream(gateway.url, posts, per_s=PER_S)
            found = ready(gateway)
        finally:
            cluster.start()

        assert statuses(replies) == {503}
        assert found == (503, "not_ready", {"database": False, "spool": False})
        eventually(lambda: ready(gateway)[0] == 200)
        again = eventually(lambda: accepted(gateway, paid(on_postgresql, attempts)))
    assert len(again) == len(attempts)
    assert settled_once(on_postgresql, attempts)


def block_spool(installation: Installation) -> None:
    """A file where the folder should be: for every user, root too, nothing can be written."""
    data = installation.folder / "data"
    data.mkdir(parents=True)
    (data / "spool").write_text("in the way")


def ready(gateway: Gateway) -> tuple[int, str, dict[str, bool]]:
    """What a proxy hears."""
    reply = httpx2.get(f"{gateway.url}/readyz", trust_env=False, timeout=5)
    body = reply.json()
    checks = {name: body["checks"][name] for name in ("database", "spool")}
    return reply.status_code, body["status"], checks


def accepted(gateway: Gateway, posts: Sequence[Post]) -> list[Reply]:
    """The replies when all are 200."""
    replies = stream(gateway.url, posts, per_s=1000)
    return replies if statuses(replies) == {200} else []


def test_while_another_program_holds_the_sqlite_file_callbacks_are_kept(
    sqlite_url: str, tmp_path: Path
) -> None:
    """A09 on SQLite: its outage is a lock."""
    installation = Installation(sqlite_url, tmp_path / "run", settings=FAST)
    attempts = prompted(installation, 4)
    other = sqlite3.connect(str(make_url(sqlite_url).database), check_same_thread=False)

    with installation.serve() as gateway:
        posts = paid(installation, attempts)
        locks = {
            BEFORE_S: lambda: other.execute("begin exclusive"),
            BEFORE_S + 4: lambda: other.execute("rollback"),
        }
        replies = stream(gateway.url, posts, per_s=PER_S, meanwhile=locks)
        other.close()

        assert statuses(replies) == {200}
        assert max(reply.took_s for reply in replies) < 5
        eventually(lambda: settled_once(installation, attempts), within_s=10)
        assert spooled(gateway) > PER_S
