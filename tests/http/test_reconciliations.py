"""``/v1/reconciliations``: files in, items out, each resolved by somebody."""

from typing import Any

import httpx2
import pytest

from harness.examples import NOW
from harness.paper import Paper
from harness.reconciling import LATER, has_heard
from harness.site import Site
from statements.workbooks import xlsx

pytestmark = pytest.mark.anyio

CSV = {"Content-Type": "text/csv"}


@pytest.fixture
def paper() -> Paper:
    return Paper().paid("UAF0000001").moves("UAF0000002", -5_00, "Salary Payment")


async def sends(site: Site, content: str | bytes, **headers: str) -> httpx2.Response:
    site.world.clock.at = NOW + LATER
    return await site.http.post(
        "/v1/reconciliations", content=content, headers={"Content-Type": "text/csv"} | headers
    )


async def items(site: Site, reconciliation: str, query: str = "") -> list[dict[str, Any]]:
    reply = await site.http.get(f"/v1/reconciliations/{reconciliation}/items{query}")
    assert reply.status_code == 200, reply.text
    found: list[dict[str, Any]] = reply.json()["data"]
    return found


async def test_a_file_is_compared_and_shown(site: Site, paper: Paper) -> None:
    await has_heard(site.world, "UAF0000001")

    reply = await sends(site, paper.text())

    shown = reply.json()
    assert reply.status_code == 201
    assert shown["object"] == "reconciliation"
    assert shown["status"] == "completed"
    assert shown["items"] == {
        "agreed": 1,
        "missing_here": 1,
        "missing_there": 0,
        "amount_differs": 0,
        "open": 1,
    }
    assert shown["period"]["to"] == "2026-01-15T13:30:00.000Z"
    assert (shown["paid_in"], shown["withdrawn"]) == ("100.00", "5.00")
    assert (shown["shortcode"], shown["account"]) == ("174379", "utility")
    again = await site.http.get(f"/v1/reconciliations/{shown['id']}")
    assert again.json() == shown | {"faults": []}


async def test_the_same_file_again_is_the_same_reconciliation(site: Site, paper: Paper) -> None:
    first = await sends(site, paper.text())

    again = await sends(site, paper.text())

    assert (again.status_code, again.json()) == (200, first.json())


async def test_a_form_carries_a_spreadsheet_with_its_name(site: Site) -> None:
    site.world.clock.at = NOW + LATER
    book = xlsx(
        [
            ["Receipt No.", "Completion Time", "Paid In", "Withdrawn", "Transaction Type"],
            ["UAF0000001", "15-01-2026 12:30:00", 100, "", "Pay Bill"],
        ]
    )

    reply = await site.http.post(
        "/v1/reconciliations", files={"file": ("january.xlsx", book.getvalue())}
    )

    assert reply.status_code == 201, reply.text
    assert reply.json()["file_name"] == "january.xlsx"
    assert reply.json()["items"]["missing_here"] == 1


async def test_imports_are_listed_newest_first(site: Site, paper: Paper) -> None:
    first = (await sends(site, paper.text())).json()["id"]
    second = (await sends(site, paper.paid("UAF0000003").text())).json()["id"]

    page = (await site.http.get("/v1/reconciliations?limit=1")).json()
    rest = (await site.http.get(f"/v1/reconciliations?starting_after={second}")).json()

    assert [one["id"] for one in page["data"]] == [second]
    assert (page["has_more"], page["next_cursor"]) == (True, second)
    assert [one["id"] for one in rest["data"]] == [first]


async def test_items_say_whose_they_are_and_what_to_do(site: Site, paper: Paper) -> None:
    await has_heard(site.world, "UAF0000001", shillings=90)
    name = (await sends(site, paper.text())).json()["id"]

    (debit,) = await items(site, name, "?state=missing_here&status=open")
    (differing,) = await items(site, name, "?state=amount_differs")

    assert (debit["cause"], debit["owner"], debit["theirs"]) == (
        "unknown_debit",
        "finance",
        "5.00",
    )
    assert (differing["ours"], differing["theirs"]) == ("90.00", "100.00")
    assert differing["receipt"] == "UAF0000001"
    assert differing["action"].startswith("M-PESA's figure is what moved")


