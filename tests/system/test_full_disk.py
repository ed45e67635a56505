"""L10: the disk that holds the database and the spool is full, and then there is room again."""

import json
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx2
import pytest
from sqlalchemy import text

from harness.databases import PostgresTemplate, SqliteTemplate
from harness.installation import Installation, paid, waiting_attempts
from harness.postgres import Cluster, a_cluster, programs
from harness.processes import eventually, run_to_end
from harness.small_disk import SPOOL_MAX, SmallDisk, a_small_disk
from harness.truth import Truth
from harness.volley import Post, Reply, stream
from pokea.domain.attempt import Attempt
from pokea.store.tables import inbox, payments

pytestmark = [pytest.mark.system, pytest.mark.slow]

PER_S: Final = 60
BEFORE_S: Final = 1.0
FULL_S: Final = [pytest.param(5, id="5s"), pytest.param(30, id="30s", marks=pytest.mark.prove)]
SETTINGS: Final = {"POKEA_CORROBORATION": "fast", **SPOOL_MAX}


@dataclass
class Crammed:
    """A gateway's whole installation on a small disk."""

    installation: Installation
    disk: SmallDisk
    cluster: Cluster | None

    def free(self) -> None:
        """Somebody makes room; a database that has ended is started again."""
        self.disk.free()
        if self.cluster is not None:
            self.cluster.revive()

    def is_undamaged(self) -> bool:
        """The database's own check of every page finds nothing."""
        if self.cluster is None:
            with Truth(self.installation) as truth:
                return truth.rows(text("pragma integrity_check")) == [("ok",)]
        command = [programs() / "pg_amcheck", "--install-missing", "--heapallindexed"]
        url = self.installation.database_url
        return subprocess.run([*command, url], check=False).returncode == 0


@pytest.fixture(params=["sqlite", "postgresql"])
def crammed(
    request: pytest.FixtureRequest, sqlite_template: SqliteTemplate
) -> Iterator[Crammed]:
    if request.param == "sqlite":
        with a_small_disk(32) as disk:
            url = sqlite_template.fresh(disk.folder)
            made = Installation(url, disk.folder / "run", settings=SETTINGS)
            yield Crammed(made, disk, None)
        return
    with (
        a_small_disk(256) as disk,
        a_cluster(disk.folder) as cluster,
        PostgresTemplate(cluster.url).fresh() as url,
    ):
        made = Installation(url, disk.folder / "run", settings=SETTINGS)
        yield Crammed(made, disk, cluster)


def asked(installation: Installation, how_many: int) -> list[Post]:
    """The merchant opens payments that nobody is prompted for."""
    key = installation.merchant["api_key"]
    return [
        Post(
            path="/v1/payments",
            body=b'{"amount":100}',
            headers={"Authorization": f"Bearer {key}", "Idempotency-Key": f"order-{one:05d}"},
        )
        for one in range(how_many)
    ]


def good(replies: Sequence[Reply]) -> list[int]:
    """Which ones were answered with a promise."""
    return [one for one, reply in enumerate(replies) if reply.status in {200, 201}]


def settled(installation: Installation, attempts: Sequence[Attempt]) -> bool:
    """Whether each of these has one journal entry and one success, and nothing has two."""
    with Truth(installation) as truth:
        booked, told = truth.all_effects()
    assert set(booked.values()) | set(told.values()) <= {1}
    return {one.id for one in attempts} <= set(booked)


@pytest.mark.parametrize("full_s", FULL_S)
def test_a_full_disk_refuses_and_loses_nothing_that_was_promised(
    crammed: Crammed, full_s: int
) -> None:
    """L10: callbacks and the merchant go on at their pace the whole time."""
    installation = crammed.installation
    many = PER_S // 2 * (full_s + 2)
    orders = asked(installation, many)
    attempts = waiting_attempts(installation, many, account=installation.merchant["account"])
    callbacks = paid(installation, attempts)

    with installation.serve() as gateway:
        posts = [post for pair in zip(callbacks, orders, strict=True) for post in pair]
        happenings = {BEFORE_S: crammed.disk.fill, BEFORE_S + full_s: crammed.free}
        replies = stream(gateway.url, posts, per_s=PER_S, meanwhile=happenings)
        told, opened = replies[::2], replies[1::2]
        assert {reply.status for reply in told} == {200, 503}
        assert {reply.status for reply in opened} == {201, 503}
        assert max(reply.took_s for reply in told) < 10

        eventually(lambda: settled(installation, [attempts[one] for one in good(told)]))
        with Truth(installation) as truth:
            known = set(truth.column(payments.c.id))
        assert {json.loads(opened[one].body)["id"] for one in good(opened)} <= known

        again = eventually(lambda: accepted(gateway.url, posts))
        assert len(again) == 2 * many
        eventually(lambda: settled(installation, attempts))
        # After a restart of PostgreSQL the work stands still for a minute at most.
        eventually(lambda: is_ready(gateway.url), within_s=60)
    check_everything(crammed, opened=2 * many)


def is_ready(url: str) -> bool:
    """Whether everything is as it should be."""
    reply = httpx2.get(f"{url}/readyz", trust_env=False)
    return (reply.status_code, reply.json()["status"]) == (200, "ready")


def accepted(url: str, posts: Sequence[Post]) -> list[Reply]:
    """The replies when all of it is taken, sent once more."""
    replies = stream(url, posts, per_s=400)
    return replies if len(good(replies)) == len(posts) else []


def check_everything(crammed: Crammed, *, opened: int) -> None:
    """Every page, every row and every figure."""
    installation = crammed.installation
    assert crammed.is_undamaged()
    doctor = run_to_end(["doctor", "--json"], installation.environment, installation.folder)
    assert doctor.returncode == 0, doctor.stdout
    with Truth(installation) as truth:
        assert set(truth.column(inbox.c.state)) == {"applied"}
        assert len(truth.column(payments.c.id)) == opened
    left = list(Path(installation.folder / "data" / "spool").iterdir())
    assert left == []
