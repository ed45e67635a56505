"""Questions to a real Safaricom of ours: addresses, statuses, balances, and its own list."""

import json
import time
from collections.abc import Iterator
from typing import Any, Final

import pytest
from sqlalchemy import func, select

from harness.installation import NOBODY
from harness.processes import eventually, run_to_end
from harness.pulling import pulls_again
from harness.town import Town, a_town
from harness.truth import Truth
from pokea.store.tables import inquiries, journals, receipts

pytestmark = [pytest.mark.system, pytest.mark.slow]

PAYS: Final = "254700000000"
WALKS_IN: Final = "254712345678"


@pytest.fixture(scope="module")
def town(module_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A gateway with an API operator and with Pull, whose addresses are registered."""
    with a_town(module_url, tmp_path_factory.mktemp("town"), operator=True) as made:
        told = says(made, "register-urls", "--pull", "0712345678", "--json")
        assert told["urls"] == "registered"
        yield made


def runs(town: Town, *arguments: str, **settings: str) -> tuple[int, str, str]:
    """A command's exit code and its words."""
    installation = town.installation
    environment = installation.environment | settings
    ended = run_to_end(arguments, environment, installation.folder)
    assert "Traceback" not in ended.stderr
    return ended.returncode, ended.stdout, ended.stderr


def says(town: Town, *arguments: str) -> dict[str, Any]:
    """The JSON that a command prints."""
    code, out, errors = runs(town, *arguments)
    assert code == 0, errors
    found: dict[str, Any] = json.loads(out)
    return found


def pays_by_hand(town: Town, shillings: int, account: str) -> str:
    """A customer pays from the menu; the receipt."""
    body = {
        "msisdn": WALKS_IN,
        "shortcode": town.installation.environment["MPESA_SHORTCODE"],
        "amount": str(shillings),
        "account": account,
    }
    reply = town.safaricom.post("/_sim/c2b", json=body)
    assert reply.status_code == 200, reply.text
    found: str = reply.json()["receipt"]
    return found


def knows(town: Town, receipt: str) -> Any:
    """The state of a receipt here, if it is known."""
    with Truth(town.installation) as truth:
        found = truth.rows(select(receipts.c.state).where(receipts.c.receipt == receipt))
    return found[0][0] if found else None


# ── addresses ────────────────────────────────────────────────────────────────────────────


def test_money_by_hand_is_announced_at_the_registered_address(town: Town) -> None:
    receipt = pays_by_hand(town, 150, "NOBODY-1")

    assert eventually(lambda: knows(town, receipt)) == "unmatched"


def test_in_production_addresses_are_registered_once(town: Town) -> None:
    town.safaricom.patch("/_sim/switches", json={"habits": "production"})
    try:
        told = says(town, "register-urls", "--json")
    finally:
        town.safaricom.patch("/_sim/switches", json={"habits": "sandbox"})

    assert told["urls"] == "already_registered"
    assert told["confirmation_url"].startswith(town.gateway.url + "/i/c/")
    assert told["validation_url"].startswith(town.gateway.url + "/i/v/")


def test_the_other_words_for_it_are_understood_and_a_person_is_told_what_to_do(
    town: Town,
) -> None:
    fault = {"product": "c2b_v2", "times": 1, "sync": "duplicate_notification"}
    assert town.safaricom.post("/_sim/faults", json=fault).status_code == 201

    code, out, _ = runs(town, "register-urls")

    assert code == 0
    assert "URL Management" in out


def test_registering_again_names_the_same_addresses(town: Town) -> None:
    first, again = (says(town, "register-urls", "--json") for _ in range(2))

    assert first == again


def test_what_safaricom_refuses_is_said_in_its_words(town: Town) -> None:
    code, _, errors = runs(town, "register-urls", MPESA_SHORTCODE="999999")

    assert code == 1
    assert "Safaricom refuses" in errors
    assert "ShortCode" in errors


@pytest.mark.parametrize(
    ("address", "word"),
    [
        ("https://pay.example/mpesa", "mpesa"),
        ("https://pay.example/SQL", "SQL"),
        ("https://execute.example", "exe"),
        ("https://my-query.example", "query"),
    ],
)
def test_a_banned_word_is_named_before_anybody_is_asked(
    town: Town, address: str, word: str
) -> None:
    code, _, errors = runs(town, "register-urls", BASE_URL=address, MPESA_BASE_URL=NOBODY)

    assert code == 1
    assert f'holds "{word}"' in errors


def test_a_local_address_is_not_registered_with_the_real_safaricom(town: Town) -> None:
    code, _, errors = runs(
        town, "register-urls", MPESA_ENV="sandbox", BASE_URL="http://localhost:4000"
    )

    assert code == 1
    assert "localhost is known on this machine only" in errors


# ── a receipt's status ───────────────────────────────────────────────────────────────────


def test_the_status_of_a_paid_prompts_receipt_is_told_and_changes_nothing(
    town: Town,
) -> None:
    paid = town.ends(town.asks(PAYS, key="order-status-1"))

    told = says(town, "status", paid["receipt"], "--json")

    assert (told["status"], told["final"]) == ("completed 150.00", True)
    assert told["here"] == "claimed, KES 150.00"
    after = town.merchant.get(f"/v1/payments/{paid['id']}").json()
    assert after["status"] == "succeeded"
    assert after["amount_received"] == "150.00"


def test_a_receipt_that_m_pesa_does_not_know_is_told_so(town: Town) -> None:
    told = says(town, "status", "uaf7x2k9qp", "--json")

    assert (told["status"], told["final"], told["here"]) == ("not_found", False, None)


def test_what_is_no_receipt_is_refused_before_anybody_is_asked(town: Town) -> None:
    code, _, errors = runs(town, "status", "12345")

    assert code == 1
    assert "must be 10 capital letters and digits" in errors


def test_missed_money_is_booked_when_its_receipt_is_asked_about(town: Town) -> None:
    fault = {"product": "c2b", "times": 1, "callback": "drop"}
    assert town.safaricom.post("/_sim/faults", json=fault).status_code == 201
    receipt = pays_by_hand(town, 175, "NOBODY-2")
    assert knows(town, receipt) is None

    says(town, "status", receipt, "--json")

    assert eventually(lambda: knows(town, receipt)) == "unmatched"


def test_from_fifty_thousand_the_receipts_own_status_settles(town: Town) -> None:
    paid = town.ends(town.asks(PAYS, key="order-large-1", amount="60000.00"), within_s=30)

    assert paid["status"] == "succeeded"
    witnesses = paid["corroboration"]["witnesses"]
    assert "stk_callback" in witnesses
    assert {"status_result", "c2b_confirmation"} & set(witnesses)


def test_from_fifty_thousand_without_a_twin_the_status_is_the_second_witness(
    town: Town,
) -> None:
    fault = {"product": "stk_push", "times": 1, "twin": "drop"}
    assert town.safaricom.post("/_sim/faults", json=fault).status_code == 201

    paid = town.ends(town.asks(PAYS, key="order-large-2", amount="61000.00"), within_s=30)

    assert paid["corroboration"]["witnesses"] == ["stk_callback", "status_result"]


# ── balances ─────────────────────────────────────────────────────────────────────────────


def test_balances_are_asked_for_and_shown_beside_the_books(town: Town) -> None:
    told = says(town, "balance", "--ask", "--json")

    accounts = {one["name"]: one for one in told["accounts"]}
    held = town.safaricom.get("/_sim/accounts").json()
    assert set(accounts) >= {"Utility Account", "Working Account", "Charges Paid Account"}
    utility = accounts["Utility Account"]
    assert utility["current"] == utility["available"]
    assert utility["current"] == held[f"org:{told['shortcode']}:utility"]
    assert says(town, "balance", "--json")["id"] == told["id"]  # kept, and shown again


def test_without_an_operator_a_balance_cannot_be_asked_for(town: Town) -> None:
    none = {"MPESA_INITIATOR_NAME": "", "MPESA_INITIATOR_PASSWORD": ""}

    code, _, errors = runs(town, "balance", "--ask", **none)

    assert code == 1
    assert "MPESA_INITIATOR_NAME" in errors


# ── Safaricom's own list ─────────────────────────────────────────────────────────────────


def test_fifty_missed_confirmations_are_recovered_once_by_pull(town: Town) -> None:
    """L07: over a page's border, beside receipts that are known, and windows that overlap."""
    heard = [pays_by_hand(town, 10 + one % 7, f"HEARD-{one}") for one in range(80)]
    eventually(lambda: all(knows(town, one) for one in heard[-3:]), within_s=60)
    fault = {"product": "c2b", "times": 50, "callback": "drop"}
    assert town.safaricom.post("/_sim/faults", json=fault).status_code == 201
    missed = [pays_by_hand(town, 20 + one % 7, f"MISSED-{one}") for one in range(50)]
    assert not any(knows(town, one) for one in missed)

    time.sleep(1)  # Pull names whole seconds; what was paid in this one comes with a later run
    for _ in range(2):
        pulls_again(town.installation)

    with Truth(town.installation) as truth:
        rows = truth.rows(select(receipts.c.receipt, receipts.c.recovered))
        booked = truth.rows(
            select(func.count())
            .select_from(journals)
            .join(receipts, receipts.c.id == journals.c.source_id)
            .where(receipts.c.receipt.in_([*heard, *missed]))
            .where(journals.c.kind == "c2b")
        )
    found = {code: recovered for code, recovered in rows}  # noqa: C416 - as two columns
    assert all(found[one] for one in missed)
    assert not any(found[one] for one in heard)
    assert booked == [(130,)]


def test_no_question_of_these_was_left_silent(town: Town) -> None:
    with Truth(town.installation) as truth:
        states = {state for (state,) in truth.rows(select(inquiries.c.state))}

    assert "silent" not in states