async def test_an_item_is_resolved_once_and_says_by_whom(site: Site, paper: Paper) -> None:
    await has_heard(site.world, "UAF0000001", shillings=90)
    name = (await sends(site, paper.text())).json()["id"]
    (item,) = await items(site, name, "?state=amount_differs")
    path = f"/v1/reconciliations/items/{item['id']}/resolve"
    said = {"note": "till slip 77", "by": "Achieng", "adjust_books": True}

    first = await site.http.post(path, json=said)
    again = await site.http.post(path, json=said)

    assert first.status_code == 200
    assert (first.json()["status"], first.json()["resolved_by"]) == ("resolved", "Achieng")
    assert first.json()["adjusted_books"] is True
    assert (again.status_code, again.json()["code"]) == (409, "break_resolved")
    assert (1010, 2100, 1_000) in site.world.booked()


async def test_rows_that_cannot_be_read_are_named(site: Site, paper: Paper) -> None:
    paper.rows[0][1] = "yesterday"

    name = (await sends(site, paper.text())).json()["id"]

    (fault,) = (await site.http.get(f"/v1/reconciliations/{name}")).json()["faults"]
    assert fault["line"] == 5
    assert '"yesterday"' in fault["reason"]


async def test_somebody_elses_reconciliation_does_not_exist(site: Site, paper: Paper) -> None:
    name = (await sends(site, paper.text())).json()["id"]
    (item,) = await items(site, name, "?status=open")
    said = {"note": "mine", "by": "a stranger"}

    for reply in (
        await site.stranger.get(f"/v1/reconciliations/{name}"),
        await site.stranger.get(f"/v1/reconciliations/{name}/items"),
        await site.stranger.post(f"/v1/reconciliations/items/{item['id']}/resolve", json=said),
    ):
        assert reply.status_code == 404, reply.text
    assert (await site.stranger.get("/v1/reconciliations")).json()["data"] == []


@pytest.mark.parametrize(
    ("content", "media_type", "status", "code"),
    [
        (b"phone,amount\n", "text/csv", 422, "statement_unreadable"),
        (b"", "text/csv", 422, "statement_unreadable"),
        (b"{}", "application/json", 415, "unsupported_media_type"),
        (b"%PDF-1.7", "application/octet-stream", 422, "statement_unreadable"),
    ],
)
async def test_what_is_no_statement_is_refused_with_its_reason(
    site: Site, content: bytes, media_type: str, status: int, code: str
) -> None:
    reply = await sends(site, content, **{"Content-Type": media_type})

    assert (reply.status_code, reply.json()["code"]) == (status, code)
    assert reply.headers["content-type"] == "application/problem+json"


async def test_a_form_without_a_file_says_so(site: Site) -> None:
    reply = await site.http.post("/v1/reconciliations", files={"other": ("a", b"b")})

    assert (reply.status_code, reply.json()["param"]) == (422, "file")


@pytest.mark.parametrize("path", ["rec_1", "rec_00000000000000000000000009"])
async def test_there_is_no_such_reconciliation(site: Site, path: str) -> None:
    reply = await site.http.get(f"/v1/reconciliations/{path}")

    assert (reply.status_code, reply.json()["code"]) == (404, "reconciliation_not_found")


async def test_a_larger_file_than_other_bodies_is_taken(site: Site, paper: Paper) -> None:
    notes = "\n" + "a note below the table\n" * 20_000

    reply = await sends(site, paper.text() + notes)

    assert len(notes) > 256 * 1024
    assert reply.status_code == 201, reply.text


async def test_a_file_above_twenty_mebibytes_is_not(site: Site) -> None:
    reply = await sends(site, b"x" * (20 * 1024 * 1024 + 1))

    assert (reply.status_code, reply.json()["code"]) == (413, "body_too_large")


async def test_without_a_key_nothing_is_read(site: Site) -> None:
    reply = await sends(site, b"x", Authorization="")

    assert reply.status_code == 401
