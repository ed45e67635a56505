"""The books of a running gateway: nobody changes them unnoticed, and a doctor sees it."""

import csv
import io
import json
from collections.abc import Iterator
from subprocess import CompletedProcess
from typing import Any

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError

from harness.callbacks import paid_body
from harness.databases import sqlalchemy_url
from harness.installation import CLOCK, Gateway, Installation, waiting_attempts
from harness.processes import run_to_end
from harness.tampering import as_superuser
from harness.truth import Truth
from pokea.domain.attempt import Attempt
from pokea.store.database import open_engine
from pokea.store.tables import events, journal_chain, journals, payments, postings

pytestmark = pytest.mark.system

RECEIPTS = ("UAF7X2K9Q1", "UAF7X2K9Q2", "UAF7X2K9Q3")


@pytest.fixture
def paid(installation: Installation) -> Iterator[Gateway]:
    """A running gateway that has counted three payments."""
    installation.settings["POKEA_CORROBORATION"] = "fast"
    account = installation.merchant["account"]  # before the gateway holds the database
    with installation.serve() as gateway:
        made = waiting_attempts(installation, 3, account=account)
        for attempt, receipt in zip(made, RECEIPTS, strict=True):
            assert pays(installation, gateway, attempt, receipt) == 200
        yield gateway
        assert gateway.process.poll() is None


@pytest.fixture
def truth(installation: Installation) -> Iterator[Truth]:
    """The gateway's tables, read from outside."""
    with Truth(installation) as reading:
        yield reading


def pays(installation: Installation, gateway: Gateway, attempt: Attempt, receipt: str) -> int:
    """Safaricom says that an attempt is paid; the answer's status."""
    with gateway.calls() as calls:
        body = paid_body(attempt, CLOCK.now(), receipt=receipt)
        return calls.post(installation.path_of(attempt.id), content=body).status_code


def doctor(installation: Installation, *arguments: str) -> CompletedProcess[str]:
    return run_to_end(["doctor", *arguments], installation.environment, installation.folder)


