"""Deliveries are leased, one try at a time, in the order of each object's events."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from harness.examples import ACCOUNT, NOW, a_delivery, an_endpoint, an_event
from pokea.domain.delivery import SEND_LEASE, Delivery, DeliveryState
from pokea.flows.ports import Tx
from pokea.store.database import SqlDatabase

SHOP = an_endpoint(1)


@pytest.fixture
def sent(db: SqlDatabase) -> list[Delivery]:
    """Three events of one payment and one of another, all on their way to one endpoint."""
    events = [an_event(1), an_event(2), an_event(3), an_event(1, of=2)]
    deliveries = [
        a_delivery(event, number=number, to=SHOP) for number, event in enumerate(events)
    ]

    def write(tx: Tx) -> None:
        tx.accounts.add(ACCOUNT, "Duka", NOW)
        tx.endpoints.add(SHOP, NOW)
        tx.events.add(events)
        tx.deliveries.add(deliveries)

    db.write_here(write)
    return deliveries


def lease(
    db: SqlDatabase, delivery: Delivery, after: timedelta = timedelta()
) -> Delivery | None:
    return db.write_here(lambda tx: tx.deliveries.lease(delivery.id, now=NOW + after))


def tried(db: SqlDatabase, delivery: Delivery, state: DeliveryState) -> None:
    done = replace(delivery, tries=delivery.tries + 1, state=state, due_at=None)
    db.write_here(lambda tx: tx.deliveries.save(done))


def test_a_due_delivery_is_leased_as_it_was(db: SqlDatabase, sent: list[Delivery]) -> None:
    leased = lease(db, sent[0])

    assert leased == replace(sent[0], due_at=NOW + SEND_LEASE)


def test_a_leased_delivery_is_nobody_elses_until_the_lease_ends(
    db: SqlDatabase, sent: list[Delivery]
) -> None:
    lease(db, sent[0])

    assert lease(db, sent[0]) is None
    assert lease(db, sent[0], SEND_LEASE - timedelta(microseconds=1)) is None
    assert lease(db, sent[0], SEND_LEASE) is not None


def test_a_delivery_is_not_leased_before_its_time(
    db: SqlDatabase, sent: list[Delivery]
) -> None:
    assert lease(db, sent[0], -timedelta(microseconds=1)) is None


def test_the_next_event_waits_for_the_first_try_of_the_one_before(
    db: SqlDatabase, sent: list[Delivery]
) -> None:
    assert lease(db, sent[1]) is None

    tried(db, sent[0], DeliveryState.RETRYING)

    assert lease(db, sent[2]) is None
    assert lease(db, sent[1]) is not None


def test_objects_do_not_wait_for_each_other(db: SqlDatabase, sent: list[Delivery]) -> None:
    assert lease(db, sent[3]) is not None


def test_the_follower_of_an_event_is_the_next_of_its_object(
    db: SqlDatabase, sent: list[Delivery]
) -> None:
    tried(db, sent[0], DeliveryState.DELIVERED)

    follower = db.write_here(lambda tx: tx.deliveries.next_of_object(sent[0]))

    assert follower == sent[1].id
    assert db.write_here(lambda tx: tx.deliveries.next_of_object(sent[3])) is None


@pytest.mark.parametrize(
    "state", [DeliveryState.DELIVERED, DeliveryState.EXHAUSTED, DeliveryState.HELD]
)
def test_an_ended_delivery_is_never_leased(
    db: SqlDatabase, sent: list[Delivery], state: DeliveryState
) -> None:
    ended = replace(sent[0], tries=1, state=state, due_at=NOW)
    db.write_here(lambda tx: tx.deliveries.save(ended))

    assert lease(db, sent[0], timedelta(days=1)) is None


def test_the_slower_of_two_workers_does_not_undo_the_quicker(
    db: SqlDatabase, sent: list[Delivery]
) -> None:
    tried(db, sent[0], DeliveryState.DELIVERED)

    late = replace(sent[0], tries=1, state=DeliveryState.RETRYING, due_at=NOW)
    db.write_here(lambda tx: tx.deliveries.save(late))

    assert lease(db, sent[0], timedelta(days=1)) is None


def test_a_try_keeps_its_status_and_error(db: SqlDatabase, sent: list[Delivery]) -> None:
    failed = replace(
        sent[0], tries=1, state=DeliveryState.RETRYING, last_status=503, last_error="Busy"
    )
    db.write_here(lambda tx: tx.deliveries.save(failed))

    again = lease(db, sent[0])

    assert again is not None
    assert (again.tries, again.last_status, again.last_error) == (1, 503, "Busy")


def test_an_event_goes_to_an_endpoint_once(db: SqlDatabase, sent: list[Delivery]) -> None:
    twin = a_delivery(an_event(1), number=77, to=SHOP)

    with pytest.raises(IntegrityError):
        db.write_here(lambda tx: tx.deliveries.add([twin]))
    assert len(sent) == 4
