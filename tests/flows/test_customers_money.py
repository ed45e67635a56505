"""Money by hand finds customers: by their number, and by a phone that Safaricom only hashes."""

import hashlib
from dataclasses import replace

import pytest

from harness.examples import ACCOUNT, NOW, PHONE, named
from harness.world import World
from pokea.daraja.values import BillReference, Msisdn
from pokea.domain.customer import Customer
from pokea.domain.ids import CustomerId
from pokea.domain.payment import PaymentState
from pokea.domain.receipt import ReceiptState
from pokea.flows.keep_customers import add_customer, erase_customer
from pokea.flows.open_payment import Opened

pytestmark = pytest.mark.anyio

HASHED = hashlib.sha256(PHONE.digits.encode()).hexdigest()
MASKED = "2547 ***** 678"
OTHER_PHONE = Msisdn("254112345678")


def a_customer(number: int = 1) -> Customer:
    return Customer(
        id=CustomerId(named("cus", number)),
        account_id=ACCOUNT,
        livemode=False,
        created_at=NOW,
        number=BillReference(f"ADM/{1000 + number}"),
        phone=PHONE,
    )


async def knows(world: World, *customers: Customer) -> None:
    for customer in customers:
        await add_customer(world.deps, customer)


async def owner(world: World) -> tuple[ReceiptState, str | None, str | None]:
    """How the receipt stands, whose it is, and by which rule or for which reason."""
    receipt = await world.receipt()
    parts = [(part.customer_id, part.matched_by) for part in receipt.parts]
    customer, why = parts[0] if parts else (None, receipt.reason)
    return receipt.state, customer, why


@pytest.mark.parametrize("typed", ["ADM/1001", "adm 1001", "Adm1001 "])
async def test_a_customers_number_is_known_in_any_spelling(world: World, typed: str) -> None:
    await knows(world, a_customer(), a_customer(2))

    await world.is_paid_by_hand(70, account=typed, payer=MASKED)

    assert await owner(world) == (
        ReceiptState.MATCHED,
        a_customer().id,
        "customer_number",
    )


@pytest.mark.parametrize("payer", [HASHED, HASHED.upper(), PHONE.digits])
async def test_a_known_customers_hashed_phone_is_theirs(world: World, payer: str) -> None:
    await knows(world, a_customer(), replace(a_customer(2), phone=OTHER_PHONE))

    await world.is_paid_by_hand(70, account="school fees", payer=payer)

    assert await owner(world) == (ReceiptState.MATCHED, a_customer().id, "customer_phone")


async def test_a_masked_phone_is_nobodys_because_many_may_have_it(world: World) -> None:
    await knows(world, a_customer())

    await world.is_paid_by_hand(70, account="school fees", payer=MASKED)

    assert await owner(world) == (ReceiptState.UNMATCHED, None, "unknown_account")


async def test_a_phone_that_a_family_shares_is_left_to_a_person(world: World) -> None:
    await knows(world, a_customer(), a_customer(2))

    await world.is_paid_by_hand(70, account="school fees", payer=HASHED)

    assert await owner(world) == (ReceiptState.UNMATCHED, None, "several_customers")


async def test_a_customers_money_pays_what_they_owe_exactly(world: World) -> None:
    await knows(world, a_customer())
    opened = await world.asks(70, phone=None, customer_id=a_customer().id)
    assert isinstance(opened, Opened)

    await world.is_paid_by_hand(70, account="adm1001", payer=MASKED)

    state, customer, _ = await owner(world)
    assert (state, customer) == (ReceiptState.MATCHED, a_customer().id)
    payment = await world.deps.db.read(lambda tx: tx.payments.get(opened.payment_id))
    assert payment is not None
    assert payment.state is PaymentState.SUCCEEDED


async def test_an_erased_customer_is_found_no_more_and_keeps_what_was_theirs(
    world: World,
) -> None:
    await knows(world, a_customer())
    await world.is_paid_by_hand(70, account="adm1001", payer=HASHED)
    before = await owner(world)
    await erase_customer(world.deps, ACCOUNT, a_customer().id, livemode=False)

    await world.is_paid_by_hand(71, account="adm1001", payer=HASHED, receipt="UAH1Z2LATE")

    late = await world.receipt("UAH1Z2LATE")
    assert (late.state, late.reason) == (ReceiptState.UNMATCHED, "unknown_account")
    assert (
        await owner(world)
        == before
        == (
            ReceiptState.MATCHED,
            a_customer().id,
            "customer_number",
        )
    )


async def test_another_merchants_customers_are_not_asked(world: World) -> None:
    await knows(world, replace(a_customer(), livemode=True))

    await world.is_paid_by_hand(70, account="adm1001", payer=HASHED)

    assert await owner(world) == (ReceiptState.UNMATCHED, None, "unknown_account")
