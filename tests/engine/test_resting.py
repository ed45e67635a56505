"""Rows that fail rest: one second, then twice as long each time, five minutes at most."""

from pokea.engine.rests import Rests
from pokea.flows.ports import WorkKind

ROW = (WorkKind.ATTEMPT, "att_1")


def test_a_failing_row_rests_twice_as_long_each_time() -> None:
    rests, now, lengths = Rests(), 0.0, list[float]()

    for _ in range(12):
        rests.failed(ROW, now)
        began = now
        while rests.rests(ROW, now):
            now += 0.5
        lengths.append(now - began)

    assert lengths == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]


def test_a_row_that_succeeds_begins_again_with_a_short_rest() -> None:
    rests = Rests()
    for _ in range(5):
        rests.failed(ROW, 0)

    rests.succeeded(ROW)
    assert not rests.rests(ROW, 0)

    rests.failed(ROW, 0)
    assert rests.rests(ROW, 0.9)
    assert not rests.rests(ROW, 1)


def test_a_row_without_room_rests_and_does_not_count_as_failing() -> None:
    rests = Rests()

    rests.no_room(ROW, 0)

    assert rests.rests(ROW, 0.9)
    assert rests.failing(0) == 0


def test_a_row_that_is_due_no_longer_is_forgotten() -> None:
    rests = Rests()
    rests.failed(ROW, 0)
    assert rests.failing(100) == 1

    assert rests.failing(302) == 0
