"""Customers over HTTP: made once for a key, found in any spelling, forgotten on demand."""

from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from harness.site import Site
from pokea.store.tables import customers, idempotency

pytestmark = pytest.mark.anyio

WANJIKU = {
    "number": "ADM/1042",
    "name": "Wanjiku Mwangi",
    "phone": "0712 345 678",
    "email": "wanjiku@example.com",
    "metadata": {"class": "4 East"},
}


async def add(site: Site, key: str = "enrolment-1", **changes: Any) -> httpx2.Response:
    return await site.http.post(
        "/v1/customers", json=WANJIKU | changes, headers={"Idempotency-Key": key}
    )


async def added(site: Site, key: str = "enrolment-1", **changes: Any) -> dict[str, Any]:
    reply = await add(site, key, **changes)
    assert reply.status_code == 201, reply.text
    made: dict[str, Any] = reply.json()
    return made


async def found(site: Site, **filters: str) -> list[str]:
    reply = await site.http.get("/v1/customers", params=filters)
    assert reply.status_code == 200, reply.text
    return [customer["id"] for customer in reply.json()["data"]]


async def test_a_customer_is_shown_with_a_masked_phone_and_its_token(site: Site) -> None:
    made = await added(site)

    assert made == {
        "id": made["id"],
        "object": "customer",
        "livemode": False,
        "number": "ADM/1042",
        "name": "Wanjiku Mwangi",
        "phone": "2547*****678",
        "phone_token": made["phone_token"],
        "email": "wanjiku@example.com",
        "created_at": "2026-01-15T09:30:00.000Z",
        "erased_at": None,
        "metadata": {"class": "4 East"},
    }
    assert (await site.http.get(f"/v1/customers/{made['id']}")).json() == made
    payment = await site.world.opens()
    assert payment.phone_token == made["phone_token"]


async def test_the_same_key_makes_one_customer_and_shows_them_as_they_are_now(
    site: Site,
) -> None:
    made = await added(site)
    await site.http.patch(f"/v1/customers/{made['id']}", json={"name": "Wanjiku Kamau"})

    again = await add(site)

    assert again.status_code == 201
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json() == made | {"name": "Wanjiku Kamau"}
    assert await found(site) == [made["id"]]


async def test_a_customers_key_is_needed_and_is_for_one_request(site: Site) -> None:
    await added(site)

    missing = await site.http.post("/v1/customers", json=WANJIKU)
    reused = await add(site, number="ADM/1043")

    assert (missing.status_code, missing.json()["code"]) == (400, "idempotency_key_required")
    assert (reused.status_code, reused.json()["code"]) == (409, "idempotency_key_reused")


async def test_a_number_that_is_taken_is_refused_and_leaves_its_key_free(site: Site) -> None:
    made = await added(site)

    taken = await add(site, "enrolment-2", number="adm 1042")
    free = await add(site, "enrolment-2", number="adm 1043")

    assert (taken.status_code, taken.json()["code"]) == (409, "customer_number_taken")
    assert taken.json()["related"] == {"customer": made["id"]}
    assert free.status_code == 201


async def test_customers_are_found_by_phone_and_number_in_any_spelling(site: Site) -> None:
    first = await added(site)
    second = await added(site, "enrolment-9", number="ADM/1043", phone="0112345678")

    assert await found(site) == [second["id"], first["id"]]
    assert await found(site, phone="+254 712 345 678") == [first["id"]]
    assert await found(site, number="adm-1043") == [second["id"]]
    assert await found(site, limit="1", starting_after=second["id"]) == [first["id"]]
    assert await found(site, ending_before=first["id"]) == [second["id"]]


@pytest.mark.parametrize(
    ("name", "value"), [("number", "---"), ("phone", "12"), ("nmber", "1"), ("limit", "0")]
)
async def test_a_filter_of_customers_that_cannot_be_read_is_refused(
    site: Site, name: str, value: str
) -> None:
    reply = await site.http.get("/v1/customers", params={name: value})

    assert (reply.status_code, reply.json()["param"]) == (422, name)


async def test_only_what_is_given_is_changed_and_null_empties(site: Site) -> None:
    made = await added(site)

    changed = await site.http.patch(
        f"/v1/customers/{made['id']}", json={"email": None, "phone": "0112345678"}
    )

    assert changed.status_code == 200
    assert changed.json() == made | {
        "email": None,
        "phone": "2541*****678",
        "phone_token": changed.json()["phone_token"],
    }
    assert changed.json()["phone_token"] != made["phone_token"]
    assert await found(site, phone="0712345678") == []


async def test_a_customer_keeps_their_own_number_in_another_spelling(site: Site) -> None:
    made = await added(site)
    await added(site, "enrolment-9", number="ADM/1043")

    own = await site.http.patch(f"/v1/customers/{made['id']}", json={"number": "adm 1042"})
    taken = await site.http.patch(f"/v1/customers/{made['id']}", json={"number": "ADM1043"})

    assert own.json()["number"] == "adm 1042"
    assert (taken.status_code, taken.json()["code"]) == (409, "customer_number_taken")


