"""On PostgreSQL a killed worker's work is taken over: deliveries, questions and expiries."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import func, select

from harness.callbacks import paid_body
from harness.examples import ACCOUNT
from harness.installation import CLOCK, Gateway, Installation, waiting_attempts
from harness.processes import eventually
from harness.receiver import Receiver, listening
from harness.truth import Truth
from harness.volley import Post, volley
from pokea.domain.delivery import Endpoint
from pokea.domain.ids import EndpointId
from pokea.store.tables import deliveries
from pokea.wiring.world import UlidIds

pytestmark = [pytest.mark.system, pytest.mark.slow]

EVENTS: Final = 60
SECRET: Final = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


@pytest.fixture
def installation(postgresql_url: str, tmp_path: Path) -> Installation:
    fast = {"POKEA_CORROBORATION": "fast"}
    return Installation(postgresql_url, tmp_path / "run", settings=fast)


@pytest.fixture
def shop(installation: Installation) -> Iterator[Receiver]:
    """A merchant who listens to the account that the tests write for."""
    with listening() as receiver, installation.store() as db:
        receiver.secret = SECRET
        endpoint = Endpoint(
            id=EndpointId(UlidIds().new("endpoint")),
            account_id=ACCOUNT,
            livemode=False,
            url=receiver.url,
            secret=SECRET,
        )
        db.write_here(lambda tx: tx.accounts.add(ACCOUNT, "Duka", CLOCK.now()))
        db.write_here(lambda tx: tx.endpoints.add(endpoint, CLOCK.now()))
        yield receiver


def settle(installation: Installation, gateway: Gateway) -> set[str]:
    """Many payments are paid at once; the payments' ids."""
    attempts = waiting_attempts(installation, EVENTS, account=ACCOUNT)
    posts = [
        Post(
            path=installation.path_of(attempt.id),
            body=paid_body(attempt, CLOCK.now(), receipt=f"UAF7X2K{number:03d}"),
        )
        for number, attempt in enumerate(attempts)
    ]
    assert {reply.status for reply in volley(gateway.url, posts)} == {200}
    return {attempt.payment_id for attempt in attempts}


def heard_of(shop: Receiver) -> dict[str, set[str]]:
    """The webhook ids under which each payment was heard of."""
    found: dict[str, set[str]] = {}
    for one in list(shop.received):
        found.setdefault(one.event["data"]["object"]["id"], set()).add(one.webhook_id)
    return found


def test_a_gateway_without_a_worker_only_answers(
    installation: Installation, shop: Receiver
) -> None:
    with installation.serve("--no-worker") as gateway:
        settle(installation, gateway)

    assert shop.received == []
    with Truth(installation) as truth:
        assert truth.rows(select(func.count()).select_from(deliveries)) == [(EVENTS,)]


def test_a_killed_workers_deliveries_are_taken_over(
    installation: Installation, shop: Receiver
) -> None:
    with installation.serve("--no-worker") as gateway:
        paid = settle(installation, gateway)
        first = installation.worker().start()
        eventually(lambda: len(shop.received) >= 5)
        first.kill()
        assert len(heard_of(shop)) < EVENTS

        with installation.worker():
            # A send that was cut off is sent again when its lease of a minute has ended.
            eventually(lambda: set(heard_of(shop)) == paid, within_s=90)

    assert all(len(ids) == 1 for ids in heard_of(shop).values())


def test_two_workers_share_the_work_and_send_each_event_once(
    installation: Installation, shop: Receiver
) -> None:
    with (
        installation.serve("--no-worker") as gateway,
        installation.worker(),
        installation.worker(),
    ):
        paid = settle(installation, gateway)
        eventually(lambda: set(heard_of(shop)) == paid)
        eventually(lambda: _states(installation) == {"delivered"})

    assert len(shop.received) == EVENTS


def test_a_worker_is_woken_and_does_not_wait_for_a_poll(
    installation: Installation, shop: Receiver
) -> None:
    with installation.serve("--no-worker") as gateway, installation.worker():
        settle(installation, gateway)

        eventually(lambda: len(heard_of(shop)) == EVENTS, within_s=5)


def _states(installation: Installation) -> set[Any]:
    with Truth(installation) as truth:
        return {row[0] for row in truth.rows(select(deliveries.c.state).distinct())}
