"""``POST /i/v/{path}``: Safaricom's codes, and nothing for anybody else."""

import json
from collections.abc import AsyncIterator, Mapping

import httpx2
import pytest
from prometheus_client import REGISTRY

from harness.by_hand import question, validation_path
from harness.site import Site, a_site, client_at
from pokea.daraja.values import Money
from pokea.domain.validation import RefusedFor, ValidationRules
from pokea.flows.validate_payment import HookTerms
from pokea.http.callbacks import BODY_MAX
from pokea.store.tables import inbox, validations
from pokea.validation_hook import PythonHook

pytestmark = pytest.mark.anyio

ACCEPTED = {"ResultCode": "0", "ResultDesc": "Accepted"}
RULES = ValidationRules(
    known_accounts_only=True, amount_min=Money.shillings(10), amount_max=Money.shillings(1000)
)


def says(question: Mapping[str, object]) -> dict[str, object]:
    """A hook that refuses accounts named after a reason."""
    account = str(question["account"]).lower()
    if account in set(RefusedFor):
        return {"accept": False, "reason": account}
    return {"accept": True}


@pytest.fixture
async def ruled(database_url: str) -> AsyncIterator[Site]:
    async with a_site(database_url, rules=RULES) as made:
        yield made


@pytest.fixture
async def hooked(database_url: str) -> AsyncIterator[Site]:
    terms = HookTerms(hook=PythonHook(says), timeout_s=0.8)
    async with a_site(database_url, terms=terms) as made:
        yield made


async def asks(site: Site, body: bytes) -> dict[str, str]:
    reply = await site.http.post(validation_path(site.world), content=body)
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "application/json"
    told: dict[str, str] = reply.json()
    return told


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (question(), "0"),
        (question("INV-9"), "C2B00012"),
        (question(amount="101"), "C2B00013"),
        (question(amount="9"), "C2B00013"),
        (question(amount="1001"), "C2B00013"),
        (question(BusinessShortCode="600000"), "C2B00015"),
    ],
    ids=["good", "account", "amount", "minimum", "maximum", "shortcode"],
)
async def test_a_refusal_says_what_the_customer_can_mend(
    ruled: Site, body: bytes, code: str
) -> None:
    await ruled.world.asks(100, phone=None)

    told = await asks(ruled, body)

    assert told["ResultCode"] == code
    assert told["ResultDesc"] == ("Accepted" if code == "0" else "Rejected")


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("phone", "C2B00011"),
        ("account", "C2B00012"),
        ("amount", "C2B00013"),
        ("kyc", "C2B00014"),
        ("shortcode", "C2B00015"),
        ("other", "C2B00016"),
    ],
)
async def test_every_reason_of_the_hooks_has_its_code(
    hooked: Site, reason: str, code: str
) -> None:
    assert (await asks(hooked, question(reason)))["ResultCode"] == code
    assert await asks(hooked, question("anything else")) == ACCEPTED


async def test_a_validation_is_no_callback_to_keep(ruled: Site) -> None:
    before = ruled.world.counts()

    await asks(ruled, question())
    await ruled.validator.close()

    assert ruled.world.counts() == before
    assert ruled.world.rows(inbox) == []
    assert len(ruled.world.rows(validations)) == 1


async def test_a_wrong_path_is_404_and_is_not_answered(ruled: Site) -> None:
    right = validation_path(ruled.world)
    wrong = [
        right[:-1] + ("0" if right[-1] != "0" else "1"),
        right.replace("/i/v/", "/i/c/"),
        "/i/v/",
        "/i/v/" + "0" * 64,
        right + "/",
        right.upper().replace("/I/V/", "/i/v/"),
    ]

    replies = [await ruled.http.post(path, content=question()) for path in wrong]

    # /i/c/ is another kind's path: the MAC of one is not good for the other.
    assert [(one.status_code, one.content) for one in replies] == [(404, b"")] * len(wrong)
    await ruled.validator.close()
    assert ruled.world.rows(validations) == []


async def test_only_posts_of_a_bearable_size_are_read(ruled: Site) -> None:
    path = validation_path(ruled.world)

    assert (await ruled.http.get(path)).status_code == 405
    large = question(InvoiceNumber="x" * BODY_MAX)
    assert (await ruled.http.post(path, content=large)).status_code == 413


async def test_a_stranger_with_the_path_learns_nothing_and_leaves_a_count(ruled: Site) -> None:
    await ruled.world.asks(100, phone=None)
    path = validation_path(ruled.world)
    before = strangers()
    bodies = [question(), question("INV-9"), question(amount="1"), b"?"]

    async with client_at(ruled, "203.0.113.9") as stranger:
        replies: list[httpx2.Response] = [
            await stranger.post(path, content=body) for body in bodies
        ]

    assert {(one.status_code, one.content) for one in replies} == {
        (200, json.dumps(ACCEPTED).encode())
    }
    assert strangers() == before + len(bodies)
    await ruled.validator.close()
    assert ruled.world.rows(validations) == []


def strangers() -> float:
    labels = {"answer": "accepted", "by": "default", "because": "address_not_listed"}
    return REGISTRY.get_sample_value("pokea_validations_total", labels) or 0


async def test_answers_are_counted_by_reason_and_timed(ruled: Site) -> None:
    labels = {"answer": "refused_account", "by": "rules", "because": "unknown_account"}
    before = REGISTRY.get_sample_value("pokea_validations_total", labels) or 0
    timed = REGISTRY.get_sample_value("pokea_validation_seconds_count") or 0

    await asks(ruled, question("INV-9"))

    assert REGISTRY.get_sample_value("pokea_validations_total", labels) == before + 1
    assert REGISTRY.get_sample_value("pokea_validation_seconds_count") == timed + 1


async def test_a_bug_of_ours_is_answered_as_the_merchant_stated(
    ruled: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    ruled.world.watched.is_broken = True

    assert await asks(ruled, question()) == ACCEPTED
    assert "validation.failed" in capsys.readouterr().out
