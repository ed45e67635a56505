"""L06: a statement of 5,000 rows against everything that can be wrong with them, twice."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from harness import crowd
from harness.installation import CLOCK, NOBODY, Installation
from harness.paper import Paper, receipt_code
from harness.processes import Program, eventually, run_to_end
from harness.town import Town, a_town
from pokea.domain.reconciliation import business_day
from pokea.store.tables import journals, receipts, statement_lines

pytestmark = pytest.mark.system

ROWS: Final = 5_000
UNKNOWN_CREDITS: Final = 20
UNKNOWN_DEBITS: Final = 5
DIFFERENT: Final = 10
REPEATED: Final = 30
KNOWN: Final = ROWS - REPEATED - UNKNOWN_CREDITS - UNKNOWN_DEBITS


@pytest.fixture(params=["sqlite", "postgresql"])
def town(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Town]:
    url: str = request.getfixturevalue(f"{request.param}_url")
    with a_town(url, tmp_path / "town") as made:
        yield made


def command(installation: Installation, *arguments: str, code: int = 0) -> dict[str, Any]:
    """What a command says, as JSON."""
    ended = run_to_end([*arguments, "--json"], installation.environment, installation.folder)
    assert ended.returncode == code, (ended.stdout, ended.stderr)
    said: dict[str, Any] = json.loads(ended.stdout)
    return said


def count(installation: Installation, table: Any) -> int:
    with installation.store() as db, db.engine.connect() as connection:
        return len(connection.execute(table.select().with_only_columns(table.c.id)).all())


# ── the statement, as somebody bent it ───────────────────────────────────────────────────


def bent(text: str) -> tuple[list[list[str]], list[list[str]]]:
    """Ten amounts a shilling higher, balances that agree, and thirty rows twice."""
    rows = list(csv.reader(io.StringIO(text)))
    start = next(number for number, row in enumerate(rows) if row[:1] == ["Receipt No."]) + 1
    lines, shift = rows[start:], 0
    for number, line in enumerate(lines):
        if number % 400 == 7 and line[5] and shift < DIFFERENT:
            shift += 1
            line[5] = f"{float(line[5]) + 1:.2f}"
        line[6] = f"{float(line[6]) + shift:.2f}"
    assert shift == DIFFERENT
    return rows[:start], lines + lines[100 : 100 + REPEATED]


def written(path: Path, head: list[list[str]], lines: list[list[str]]) -> str:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(head + lines)
    return str(path)


@pytest.mark.slow
def test_a_statement_is_reconciled_to_the_shilling(town: Town, tmp_path: Path) -> None:
    installation = town.installation
    crowd.registered(town)
    crowd.pay(town, [1 + number % 900 for number in range(KNOWN)])
    crowd.registered(town, NOBODY)
    crowd.pay(town, [50] * UNKNOWN_CREDITS)
    crowd.send_out(town, [40] * UNKNOWN_DEBITS)
    eventually(lambda: count(installation, receipts) == KNOWN, within_s=60, every_s=0.5)
    head, lines = bent(
        eventually(lambda: _whole(crowd.statement(town)), within_s=30, every_s=0.5)
    )
    backwards = lines[::-1]

    first = command(
        installation, "statement", "import", written(tmp_path / "a.csv", head, backwards)
    )
    books = count(installation, journals)
    again = command(installation, "statement", "import", str(tmp_path / "a.csv"))
    other_bytes = command(
        installation, "statement", "import", written(tmp_path / "b.csv", head, lines)
    )

    assert first["rows"] == {
        "lines": ROWS - REPEATED,
        "known": 0,
        "repeated": REPEATED,
        "without_money": 0,
        "faulty": 0,
    }
    assert first["items"] == {
        "agreed": KNOWN - DIFFERENT,
        "missing_here": UNKNOWN_CREDITS + UNKNOWN_DEBITS,
        "missing_there": 0,
        "amount_differs": DIFFERENT,
        "open": UNKNOWN_DEBITS + DIFFERENT,
    }
    assert first["covers_period"]
    assert again["repeated"]
    assert other_bytes["rows"]["known"] == ROWS - REPEATED
    assert count(installation, journals) == books
    assert count(installation, receipts) == KNOWN + UNKNOWN_CREDITS
    _resolve_everything(town, first["id"])
    _agrees_to_the_shilling(town, first)


def _whole(text: str) -> str | None:
    """A statement in which all debits have arrived."""
    return (
        text if text.count("Business Payment to Customer via API,") == UNKNOWN_DEBITS else None
    )


def _resolve_everything(town: Town, reconciliation: str) -> None:
    page = town.merchant.get(
        f"/v1/reconciliations/{reconciliation}/items?status=open&limit=100"
    ).json()["data"]
    for item in page:
        answer = town.merchant.post(
            f"/v1/reconciliations/items/{item['id']}/resolve",
            json={
                "note": "seen on the portal",
                "by": "Achieng",
                "adjust_books": item["state"] == "amount_differs",
            },
        )
        assert answer.status_code == 200, answer.text


def _agrees_to_the_shilling(town: Town, imported: dict[str, Any]) -> None:
    today = business_day(CLOCK.now()).isoformat()
    day = command(town.installation, "reconcile", "--day", today)
    (utility,) = (one for one in day["accounts"] if one["account"] == 1010)
    assert utility["difference"] == "0.00"
    assert utility["paid_in"] == imported["paid_in"]
    assert utility["closing_balance"] == imported["closing_balance"]
    assert day["obstacles"][0] == "The day is not over in Nairobi."
    assert not any("break" in reason for reason in day["obstacles"])


# ── killed half-way ──────────────────────────────────────────────────────────────────────


@pytest.mark.prove  # the kill must meet it half-way, which a quick machine outruns
def test_a_killed_import_goes_on_to_the_same_end(town: Town, tmp_path: Path) -> None:
    installation, lines = town.installation, 3_000
    paper = Paper()
    for number in range(lines):
        paper.paid(receipt_code(number), 1 + number % 50)
    file = tmp_path / "statement.csv"
    file.write_text(paper.text())
    importing = Program(
        ["statement", "import", str(file), "--json"],
        installation.environment,
        installation.folder,
    )

    importing.launch()
    eventually(lambda: count(installation, statement_lines) >= 1_000, within_s=30)
    importing.kill()
    halfway = count(installation, statement_lines)
    done = command(installation, "statement", "import", str(file))

    assert 0 < halfway < lines
    assert done["rows"]["lines"] == lines
    assert done["items"]["missing_here"] == lines
    assert count(installation, receipts) == lines
    assert count(installation, statement_lines) == lines


# ── what the commands say ────────────────────────────────────────────────────────────────


def test_the_commands_say_what_to_do_next(town: Town, tmp_path: Path) -> None:
    installation = town.installation
    paper = Paper().moves("UAF0000001", -5_00, "Salary Payment").paid("UAF0000002")
    file = tmp_path / "statement.csv"
    file.write_text(paper.text())
    day = paper.day.isoformat()

    imported = _said(installation, "statement", "import", str(file), "--by", "Achieng")
    looked = _said(installation, "reconcile", "--day", day)
    refused = _said(installation, "reconcile", "--day", day, "--close", code=1)
    item = next(word for word in looked.split() if word.startswith("brk_"))
    resolved = _said(installation, "statement", "resolve", item, "--note", "wages of January")
    closed = _said(installation, "reconcile", "--day", day, "--close", "--by", "Achieng")

    assert "2 lines · 0 agreed · 2 missing here" in imported
    assert "finance: missing here UAF0000001" in imported
    assert "The day cannot be closed:\n  - 1 break is open" in refused
    assert resolved.startswith(f"{item} is resolved by ")
    assert "Waiting for an owner: 1 receipts, KES 100.00" in closed
    assert "Closed by Achieng" in closed


def test_what_cannot_be_imported_is_said_in_a_sentence(town: Town, tmp_path: Path) -> None:
    installation = town.installation
    pdf = tmp_path / "statement.pdf"
    pdf.write_bytes(b"%PDF-1.7")

    assert "This is a PDF" in _complaint(installation, "statement", "import", str(pdf))
    assert "No such file" in _complaint(installation, "statement", "import", "nowhere.csv")
    unknown = ("statement", "resolve", "brk_1", "--note", "?")
    assert "There is no such item" in _complaint(installation, *unknown)


def _said(installation: Installation, *arguments: str, code: int = 0) -> str:
    ended = run_to_end(arguments, installation.environment, installation.folder)
    assert ended.returncode == code, (ended.stdout, ended.stderr)
    return ended.stdout


def _complaint(installation: Installation, *arguments: str) -> str:
    ended = run_to_end(arguments, installation.environment, installation.folder)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.startswith("pokea: ")
    return ended.stderr
