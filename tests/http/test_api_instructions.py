"""A payment in the API says how it can be paid without a prompt."""

from typing import Any

import pytest

from harness.examples import SHORTCODE
from harness.site import Site
from pokea.domain.account_number import LENGTH

pytestmark = pytest.mark.anyio


async def opens(site: Site, key: str = "order-10042-v1", **wanted: Any) -> dict[str, Any]:
    reply = await site.http.post(
        "/v1/payments", json={"amount": "1500"} | wanted, headers={"Idempotency-Key": key}
    )
    assert reply.status_code == 201, reply.text
    payment: dict[str, Any] = reply.json()
    return payment


async def test_a_new_payment_says_how_to_pay_by_hand_in_both_languages(site: Site) -> None:
    payment = await opens(site, account_reference="INV-10042")

    (kind, by_hand), *_ = payment["instructions"].items()
    assert kind == "paybill"
    assert by_hand["business_number"] == SHORTCODE.digits
    assert by_hand["account_number"] == "INV-10042"
    assert (by_hand["amount"], by_hand["amounts"]) == ("1500", ["1500"])
    assert by_hand["steps"]["en"][3] == "Enter account no. INV-10042"
    assert by_hand["steps"]["sw"][3] == "Weka nambari ya akaunti INV-10042"
    assert by_hand["note"] == {"en": None, "sw": None}


async def test_a_payment_without_a_reference_has_an_account_number_of_its_own(
    site: Site,
) -> None:
    numbers = {
        (await opens(site, f"order-1004{number}-v1"))["account_reference"]
        for number in range(3)
    }

    assert len(numbers) == 3
    assert {len(number) for number in numbers} == {LENGTH}


async def test_long_references_that_begin_alike_do_not_share_an_account_number(
    site: Site,
) -> None:
    one = await opens(site, "order-10042-v1", reference="ORDER-2026-000001")
    other = await opens(site, "order-10043-v1", reference="ORDER-2026-000002")

    assert one["account_reference"] != other["account_reference"]


async def test_a_reference_that_can_be_typed_is_the_account_number(site: Site) -> None:
    payment = await opens(site, reference="INV-10042")

    assert payment["account_reference"] == "INV-10042"


async def test_the_prompt_shows_the_same_account_number(site: Site) -> None:
    payment = await opens(site, phone="0712345678")

    ((attempt, _, _),) = site.world.provider.pushed
    assert attempt.account_reference.text == payment["account_reference"]


async def test_a_payment_that_is_over_tells_nobody_to_pay(site: Site) -> None:
    payment = await opens(site)

    await site.http.post(f"/v1/payments/{payment['id']}/cancel")

    shown = await site.http.get(f"/v1/payments/{payment['id']}")
    assert shown.json()["instructions"] is None
