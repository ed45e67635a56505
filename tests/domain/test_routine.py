"""When a duty comes round again."""

from datetime import timedelta

from harness.examples import NOW, a_routine
from pokea.domain.routine import EVERY, LEASE, RUN_MAX, RoutineKind, begun, failed, succeeded


def test_every_kind_of_duty_has_its_interval() -> None:
    assert set(EVERY) == set(RoutineKind)


def test_a_duty_is_broken_off_before_its_lease_ends() -> None:
    assert RUN_MAX < LEASE


def test_a_duty_that_is_being_done_is_due_when_its_lease_ends() -> None:
    taken = begun(a_routine(), NOW)

    assert taken.due_at == NOW + LEASE
    assert taken.started_at == NOW


def test_a_duty_that_went_well_forgets_its_failures() -> None:
    ended = succeeded(failed(a_routine(), NOW, "no answer"), NOW, {"asked": "3"})

    assert (ended.failures, ended.last_error, ended.last_ok_at) == (0, None, NOW)
    assert ended.state == {"asked": "3"}
    assert ended.due_at == NOW + EVERY[ended.kind]


def test_a_duty_that_failed_keeps_what_it_knew_and_is_tried_again_soon() -> None:
    before = succeeded(a_routine(), NOW, {"asked": "3"})

    ended = failed(failed(before, NOW, "no answer"), NOW, "no answer either")

    assert (ended.failures, ended.last_error) == (2, "no answer either")
    assert ended.state == before.state
    assert ended.last_ok_at == NOW
    assert ended.due_at is not None
    assert ended.due_at <= NOW + timedelta(minutes=5)
