"""Power cuts while Safaricom calls back: what moved there is booked here, to the cent."""

import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from time import sleep
from typing import Any, Final

import pytest

from harness.moved import booked, moved
from harness.time_travel import TimeMachine
from harness.town import Town
from pokea.store.tables import inbox

pytestmark = [pytest.mark.system, pytest.mark.slow]

CUTS: Final = [pytest.param(4), pytest.param(40, marks=pytest.mark.prove)]
CUSTOMERS: Final = 6
LATEST_MS: Final = 100
PAYS_AFTER: Final = timedelta(seconds=5)


def cut(time_machine: TimeMachine, number: int) -> list[dict[str, Any]]:
    """Customers pay; the gateway dies under their callbacks, and comes back."""
    town = time_machine.town
    phones = [f"2547{number:04d}{one:04d}" for one in range(CUSTOMERS)]
    for phone in phones:
        town.next_at(phone, action="pay", after_s=PAYS_AFTER.total_seconds())
    payments = [town.asks(phone, key=f"order-{phone}", expires_in=3600) for phone in phones]
    time_machine.ahead.go(2 * PAYS_AFTER)
    later = {"seconds": (2 * PAYS_AFTER).total_seconds()}
    with ThreadPoolExecutor(1) as beside:
        advancing = beside.submit(town.safaricom.post, "/_sim/clock/advance", json=later)
        sleep(zlib.crc32(f"cut {number}".encode()) % LATEST_MS / 1000)
        time_machine.gateway.kill()
        advancing.result().raise_for_status()
    time_machine.gateway.start()
    return payments


def acknowledged(town: Town, payments: list[dict[str, Any]]) -> set[str]:
    """The prompts whose callbacks were answered 200, of the latest that Safaricom remembers."""
    sent = town.safaricom.get("/_sim/deliveries").json()
    paths = {
        town.installation.path_of(one["latest_attempt"]["id"]): one["latest_attempt"]["id"]
        for one in payments
    }
    base = town.installation.settings["BASE_URL"]
    return {paths[one["url"].removeprefix(base)] for one in sent if one["status"] == 200}


@pytest.mark.parametrize("cuts", CUTS)
def test_what_customers_paid_is_in_the_books_whatever_callbacks_a_power_cut_took(
    time_machine: TimeMachine, cuts: int
) -> None:
    """A07, by the simulator's truth: its own callbacks, never sent again."""
    town = time_machine.town
    already = len(moved(town))
    payments = [one for number in range(cuts) for one in cut(time_machine, already + number)]
    answered = acknowledged(town, payments)
    assert answered <= set(time_machine.truth.column(inbox.c.subject))

    time_machine.passes(minutes=6)

    assert {town.shows(one)["status"] for one in payments} == {"succeeded"}
    assert booked(town) == moved(town)
    assert len(moved(town)) - already == cuts * CUSTOMERS