@pytest.mark.parametrize(
    "bad",
    [
        {"number": "---"},
        {"number": "x" * 21},
        {"number": 1042},
        {"email": "wanjiku"},
        {"email": "a@b@c"},
        {"email": "a b@c"},
        {"phone": "020 123456"},
        {"name": ""},
        {"metadata": None},
        {"id": "cus_1"},
        {"erased_at": None},
    ],
    ids=str,
)
async def test_a_customer_with_a_bad_field_is_refused(site: Site, bad: dict[str, Any]) -> None:
    reply = await add(site, **bad)

    assert reply.status_code == 422
    assert reply.json()["param"].split(".")[0] in bad


async def test_an_erased_customer_keeps_an_id_and_nothing_else(site: Site) -> None:
    made = await added(site)

    gone = await site.http.delete(f"/v1/customers/{made['id']}")
    again = await site.http.delete(f"/v1/customers/{made['id']}")

    assert gone.status_code == 200
    assert gone.json()["erased_at"] == "2026-01-15T09:30:00.000Z"
    left = {name: value for name, value in gone.json().items() if value}
    assert set(left) == {"id", "object", "created_at", "erased_at"}
    assert again.json() == gone.json()
    assert (await site.http.get(f"/v1/customers/{made['id']}")).json() == gone.json()
    assert await found(site) == []


async def test_an_erased_customer_is_not_changed_and_their_number_is_free(site: Site) -> None:
    made = await added(site)
    await site.http.delete(f"/v1/customers/{made['id']}")

    changed = await site.http.patch(f"/v1/customers/{made['id']}", json={"name": "W"})

    assert (changed.status_code, changed.json()["code"]) == (409, "customer_erased")
    assert (await add(site, "enrolment-2")).status_code == 201


async def test_nothing_of_an_erased_customer_is_kept_beside_their_key(site: Site) -> None:
    made = await added(site)
    await site.http.delete(f"/v1/customers/{made['id']}")

    again = await add(site)

    assert again.json()["name"] is None
    kept = repr(site.world.rows(idempotency) + site.world.rows(customers))
    assert made["id"] in kept
    assert "anjiku" not in kept


async def pays_for(site: Site, customer: str, key: str = "order-1-v1") -> httpx2.Response:
    return await site.http.post(
        "/v1/payments",
        json={"amount": "100", "customer": customer},
        headers={"Idempotency-Key": key},
    )


async def test_a_payment_names_its_customer_and_is_listed_under_them(site: Site) -> None:
    made = await added(site)
    await site.world.opens()

    paid = await pays_for(site, made["id"])

    assert (paid.status_code, paid.json()["customer"]) == (201, made["id"])
    listed = await site.http.get("/v1/payments", params={"customer": made["id"]})
    assert [payment["id"] for payment in listed.json()["data"]] == [paid.json()["id"]]


async def test_a_payment_for_nobody_known_is_refused_and_its_key_stays_free(
    site: Site,
) -> None:
    made = await added(site)
    await site.http.delete(f"/v1/customers/{made['id']}")
    theirs = await site.stranger.post(
        "/v1/customers", json={}, headers={"Idempotency-Key": "enrolment-1"}
    )

    erased = await pays_for(site, made["id"])
    foreign = await pays_for(site, theirs.json()["id"])
    odd = await pays_for(site, "wanjiku")
    known = await pays_for(site, (await added(site, "enrolment-2"))["id"])

    assert (erased.status_code, erased.json()["code"]) == (409, "customer_erased")
    assert (foreign.status_code, foreign.json()["code"]) == (404, "customer_not_found")
    assert (odd.status_code, odd.json()["param"]) == (422, "customer")
    assert known.status_code == 201


async def test_another_merchants_customer_does_not_exist(site: Site) -> None:
    made = await added(site)
    path = f"/v1/customers/{made['id']}"

    replies = [
        await site.stranger.get(path),
        await site.stranger.patch(path, json={"name": "Mine"}),
        await site.stranger.delete(path),
        await site.http.get("/v1/customers/cus_00000000000000000000000000"),
        await site.http.get("/v1/customers/pay_1"),
    ]

    assert {(one.status_code, one.json()["code"]) for one in replies} == {
        (404, "customer_not_found")
    }
    assert (await site.stranger.get("/v1/customers")).json()["data"] == []
    assert await found(site, number="ADM1042") == [made["id"]]


async def test_two_merchants_may_use_the_same_number(site: Site) -> None:
    await added(site)

    theirs = await site.stranger.post(
        "/v1/customers", json=WANJIKU, headers={"Idempotency-Key": "enrolment-1"}
    )

    assert theirs.status_code == 201
    with site.world.db.engine.connect() as connection:
        indexes = connection.execute(select(customers.c.number_index)).scalars().all()
    assert len(indexes) == 2
