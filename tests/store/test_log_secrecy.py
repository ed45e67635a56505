"""What a failed statement says: which rule it broke, and nothing of what was being written."""

from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError
from structlog.testing import capture_logs

from harness.examples import NOW, a_payment, an_endpoint
from harness.stores import open_store
from pokea.flows.errors import Unavailable
from pokea.flows.ports import Tx
from pokea.observe import describe, tell
from pokea.store.database import SqlDatabase

CANARY = "canary-sings"
ENDPOINT = replace(an_endpoint(1), url=f"https://{CANARY}.example/hook")


def add_twice(tx: Tx) -> None:
    """Break a constraint with a merchant's plain text."""
    tx.accounts.add(ENDPOINT.account_id, "Duka", NOW)
    tx.endpoints.add(ENDPOINT, NOW)
    tx.endpoints.add(ENDPOINT, NOW)


def test_a_broken_constraint_is_told_by_its_name(db: SqlDatabase) -> None:
    with pytest.raises(IntegrityError) as broken:
        db.write_here(add_twice)

    told = tell(broken.value)
    assert CANARY not in told
    assert "IntegrityError" in told
    if db.engine.dialect.name == "postgresql":
        assert CANARY not in str(describe(broken.value))
        assert describe(broken.value)["sqlstate"] == "23505"
        assert describe(broken.value)["constraint"] == "pk_webhook_endpoints"
    else:
        assert describe(broken.value)["sqlite"].startswith("SQLITE_CONSTRAINT")


def test_parameters_are_in_no_error(db: SqlDatabase) -> None:
    with pytest.raises(IntegrityError) as broken:
        db.write_here(add_twice)

    assert f"'{ENDPOINT.url}'" not in str(broken.value)
    assert "hide_parameters" in str(broken.value)


def test_an_unavailable_database_is_logged_without_its_words(postgresql_url: str) -> None:
    wrong = postgresql_url.rpartition("/")[0] + f"/{CANARY}"

    with open_store(wrong) as db, capture_logs() as logs, pytest.raises(Unavailable):
        db.write_here(lambda tx: tx.payments.add(a_payment()))

    assert [line["event"] for line in logs] == ["database.unavailable"]
    assert CANARY not in str(logs)
    assert logs[0]["error"] == "OperationalError"