def found_by(ended: CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    """What a doctor's JSON says, by name."""
    return {check["name"]: check for check in json.loads(ended.stdout)["checks"]}


@pytest.mark.usefixtures("paid")
def test_a_doctor_works_beside_a_gateway_and_finds_all_well(installation: Installation) -> None:
    ended = doctor(installation, "--json")

    said = json.loads(ended.stdout)
    assert ended.returncode == 0, ended.stdout
    assert said["ok"]
    assert said["opens_payments"]
    assert said["chain"]["number"] == 3
    assert [check["name"] for check in said["checks"]] == [
        "database",
        "schema",
        "key_ring",
        "journals_balance",
        "transit_is_explained",
        "receipts_are_booked_once",
        "success_comes_once",
        "allocations_agree",
        "chain_holds",
        "events_are_complete",
        "nothing_is_half_done",
        "mpesa_agrees",
        "work_is_scheduled",
    ]


@pytest.mark.usefixtures("paid")
def test_a_doctor_speaks_to_people_too(installation: Installation) -> None:
    ended = doctor(installation)

    assert ended.returncode == 0
    assert "every journal sums to zero" in ended.stdout
    assert "FAIL" not in ended.stdout


def test_a_doctor_without_a_database_says_what_to_do(installation: Installation) -> None:
    elsewhere = "sqlite:////nowhere/pokea.db"
    installation.settings["DATABASE_URL"] = elsewhere

    ended = doctor(installation, "--json")

    assert ended.returncode == 1
    assert "There is no database at /nowhere/pokea.db" in found_by(ended)["database"]["detail"]


@pytest.mark.usefixtures("paid")
def test_a_doctor_with_another_key_ring_says_so_and_still_weighs_the_books(
    installation: Installation,
) -> None:
    installation.settings["POKEA_SECRET_KEYS"] = "0123456789abcdef" * 4

    ended = doctor(installation, "--json")

    checks = found_by(ended)
    assert ended.returncode == 1
    assert not checks["key_ring"]["ok"]
    assert checks["journals_balance"]["ok"]


# ── somebody changes what is booked (L03, L04, L05) ──────────────────────────────────────


@pytest.mark.usefixtures("paid")
@pytest.mark.parametrize(
    "table", [journals, postings, events, journal_chain], ids=lambda table: table.name
)
def test_what_is_booked_is_never_changed_nor_removed(
    installation: Installation, table: Any, truth: Truth
) -> None:
    """L03: neither the gateway nor its database user can."""
    doctor(installation)  # links the chain
    before = truth.rows(select(table))
    assert before
    column = table.primary_key.columns[0]

    with installation.store() as db:
        for statement in (update(table).values({column: column}), delete(table)):
            with pytest.raises(DBAPIError, match="append-only"), db.engine.begin() as changing:
                changing.execute(statement)

    assert truth.rows(select(table)) == before


@pytest.mark.breaks_the_books
def test_a_changed_amount_is_found_at_its_row_and_closes_the_shop(
    installation: Installation, paid: Gateway, truth: Truth
) -> None:
    """L04: one cent, changed by somebody who may do anything in the database."""
    assert doctor(installation).returncode == 0
    waiting = waiting_attempts(installation, 1, account=installation.merchant["account"])[0]
    victim = truth.column(journal_chain.c.journal_id)[1]
    alter(installation, victim)

    ended = doctor(installation, "--json")

    checks = found_by(ended)
    assert ended.returncode == 1
    assert checks["chain_holds"]["offending"] == [f"{victim} (number 2) is not what was linked"]
    with paid.calls(installation.merchant["api_key"]) as calls:
        refused = calls.post(
            "/v1/payments", json={"amount": 5}, headers={"Idempotency-Key": "order-10042"}
        )
        health = calls.get("/readyz")
    assert (refused.status_code, refused.json()["code"]) == (503, "books_broken")
    assert len(truth.column(payments.c.id)) == 4
    assert (health.status_code, health.json()["checks"]["books"]) == (200, False)
    # Money that is on its way is counted all the same.
    assert pays(installation, paid, waiting, "UAF7X2K9Q4") == 200
    assert truth.payment_state(waiting) == "succeeded"


@pytest.mark.breaks_the_books
def test_books_that_were_mended_open_the_shop_again(
    installation: Installation, paid: Gateway, truth: Truth
) -> None:
    """L04, and back: what was changed is put right."""
    doctor(installation)
    victim = truth.column(journal_chain.c.journal_id)[1]
    alter(installation, victim)
    assert doctor(installation).returncode == 1
    alter(installation, victim, "amount_cents - 1")

    assert doctor(installation).returncode == 0
    with paid.calls(installation.merchant["api_key"]) as calls:
        opened = calls.post(
            "/v1/payments", json={"amount": 5}, headers={"Idempotency-Key": "order-10042"}
        )
    assert opened.status_code == 201


@pytest.mark.usefixtures("paid")
@pytest.mark.parametrize(
    "unbalanced",
    [
        "insert into postings values (:id, 2, 1010, 1010, 500, false)",
        "insert into postings values (:id, 2, 1010, 1100, 0, false)",
        "insert into postings values (:id, 2, 1010, 1100, -500, false)",
        "insert into postings values (:id, 2, null, 1100, 500, false)",
    ],
    ids=["against itself", "nothing", "less than nothing", "one side only"],
)
def test_an_unbalanced_journal_cannot_be_written_by_anybody(
    installation: Installation, unbalanced: str, truth: Truth
) -> None:
    """L05: the database itself refuses it."""
    before = truth.rows(select(postings)), truth.rows(select(journals))
    engine = open_engine(sqlalchemy_url(installation.database_url))

    with pytest.raises(DBAPIError), as_superuser(engine) as connection:
        connection.execute(text(unbalanced), {"id": before[1][0][0]})

    engine.dispose()
    assert (truth.rows(select(postings)), truth.rows(select(journals))) == before


def alter(installation: Installation, journal_id: str, sql: str = "amount_cents + 1") -> None:
    """Change one amount, as somebody with the database's password can."""
    engine = open_engine(sqlalchemy_url(installation.database_url))
    with as_superuser(engine) as connection:
        connection.execute(
            text(f"update postings set amount_cents = {sql} where journal_id = :id"),  # noqa: S608
            {"id": journal_id},
        )
    engine.dispose()


# ── the journal as a file ────────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("paid")
def test_the_journal_of_a_period_is_a_file_that_an_accountant_reads(
    installation: Installation,
) -> None:
    ended = run_to_end(["ledger", "export"], installation.environment, installation.folder)

    rows = list(csv.DictReader(io.StringIO(ended.stdout)))
    assert ended.returncode == 0
    assert ended.stderr == "3 journals\n"
    assert [(row["debit_name"], row["credit_name"], row["amount"]) for row in rows] == [
        ("mpesa_utility", "customer_receivable", "100.00")
    ] * 3


@pytest.mark.usefixtures("paid")
def test_the_journal_is_exported_for_programs_too(installation: Installation) -> None:
    ended = run_to_end(
        ["ledger", "export", "--format", "json", "--since", "2026-01-15"],
        installation.environment,
        installation.folder,
    )

    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [line["object"] for line in lines] == ["ledger_transaction"] * 3
    assert {line["merchant"] for line in lines} == {installation.merchant["account"]}


@pytest.mark.usefixtures("paid")
def test_a_period_in_which_nothing_happened_is_an_empty_file(
    installation: Installation,
) -> None:
    ended = run_to_end(
        ["ledger", "export", "--until", "2020-01-01"],
        installation.environment,
        installation.folder,
    )

    assert ended.returncode == 0
    assert len(ended.stdout.splitlines()) == 1


def test_a_period_that_cannot_be_read_is_refused(installation: Installation) -> None:
    ended = run_to_end(
        ["ledger", "export", "--since", "yesterday"],
        installation.environment,
        installation.folder,
    )

    assert ended.returncode == 1
    assert "--since yesterday: write a day" in ended.stderr
