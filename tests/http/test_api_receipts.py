"""Money by hand in the API: the queue, and a person's word on whose it is."""

from typing import Any

import pytest

from harness.callbacks import RECEIPT
from harness.site import Site
from pokea.domain.attempt import Attempt
from pokea.domain.payment import PaymentState

pytestmark = pytest.mark.anyio


async def in_the_queue(site: Site, shillings: int = 100) -> dict[str, Any]:
    """Money whose owner nobody knows."""
    await site.world.is_paid_by_hand(shillings, account="NOBODY")
    reply = await site.http.get("/v1/c2b_receipts?status=unmatched")
    (found,) = reply.json()["data"]
    return dict(found)


async def declined(site: Site, shillings: int = 100, **wanted: str) -> Attempt:
    """A payment whose customer said no."""
    attempt = await site.world.opens(shillings, **wanted)
    await site.world.hears_failed(attempt)
    return attempt


async def test_money_that_nobody_owns_is_shown_with_its_reason(site: Site) -> None:
    found = await in_the_queue(site)

    assert found["receipt"] == "UAH1Z2HAND"
    assert (found["status"], found["status_reason"]) == ("unmatched", "unknown_account")
    assert (found["amount"], found["account_reference"]) == ("100.00", "NOBODY")
    assert found["phone"] == "2547*****678"


async def test_a_person_gives_money_to_a_payment(site: Site) -> None:
    unpaid = await declined(site)
    found = await in_the_queue(site)

    reply = await site.http.post(
        f"/v1/c2b_receipts/{found['id']}/match", json={"payment": unpaid.payment_id}
    )

    assert (reply.status_code, reply.json()["status"]) == (200, "matched")
    assert (await site.world.payment(unpaid)).state is PaymentState.SUCCEEDED
    assert site.world.booked() == [(1010, 2100, 10_000), (2100, 1100, 10_000)]


async def test_matching_again_is_refused_and_changes_nothing(site: Site) -> None:
    unpaid = await declined(site)
    found = await in_the_queue(site)
    path = f"/v1/c2b_receipts/{found['id']}/match"
    await site.http.post(path, json={"payment": unpaid.payment_id})

    reply = await site.http.post(path, json={"payment": unpaid.payment_id})

    assert (reply.status_code, reply.json()["code"]) == (409, "receipt_not_open")
    assert len(site.world.booked()) == 2


async def test_money_is_divided_in_parts_that_add_up(site: Site) -> None:
    first, second = (
        await declined(site, key="order-no-1"),
        await declined(site, key="order-no-2"),
    )
    found = await in_the_queue(site, 200)
    parts = [
        {"amount": "100", "payment": first.payment_id},
        {"amount": "100", "payment": second.payment_id},
    ]

    reply = await site.http.post(f"/v1/c2b_receipts/{found['id']}/match", json={"parts": parts})

    assert [part["payment"] for part in reply.json()["parts"]] == [
        first.payment_id,
        second.payment_id,
    ]
    assert (await site.world.payment(second)).state is PaymentState.SUCCEEDED


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ([{"amount": "60", "payment": "{payment}"}], "parts_do_not_add_up"),
        ([{"amount": "100"}], "invalid_field"),
        ([{"amount": "100", "payment": "pay_00000000000000000000000000"}], "payment_not_found"),
        (
            [
                {"amount": "50", "payment": "{payment}"},
                {"amount": "50", "payment": "{payment}"},
            ],
            "invalid_field",
        ),
    ],
)
async def test_a_division_that_makes_no_sense_is_refused(
    site: Site, parts: list[dict[str, str]], code: str
) -> None:
    unpaid = await declined(site)
    found = await in_the_queue(site)
    wanted = [
        {name: text.format(payment=unpaid.payment_id) for name, text in part.items()}
        for part in parts
    ]

    reply = await site.http.post(
        f"/v1/c2b_receipts/{found['id']}/match", json={"parts": wanted}
    )

    assert reply.json()["code"] == code
    assert (await site.world.receipt()).state == "unmatched"


async def test_a_part_payment_is_taken_back(site: Site) -> None:
    unpaid = await declined(site, 150)
    found = await in_the_queue(site)
    path = f"/v1/c2b_receipts/{found['id']}"
    await site.http.post(f"{path}/match", json={"payment": unpaid.payment_id})
    assert (await site.world.payment(unpaid)).state is PaymentState.PARTIALLY_PAID

    reply = await site.http.post(f"{path}/unmatch", json={})

    assert (reply.json()["status"], reply.json()["status_reason"]) == (
        "unmatched",
        "taken_back",
    )
    assert (await site.world.payment(unpaid)).state is PaymentState.OPEN
    assert site.world.booked()[-1] == (1100, 2100, 10_000)


async def test_what_pays_a_payment_in_full_is_not_taken_back(site: Site) -> None:
    unpaid = await declined(site)
    found = await in_the_queue(site)
    path = f"/v1/c2b_receipts/{found['id']}"
    await site.http.post(f"{path}/match", json={"payment": unpaid.payment_id})

    reply = await site.http.post(f"{path}/unmatch", json={})

    assert (reply.status_code, reply.json()["code"]) == (409, "receipt_in_use")


async def test_a_prompts_own_receipt_is_nobodys_to_match(site: Site) -> None:
    attempt = await site.world.opens()
    await site.world.hears_paid(attempt)
    record = await site.world.receipt(RECEIPT)

    reply = await site.http.get(f"/v1/c2b_receipts/{record.id}")

    assert (reply.status_code, reply.json()["code"]) == (404, "receipt_not_found")


async def test_another_amount_is_shown_with_both_figures_and_accepted(site: Site) -> None:
    attempt = await site.world.opens()
    await site.world.hears_paid(attempt, items={"Amount": 90.0})
    path = f"/v1/payments/{attempt.payment_id}"
    too_early = await site.http.post(f"{path}/accept", json={})
    await site.world.is_paid_by_hand(90, receipt=RECEIPT)

    review = (await site.http.get(path)).json()["review"]
    accepted = await site.http.post(f"{path}/accept", json={})

    assert too_early.json()["code"] == "nothing_to_accept"
    assert (review["about"], review["expected"], review["told"], review["proven"]) == (
        "amount",
        "100.00",
        "90.00",
        "90.00",
    )
    assert (accepted.json()["status"], accepted.json()["amount_received"]) == (
        "succeeded",
        "90.00",
    )
    assert site.world.booked() == [(1010, 2130, 9_000), (2130, 1100, 9_000)]


async def test_the_evidence_names_who_was_heard_and_what_decided(site: Site) -> None:
    attempt = await site.world.opens()
    await site.world.hears_paid(attempt)
    await site.world.is_paid_by_hand(100, receipt=RECEIPT)

    found = (await site.http.get(f"/v1/payments/{attempt.payment_id}/evidence")).json()

    assert [item["kind"] for item in found["data"]] == ["sync_response", "stk_callback"]
    assert found["data"][1]["claims"] == {
        "result": "0",
        "receipt": RECEIPT,
        "amount": "100.00",
    }
    assert found["decision"]["rule"] == "B+B"
    assert found["decision"]["witnesses"] == ["stk_callback", "c2b_confirmation"]


async def test_without_an_operator_nobody_can_be_asked(site: Site) -> None:
    found = await in_the_queue(site)

    reply = await site.http.post(f"/v1/c2b_receipts/{found['id']}/verify")

    assert (reply.status_code, reply.json()["code"]) == (409, "operator_missing")
