"""The chain: whatever is done to a journal, its link does not hold any more, and only its."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from pokea.domain.chain import (
    GENESIS,
    Head,
    Link,
    WrittenJournal,
    breaks,
    canonical,
    hash_after,
    linked,
)

AT = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)


def a_journal(number: int = 1) -> WrittenJournal:
    return WrittenJournal(
        id=f"jrn_{number}",
        kind="collect",
        source_id=f"att_{number}",
        account_id="acct_1",
        livemode=False,
        shortcode="174379",
        at=AT,
        corrects_id=None,
        lines=((1, 1010, 1100, 10_000, False),),
    )


CHAIN = linked(Head(), [a_journal(number) for number in range(1, 6)])


def found(links: list[Link]) -> list[str]:
    return [str(broken) for broken in breaks(Head(), links)]


def test_the_bytes_that_are_hashed_never_change() -> None:
    assert canonical(a_journal()) == (
        b'["jrn_1","collect","att_1","acct_1",false,"174379",'
        b'"2026-01-15T09:30:00.000000+00:00",null,[[1,1010,1100,10000,false]]]'
    )
    assert hash_after(GENESIS, a_journal()).hex() == (
        "ecaae064aa74f3475476d8c0635901a7bb4f61fc2d16013a1f2265019d689c29"
    )


def test_the_same_instant_is_the_same_bytes_in_any_zone() -> None:
    nairobi = timezone(timedelta(hours=3))

    assert canonical(replace(a_journal(), at=AT.astimezone(nairobi))) == canonical(a_journal())


def test_an_untouched_chain_holds_from_its_first_link() -> None:
    assert found(CHAIN) == []
    assert [link.number for link in CHAIN] == [1, 2, 3, 4, 5]


def test_a_chain_is_made_longer_from_where_it_ends() -> None:
    head = Head(number=2, hash=CHAIN[1].hash)

    assert linked(head, [a_journal(3), a_journal(4), a_journal(5)]) == CHAIN[2:]
    assert list(breaks(head, CHAIN[2:])) == []


@pytest.mark.parametrize(
    "change",
    [
        {"lines": ((1, 1010, 1100, 10_001, False),)},
        {"lines": ((1, 1010, 2100, 10_000, False),)},
        {"lines": ((1, 1010, 1100, 10_000, True),)},
        {"lines": ()},
        {"kind": "c2b"},
        {"source_id": "att_9"},
        {"account_id": "acct_2"},
        {"livemode": True},
        {"shortcode": "600997"},
        {"at": AT + timedelta(microseconds=1)},
        {"corrects_id": "jrn_1"},
    ],
    ids=str,
)
def test_whatever_is_changed_in_a_journal_breaks_its_link_alone(change: dict[str, Any]) -> None:
    changed = replace(CHAIN[2], journal=replace(a_journal(3), **change))

    assert found([*CHAIN[:2], changed, *CHAIN[3:]]) == [
        "jrn_3 (number 3) is not what was linked"
    ]


def test_a_journal_that_has_vanished_is_named() -> None:
    gone = replace(CHAIN[2], journal=None)

    assert found([*CHAIN[:2], gone, *CHAIN[3:]]) == ["jrn_3 (number 3) has vanished"]


def test_a_link_that_has_vanished_is_named_and_so_is_what_it_held_together() -> None:
    assert found([*CHAIN[:2], *CHAIN[3:]]) == ["? (number 3) is missing from the chain"]


def test_links_that_changed_places_do_not_hold() -> None:
    swapped = [
        replace(CHAIN[3], number=3),
        replace(CHAIN[2], number=4),
    ]

    assert len(found([*CHAIN[:2], *swapped, CHAIN[4]])) == 3
