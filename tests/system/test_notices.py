"""Alerts and receipts from the real programs, on both databases, also when they are killed."""

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from harness.callbacks import paid_body
from harness.installation import CLOCK, Gateway, Installation, waiting_attempts
from harness.processes import eventually, run_to_end
from harness.service import Service, messaging
from pokea.daraja.values import Money
from pokea.domain.attempt import Attempt
from pokea.store.tables import notices

pytestmark = pytest.mark.system

LONG_AGO = timedelta(seconds=30)
"""Longer than a sweep's grace: nobody hands the row over but the sweep."""


@pytest.fixture
def service() -> Generator[Service]:
    with messaging() as found:
        yield found


def tells(installation: Installation, service: Service) -> None:
    installation.settings |= {
        "POKEA_CORROBORATION": "fast",
        "POKEA_MERCHANT_NAME": "Duka la Wanjiku",
        "POKEA_NOTIFY_OPERATORS": f"json://{service.address}/operators",
        "POKEA_NOTIFY_CUSTOMERS": f"json://{service.address}/customers/{{phone}}",
    }


@contextmanager
def rows(installation: Installation) -> Generator[list[Any]]:
    with installation.store() as db, db.engine.connect() as connection:
        yield list(connection.execute(select(notices)))


def states(installation: Installation) -> list[str]:
    with rows(installation) as found:
        return [row.state for row in found]


def pays(installation: Installation, gateway: Gateway) -> Attempt:
    """A customer pays, and is to be told of it."""
    (attempt,) = waiting_attempts(installation, 1)
    hears(gateway, installation.path_of(attempt.id), paid_body(attempt, CLOCK.now()))
    return attempt


def let_leases_end(installation: Installation, at: datetime) -> None:
    with installation.store() as db, db.engine.begin() as connection:
        connection.execute(update(notices).values(due_at=at))


def test_what_needs_a_person_reaches_one_at_once(
    installation: Installation, service: Service
) -> None:
    tells(installation, service)
    with installation.serve() as gateway:
        (attempt,) = waiting_attempts(installation, 1)
        hears(
            gateway,
            installation.path_of(attempt.id),
            paid_body(
                attempt, CLOCK.now(), items={"Amount": str(attempt.amount + Money.shillings(1))}
            ),
        )

        (text,) = eventually(lambda: service.texts)

    assert text.startswith("TEST Pokea: A payment needs your decision. ")
    assert attempt.payment_id in text
    assert service.paths == ["/operators"]
    assert states(installation) == ["sent"]


def test_a_customer_who_paid_is_told_once_though_the_callback_came_five_times(
    installation: Installation, service: Service
) -> None:
    tells(installation, service)
    with installation.serve() as gateway:
        (attempt,) = waiting_attempts(installation, 1)
        body = paid_body(attempt, CLOCK.now())
        for _ in range(5):
            hears(gateway, installation.path_of(attempt.id), body)

        (text,) = eventually(lambda: service.texts)

    assert text == (
        "TEST Duka la Wanjiku: we have received KES 100.00 for INV-1."
        " M-PESA receipt UAF7X2K9QP. Thank you."
    )
    assert service.paths == [f"/customers/{attempt.phone.digits}"]
    assert states(installation) == ["sent"]


def test_a_receipt_that_was_on_the_wire_when_pokea_was_killed_is_unsure(
    installation: Installation, service: Service
) -> None:
    tells(installation, service)
    service.behaviours.append("stall")
    gateway = installation.serve().start()
    attempt = pays(installation, gateway)
    eventually(lambda: service.texts)
    gateway.kill()
    assert states(installation) == ["sending"]

    let_leases_end(installation, CLOCK.now() - LONG_AGO)
    with installation.serve() as again:
        eventually(lambda: states(installation) == ["unsure"])
        said = again.words()

    assert len(service.texts) == 1
    assert "notice.unsure" in said
    assert attempt.phone.digits not in said


def test_a_receipt_on_the_wire_is_waited_for_when_pokea_is_stopped(
    installation: Installation, service: Service
) -> None:
    tells(installation, service)
    service.behaviours.append("slow")
    gateway = installation.serve().start()
    pays(installation, gateway)
    eventually(lambda: service.texts)

    gateway.process.terminate()
    threading.Timer(1, service.over.set).start()
    gateway.stop()

    assert states(installation) == ["sent"]


def test_a_test_message_reaches_every_operator_and_failures_are_told(
    installation: Installation, service: Service
) -> None:
    tells(installation, service)
    operators = f"json://{service.address}/a, json://{service.address}/b"
    environment = installation.environment | {"POKEA_NOTIFY_OPERATORS": operators}

    ended = run_to_end(["notify", "test"], environment, installation.folder)
    assert (ended.returncode, ended.stdout) == (0, "operator 1: sent\noperator 2: sent\n")

    service.behaviours.append(401)
    customer = ["notify", "test", "--phone", "0712345678", "--json"]
    ended = run_to_end(customer, environment, installation.folder)
    assert ended.returncode == 1
    assert "not sent: refused with HTTP status 401" in ended.stdout
    assert service.paths[-1] == "/customers/254712345678"


def test_what_became_of_notices_is_listed_beside_a_running_gateway(
    installation: Installation, service: Service
) -> None:
    tells(installation, service)
    service.behaviours.append("drop")
    listing = ["notify", "list", "--json", "--state"]
    with installation.serve() as gateway:
        attempt = pays(installation, gateway)
        eventually(lambda: states(installation) == ["unsure"])

        with rows(installation) as (row,):
            waiting = row.id
        unsure = run_to_end([*listing, "unsure"], installation.environment, installation.folder)
        sent = run_to_end([*listing, "sent"], installation.environment, installation.folder)

    (shown,) = json.loads(unsure.stdout)["notices"]
    assert (shown["id"], shown["state"], shown["tries"]) == (waiting, "unsure", "1")
    assert shown["to"] == f"customer {attempt.phone.masked}"
    assert shown["why"] == "no clear answer"
    assert json.loads(sent.stdout) == {"notices": []}


def test_without_operators_a_test_says_that_alerts_go_to_nobody(
    installation: Installation,
) -> None:
    ended = run_to_end(["notify", "test"], installation.environment, installation.folder)

    assert ended.returncode == 1
    assert ended.stderr == "pokea: POKEA_NOTIFY_OPERATORS is not set, so alerts go to nobody.\n"


def hears(gateway: Gateway, path: str, body: bytes) -> None:
    with gateway.calls() as caller:
        assert caller.post(path, content=body).status_code == 200
