"""The merchant's books over HTTP: journals, accounts at any moment, balances, invariants."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from harness.bookkeeper import an_entry, held
from harness.examples import ACCOUNT, NOW, SHORTCODE
from harness.site import STRANGER, Site
from harness.tampering import change_amounts
from pokea.daraja.values import Shortcode
from pokea.domain.balance import BalanceReading, Figure
from pokea.domain.ids import BalanceId, InquiryId
from pokea.domain.ledger import JournalEntry
from pokea.flows.check_books import check_books

# Entries without the payments that they are about: there is nothing else to look at.
pytestmark = [pytest.mark.anyio, pytest.mark.breaks_the_books]

MINUTE = timedelta(minutes=1)


def book(site: Site, *entries: JournalEntry) -> None:
    site.world.db.write_here(lambda tx: tx.journals.add(entries))


async def read(site: Site, path: str, **query: str) -> dict[str, Any]:
    reply = await site.http.get(path, params=query)
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.json()
    return found


async def look(site: Site) -> None:
    world = site.world
    await check_books(world.deps.db, world.deps.auditor, world.clock)


async def test_a_journal_is_shown_with_numbers_names_and_shillings(site: Site) -> None:
    book(site, an_entry(150))

    shown = (await read(site, "/v1/ledger/transactions"))["data"]

    assert shown == [
        {
            "id": shown[0]["id"],
            "object": "ledger_transaction",
            "livemode": False,
            "kind": "collect",
            "source": an_entry(150).source_id,
            "corrects": None,
            "shortcode": "174379",
            "created_at": "2026-01-15T09:30:00.000Z",
            "postings": [
                {
                    "debit": {"number": 1010, "name": "mpesa_utility"},
                    "credit": {"number": 1100, "name": "customer_receivable"},
                    "amount": "150.00",
                    "layer": "posted",
                }
            ],
        }
    ]


async def test_journals_come_in_pages_with_the_newest_first(site: Site) -> None:
    book(site, *(an_entry(number) for number in (1, 2, 3)))

    first = await read(site, "/v1/ledger/transactions", limit="2")
    rest = await read(
        site, "/v1/ledger/transactions", limit="2", starting_after=first["next_cursor"]
    )
    back = await read(
        site, "/v1/ledger/transactions", ending_before=rest["data"][0]["id"], limit="2"
    )

    assert first["has_more"]
    assert [one["source"][-1] for one in first["data"]] == ["3", "2"]
    assert [one["source"][-1] for one in rest["data"]] == ["1"]
    assert back["data"] == first["data"]


async def test_journals_are_found_by_kind_and_time(site: Site) -> None:
    book(site, an_entry(1), held(2), replace(an_entry(3), at=NOW + MINUTE))

    holds = await read(site, "/v1/ledger/transactions", kind="hold")
    later = await read(
        site, "/v1/ledger/transactions", **{"created[gte]": "2026-01-15T09:30:30Z"}
    )

    assert [one["kind"] for one in holds["data"]] == ["hold"]
    assert [one["source"][-1] for one in later["data"]] == ["3"]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/v1/ledger/transactions", {"kind": "theft"}),
        ("/v1/ledger/transactions", {"starting_after": "pay_1"}),
        ("/v1/ledger/transactions", {"colour": "red"}),
        ("/v1/ledger/accounts", {"at": "yesterday"}),
        ("/v1/ledger/accounts", {"shortcode": "0"}),
    ],
    ids=str,
)
async def test_a_filter_that_cannot_be_read_is_refused(
    site: Site, path: str, query: dict[str, str]
) -> None:
    assert (await site.http.get(path, params=query)).status_code == 422


async def test_accounts_are_shown_as_they_were_at_a_moment(site: Site) -> None:
    book(site, an_entry(100), replace(an_entry(20), at=NOW + 2 * MINUTE))

    shown = await read(site, "/v1/ledger/accounts", at="2026-01-15T09:31:00Z")

    assert shown["at"] == "2026-01-15T09:31:00.000Z"
    assert shown["data"] == [
        {
            "object": "ledger_account",
            "number": 1010,
            "name": "mpesa_utility",
            "type": "asset",
            "shortcode": "174379",
            "balance": "100.00",
            "pending": "0.00",
        },
        {
            "object": "ledger_account",
            "number": 1100,
            "name": "customer_receivable",
            "type": "asset",
            "shortcode": "174379",
            "balance": "-100.00",
            "pending": "0.00",
        },
    ]


async def test_a_liability_is_positive_when_it_is_owed(site: Site) -> None:
    book(site, an_entry(100, unmatched=True))

    shown = await read(site, "/v1/ledger/accounts")

    assert [(one["name"], one["balance"]) for one in shown["data"]] == [
        ("mpesa_utility", "100.00"),
        ("suspense_unmatched", "100.00"),
    ]


async def test_a_balance_says_what_is_held_and_what_is_left(site: Site) -> None:
    book(site, an_entry(100), held(30), replace(an_entry(7), shortcode=Shortcode("600997")))

    shown = await read(site, "/v1/balances")

    figures = {
        one["shortcode"]: (one["ledger"], one["held"], one["available"])
        for one in shown["data"]
    }
    assert figures == {
        "174379": ("100.00", "30.00", "70.00"),
        "600997": ("7.00", "0.00", "7.00"),
    }
    assert {one["account"] for one in shown["data"]} == {"mpesa_utility"}


async def test_a_balance_has_mpesas_own_figure_and_what_differed(site: Site) -> None:
    book(site, an_entry(100))
    before = mpesa_says(1, cents=9_000, ledger_cents=10_000)
    last = replace(mpesa_says(2, cents=9_500), heard_at=NOW + MINUTE, as_of=NOW + MINUTE)
    site.world.db.write_here(lambda tx: tx.balances.add([before, last]))

    (shown,) = (await read(site, "/v1/balances"))["data"]

    assert shown == {
        "object": "balance",
        "shortcode": "174379",
        "account": "mpesa_utility",
        "ledger": "100.00",
        "held": "0.00",
        "available": "100.00",
        "mpesa": "95.00",
        "mpesa_as_of": "2026-01-15T09:31:00.000Z",
        "difference": "10.00",
        "difference_as_of": "2026-01-15T09:30:00.000Z",
    }


def mpesa_says(number: int, *, cents: int, ledger_cents: int | None = None) -> BalanceReading:
    """M-PESA's answer; compared with the books when those are given."""
    return BalanceReading(
        id=BalanceId(f"bal_{number}"),
        account_id=ACCOUNT,
        livemode=False,
        shortcode=SHORTCODE,
        inquiry_id=InquiryId(f"inq_{number}"),
        figures=(
            Figure(
                name="Utility Account",
                currency="KES",
                current_cents=cents,
                available_cents=cents,
                ledger_cents=ledger_cents,
            ),
        ),
        as_of=NOW,
        heard_at=NOW,
        compared_at=None if ledger_cents is None else NOW,
    )


