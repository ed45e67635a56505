"""The API's edges: prompting again under a key, odd ids, and the ends of the calendar."""

import pytest

from harness.site import Site

pytestmark = pytest.mark.anyio


async def test_prompting_again_needs_a_key(site: Site) -> None:
    reply = await site.prompts_again(await site.declined(), key=None)

    assert (reply.status_code, reply.json()["code"]) == (400, "idempotency_key_required")
    assert len(site.world.provider.pushed) == 1


async def test_the_same_key_again_prompts_once_and_replays(site: Site) -> None:
    declined = await site.declined()

    first, again = [await site.prompts_again(declined) for _ in range(2)]

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(site.world.provider.pushed) == 2


async def test_a_replay_prompts_nobody_even_when_the_payment_is_open_again(site: Site) -> None:
    declined = await site.declined()
    first = await site.prompts_again(declined)
    await site.world.hears_failed(await site.world.attempt_of(declined.payment_id))

    again = await site.prompts_again(declined)

    assert again.json() == first.json()
    assert len(site.world.provider.pushed) == 2


async def test_a_key_is_for_one_payment(site: Site) -> None:
    declined = await site.declined()
    await site.prompts_again(declined)

    reply = await site.prompts_again(declined, phone="0712345679")

    assert (reply.status_code, reply.json()["code"]) == (409, "idempotency_key_reused")
    assert reply.json()["resource_id"] == declined.payment_id


async def test_a_refused_prompt_leaves_its_key_free(site: Site) -> None:
    waiting = await site.world.opens()
    refused = await site.prompts_again(waiting)
    await site.world.hears_failed(waiting)

    accepted = await site.prompts_again(waiting)

    assert (refused.status_code, refused.json()["code"]) == (409, "payment_in_flight")
    assert accepted.status_code == 201
    assert "Idempotent-Replayed" not in accepted.headers


async def test_a_prompt_whose_process_died_is_resumed_and_not_repeated(site: Site) -> None:
    declined = await site.declined()
    site.world.provider.pushes = [RuntimeError("the process died here")]
    died = await site.prompts_again(declined)
    await site.world.passes(minutes=1)

    again = await site.prompts_again(declined)

    assert died.status_code == 500
    assert again.status_code == 201
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(site.world.provider.pushed) == 2


@pytest.mark.parametrize(
    "odd",
    [
        "pay_%00",
        "pay_",
        "pay_01JZ8X4R2W8Z6V4H1G5F3D7S9",
        "pay_01jz8x4r2w8z6v4h1g5f3d7s9a",
        "att_01JZ8X4R2W8Z6V4H1G5F3D7S9A",
        "pay_01JZ8X4R2W8Z6V4H1G5F3D7S9I",
        "pay_%F0%9F%98%80",
        "x" * 5000,
    ],
)
async def test_an_id_that_is_none_is_not_found(site: Site, odd: str) -> None:
    headers = {"Idempotency-Key": "order-1-again"}

    replies = [
        await site.http.get(f"/v1/payments/{odd}"),
        await site.http.post(f"/v1/payments/{odd}/cancel"),
        await site.http.post(f"/v1/payments/{odd}/attempts", json={}, headers=headers),
    ]

    assert [reply.status_code for reply in replies] == [404] * 3
    assert {reply.json()["code"] for reply in replies} == {"payment_not_found"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("created[gte]", "0001-01-01T00:00:00+14:00"),
        ("created[lt]", "9999-12-31T23:59:59-14:00"),
        ("created[lt]", "2026-01-15"),
        ("starting_after", "pay_" + "x" * 26),
        ("ending_before", "pay_\x00"),
    ],
)
async def test_a_filter_that_names_no_instant_or_id_is_refused(
    site: Site, name: str, value: str
) -> None:
    reply = await site.http.get("/v1/payments", params={name: value})

    assert (reply.status_code, reply.json()["param"]) == (422, name)


async def test_the_calendars_ends_are_accepted_where_they_exist(site: Site) -> None:
    attempt = await site.world.opens()
    span = {"created[gte]": "0001-01-02T00:00:00+14:00", "created[lt]": "9999-12-31T00:00:00Z"}

    reply = await site.http.get("/v1/payments", params=span)

    assert [payment["id"] for payment in reply.json()["data"]] == [attempt.payment_id]
