"""A customer pays by hand at the simulator; the merchant's rules and hook have their say."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest

from harness.databases import PostgresTemplate, SqliteTemplate
from harness.examples import SECRET
from harness.hook import Asker, asked
from harness.processes import eventually, run_to_end
from harness.town import Town, a_town
from harness.truth import Truth
from pokea.store.tables import validations

pytestmark = pytest.mark.system

WANJIKU: Final = "0712345678"
LATE_MS: Final = 6_000
"""Far more than the second we promise, on a machine that does other things; less than the
eight after which Safaricom, and the simulator, would not wait any more."""

FUNCTION: Final = """
def may_pay(question):
    if question["account"].startswith("CLOSED"):
        return {"accept": False, "reason": "kyc"}
    if question["account"] == "BUG":
        raise LookupError("a bug of the merchant's")
    return True
"""


def registered(town: Town) -> None:
    """Safaricom asks this gateway before money comes by hand; without a word it would come."""
    installation = town.installation
    told = run_to_end(["register-urls"], installation.environment, installation.folder)
    assert told.returncode == 0, told.stderr


def pays(town: Town, account: str, amount: int = 150) -> dict[str, str]:
    """A customer pays from the menu of their phone; how it went."""
    reply = town.safaricom.post(
        "/_sim/c2b",
        json={"msisdn": WANJIKU, "amount": amount, "account": account},
        timeout=30,
    )
    assert reply.status_code == 200, reply.text
    told: dict[str, str] = reply.json()
    return told


def codes(told: list[dict[str, str]]) -> list[str]:
    """Safaricom's codes of the refusals that reached the customer."""
    return [code for one in told for code in re.findall(r"C2B\d{5}", one["reason"])]


def last_kept(town: Town, how_many: int) -> tuple[Any, ...]:
    """Because of what the last question was answered as it was, and in how many ms."""
    with Truth(town.installation) as truth:
        eventually(lambda: len(truth.column(validations.c.id)) == how_many)
        because = truth.column(validations.c.because)[-1]
        return because, truth.column(validations.c.elapsed_ms)[-1]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(
    request: pytest.FixtureRequest,
    sqlite_template: SqliteTemplate,
    postgres_template: PostgresTemplate,
    tmp_path: Path,
) -> Iterator[str]:
    if request.param == "sqlite":
        yield sqlite_template.fresh(tmp_path)
        return
    with postgres_template.fresh() as made:
        yield made


@pytest.fixture
def merchant() -> Iterator[Asker]:
    with asked() as asker:
        yield asker


def test_what_the_rules_refuse_is_told_the_customer(url: str, tmp_path: Path) -> None:
    rules = {"POKEA_VALIDATION_KNOWN_ACCOUNTS_ONLY": "true", "POKEA_VALIDATION_MAX": "200"}
    with a_town(url, tmp_path / "town", rules) as town:
        registered(town)
        town.asks(None, key="order-10042", account_reference="INV-10042")
        key = {"Idempotency-Key": "customer-1"}
        town.merchant.post("/v1/customers", json={"number": "ADM/7"}, headers=key)

        told = [
            pays(town, "INV-10043"),
            pays(town, "inv 10042", 149),
            pays(town, "adm7", 201),
            pays(town, "adm7", 77),
            pays(town, "inv 10042"),
        ]

        assert [one["state"] for one in told] == ["refused"] * 3 + ["paid"] * 2
        assert codes(told) == ["C2B00012", "C2B00013", "C2B00013"]


def test_the_merchants_server_is_asked_and_believed(
    url: str, tmp_path: Path, merchant: Asker
) -> None:
    hook = {"POKEA_VALIDATION_HOOK": merchant.url, "POKEA_VALIDATION_SECRET": SECRET}
    with a_town(url, tmp_path / "town", hook) as town:
        registered(town)

        paid = pays(town, "ADM/7")
        merchant.body = b'{"accept": false, "reason": "account"}'
        refused = pays(town, "ADM/8")

    assert (paid["state"], refused["state"]) == ("paid", "refused")
    assert codes([refused]) == ["C2B00012"]
    assert [one["account"] for one in merchant.asked] == ["ADM/7", "ADM/8"]
    assert WANJIKU[1:] not in str(merchant.asked)


@pytest.mark.parametrize(("default", "state"), [("accept", "paid"), ("refuse", "refused")])
def test_a_server_that_hangs_costs_a_customer_no_time(
    url: str, tmp_path: Path, merchant: Asker, default: str, state: str
) -> None:
    merchant.hangs = True
    hook = {
        "POKEA_VALIDATION_HOOK": merchant.url,
        "POKEA_VALIDATION_SECRET": SECRET,
        "POKEA_VALIDATION_DEFAULT": default,
    }
    with a_town(url, tmp_path / "town", hook) as town:
        registered(town)

        told = pays(town, "ADM/7")

        because, elapsed_ms = last_kept(town, 1)
        assert told["state"] == state
        assert "no answer" not in told["reason"]
        assert because == "hook_late"
        assert 700 <= elapsed_ms < LATE_MS


def test_a_function_of_the_merchants_has_its_say(url: str, tmp_path: Path) -> None:
    folder = tmp_path / "town"
    folder.mkdir()
    (folder / "duka.py").write_text(FUNCTION)
    with a_town(url, folder, {"POKEA_VALIDATION_HOOK": "duka:may_pay"}) as town:
        registered(town)

        told = [pays(town, account) for account in ("ADM/7", "CLOSED-1", "BUG")]

        assert [one["state"] for one in told] == ["paid", "refused", "paid"]
        assert codes(told) == ["C2B00014"]
        assert last_kept(town, 3)[0] == "hook_failed"
        assert httpx2.get(f"{town.gateway.url}/livez").status_code == 200
        assert "a bug of the merchant's" in town.gateway.words()


def test_a_function_that_is_not_there_is_said_before_anything_starts(
    sqlite_url: str, tmp_path: Path
) -> None:
    folder = tmp_path / "town"
    folder.mkdir()
    with (
        pytest.raises(AssertionError, match=r"POKEA_VALIDATION_HOOK: No module named 'duka'"),
        a_town(sqlite_url, folder, {"POKEA_VALIDATION_HOOK": "duka:may_pay"}),
    ):
        pass
