"""L12: two gateways on one database: safe together on PostgreSQL, refused on SQLite."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import select

from harness.callbacks import paid_body
from harness.databases import PostgresTemplate
from harness.installation import CLOCK, Gateway, Installation, waiting_attempts
from harness.moved import moved
from harness.outsider import differences
from harness.processes import eventually, run_to_end
from harness.receiver import listening
from harness.town import Town, a_town
from harness.truth import Truth
from harness.volley import Post, Reply, volley
from pokea.store.tables import events, payments

pytestmark = [pytest.mark.system, pytest.mark.slow]

PAYMENTS: Final = 40


# ── on PostgreSQL ────────────────────────────────────────────────────────────────────────


@pytest.fixture
def town(postgresql_url: str, tmp_path: Path) -> Iterator[Town]:
    with a_town(postgresql_url, tmp_path / "town") as made:
        yield made


def order(town: Town, number: int) -> Post:
    """The merchant asks a customer for a payment."""
    key = town.installation.merchant["api_key"]
    return Post(
        path="/v1/payments",
        body=b'{"amount":100,"phone":"%s"}' % phone(number).encode(),
        headers={"Authorization": f"Bearer {key}", "Idempotency-Key": f"order-{number:04d}"},
    )


def phone(number: int) -> str:
    return f"25471105{number:04d}"


def ask_both(
    town: Town,
    other: Gateway,
    orders: list[Post],
    meanwhile: Callable[[], object] | None = None,
) -> list[Reply]:
    """Each order goes to both gateways at the same moment."""
    with ThreadPoolExecutor(2) as at_once:
        here = at_once.submit(volley, town.url, orders)
        there = at_once.submit(volley, other.url, orders, meanwhile=meanwhile, after_s=0.1)
        return here.result() + there.result()


def test_two_gateways_and_two_workers_prompt_once_count_once_and_tell_once(
    town: Town,
) -> None:
    """L12: every order is sent to both; then one is killed, and the other does all the work."""
    for number in range(PAYMENTS):
        town.next_at(phone(number), action="pay")
    orders = [order(town, number) for number in range(PAYMENTS)]

    with listening() as shop, town.installation.worker(), town.installation.worker():
        made = town.merchant.post("/v1/webhook_endpoints", json={"url": shop.url})
        shop.secret = made.json()["secret"]
        other = town.installation.serve().start()
        half = PAYMENTS // 2
        replies = ask_both(town, other, orders[:half])
        # One of each pair may be told that the other is under way.
        assert {reply.status for reply in replies} <= {201, 409}
        ask_both(town, other, orders[half:], meanwhile=other.kill)
        # 409: its first request died with its gateway; it is answered once that is sorted out.
        again = eventually(lambda: all_answered(town, orders), within_s=60, every_s=1)
        made_for = [str(json.loads(reply.body)["id"]) for reply in again]
        prompts = [len(town.prompts_to(phone(number))) for number in range(PAYMENTS)]
        # One whose gateway died before Safaricom heard of it is in doubt, and costs nobody.
        paid = {made for made, count in zip(made_for, prompts, strict=True) if count}

        with Truth(town.installation) as truth:
            succeeded = select(events.c.object_id).where(events.c.type == "payment.succeeded")
            eventually(lambda: {one for (one,) in truth.rows(succeeded)} == paid, within_s=120)
            eventually(lambda: heard_of(shop.received) >= paid, within_s=60)
            assert set(truth.column(payments.c.id)) == set(made_for)
            assert differences(moved(town), truth.engine) == []

    assert len(set(made_for)) == PAYMENTS
    assert prompts[:half] == [1] * half
    assert set(prompts) <= {0, 1}
    told = [one for one in shop.received if one.event["type"] == "payment.succeeded"]
    assert len({one.webhook_id for one in told}) == len(paid)


def all_answered(town: Town, orders: list[Post]) -> list[Reply]:
    """The payments of all orders, or nothing while one of them is not there yet."""
    replies = volley(town.url, orders)
    assert {reply.status for reply in replies} <= {201, 409}
    return replies if all(reply.status == 201 for reply in replies) else []


def heard_of(received: list[Any]) -> set[str]:
    """The payments that the merchant heard were paid."""
    return {
        one.event["data"]["object"]["id"]
        for one in received
        if one.event["type"] == "payment.succeeded"
    }


def test_two_gateways_that_start_at_once_on_an_empty_database_both_serve(
    postgres_template: PostgresTemplate, tmp_path: Path
) -> None:
    """L12: they migrate once, and agree on keys and merchants."""
    with postgres_template.empty() as url:
        installations = [Installation(url, tmp_path / name) for name in ("one", "two")]
        gateways = [installation.serve() for installation in installations]
        for gateway in gateways:
            gateway.launch()
        try:
            for gateway in gateways:
                gateway.wait_for_line()
            key = installations[0].merchant["api_key"]
            for gateway in gateways:
                with gateway.calls(key) as merchant:
                    assert merchant.get("/v1/payments").status_code == 200
        finally:
            for gateway in gateways:
                gateway.stop()
        is_sound(installations[0])


# ── on SQLite ────────────────────────────────────────────────────────────────────────────


def test_on_sqlite_the_second_gateway_refuses_and_the_first_does_not_notice(
    sqlite_url: str, tmp_path: Path
) -> None:
    """L12: also when it has a data folder of its own, and however often it is tried."""
    fast = {"POKEA_CORROBORATION": "fast"}
    installation = Installation(sqlite_url, tmp_path / "run", settings=fast)
    other = Installation(sqlite_url, tmp_path / "other", settings=fast)
    attempts = waiting_attempts(installation, 30)
    posts = [
        Post(
            path=installation.path_of(attempt.id),
            body=paid_body(attempt, CLOCK.now(), receipt=f"UAF7X2K{number:03d}"),
        )
        for number, attempt in enumerate(attempts)
    ]

    with installation.serve() as gateway:
        for third in range(3):
            replies = volley(gateway.url, posts[third::3])
            refused = run_to_end(["serve", "--port", "0"], other.environment, other.folder)
            assert {reply.status for reply in replies} == {200}
            assert refused.returncode == 1
            assert "Another pokea process is using" in refused.stderr
            assert "set DATABASE_URL to PostgreSQL for several" in refused.stderr

    with Truth(installation) as truth:
        booked, told = truth.all_effects()
    assert booked == {attempt.id: 1 for attempt in attempts}
    assert set(told.values()) == {1}


def test_of_two_that_start_at_once_on_a_new_sqlite_file_one_serves(tmp_path: Path) -> None:
    """L12: the file is one process's from before its first table on."""
    url = f"sqlite:///{tmp_path / 'new.db'}"
    installations = [Installation(url, tmp_path / name) for name in ("one", "two")]
    gateways = [installation.serve() for installation in installations]
    for gateway in gateways:
        gateway.launch()
    try:
        codes = eventually(lambda: ended(gateways))
        (serving,) = (one for one in gateways if one.process.poll() is None)
        serving.wait_for_line()
        with serving.calls() as caller:
            assert caller.get("/readyz").status_code == 200
        assert codes == [1]
        is_sound(installations[0])
    finally:
        for gateway in gateways:
            gateway.stop()


def ended(gateways: list[Gateway]) -> list[int]:
    """The exit codes of those that have ended."""
    codes = [gateway.process.poll() for gateway in gateways]
    return [code for code in codes if code is not None]


def is_sound(installation: Installation) -> None:
    """A doctor finds everything well."""
    doctor = run_to_end(["doctor", "--json"], installation.environment, installation.folder)
    assert doctor.returncode == 0, doctor.stdout