async def test_a_stranger_sees_nothing_of_it(site: Site) -> None:
    book(site, an_entry(100), replace(an_entry(5), account_id=STRANGER))

    journals = (await site.stranger.get("/v1/ledger/transactions")).json()["data"]
    balances = (await site.stranger.get("/v1/balances")).json()["data"]

    assert [one["source"][-1] for one in journals] == ["5"]
    assert [one["ledger"] for one in balances] == ["5.00"]


async def test_before_the_first_look_nothing_is_known_of_the_invariants(site: Site) -> None:
    shown = await read(site, "/v1/ledger/invariants")

    assert (shown["checked_at"], shown["opens_payments"], shown["data"]) == (None, True, [])


async def test_the_invariants_are_shown_as_the_last_look_found_them(site: Site) -> None:
    await look(site)

    shown = await read(site, "/v1/ledger/invariants")

    assert shown["checked_at"] == "2026-01-15T09:30:00.000Z"
    assert [one["number"] for one in shown["data"]] == list(range(1, 11))
    assert all(one["holds"] for one in shown["data"])


async def test_a_broken_invariant_is_counted_and_names_nobody(site: Site) -> None:
    book(site, an_entry(1))
    await look(site)
    change_amounts(site.world.db.engine)
    await look(site)

    shown = await read(site, "/v1/ledger/invariants")
    chain = next(one for one in shown["data"] if one["name"] == "chain_holds")

    assert not shown["opens_payments"]
    assert chain == {
        "object": "ledger_invariant",
        "number": 6,
        "name": "chain_holds",
        "holds": False,
        "broken_by": 1,
    }


async def test_damaged_books_are_a_503_that_says_what_to_do(site: Site) -> None:
    book(site, an_entry(1))
    await look(site)
    change_amounts(site.world.db.engine)
    await look(site)

    reply = await site.http.post(
        "/v1/payments", json={"amount": 5}, headers={"Idempotency-Key": "order-10042-v1"}
    )

    assert (reply.status_code, reply.json()["code"]) == (503, "books_broken")
    assert reply.json()["retryable"]
    assert "pokea doctor" in reply.json()["detail"]
