"""A receipt's own status as a witness: it settles what nothing else may, and denies claims."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from harness.asking import Asking, an_asking_world
from harness.examples import CANCELLED, NOW, PHONE, RECEIPT, SHORTCODE
from pokea.daraja.values import Money, Msisdn
from pokea.domain.attempt import AttemptState
from pokea.domain.corroboration import Corroboration, Rules, Witness
from pokea.domain.payment import PaymentState
from pokea.domain.receipt import MoneyHeard
from pokea.flows.ask_status import ask_status
from pokea.flows.ports import SaysFailed, SaysNothing, SaysPaid
from pokea.flows.show_evidence import show_evidence
from pokea.flows.take_receipts import take_receipts

pytestmark = pytest.mark.anyio

PAID = (AttemptState.SUCCEEDED, PaymentState.SUCCEEDED)
CONFIRMING = (AttemptState.CONFIRMING, PaymentState.PROCESSING)
FOR_A_PERSON = (AttemptState.CONTESTED, PaymentState.REQUIRES_REVIEW)
LARGE = 50_000


@pytest.fixture
async def asking(database_url: str, anyio_backend: str) -> AsyncGenerator[Asking]:
    assert anyio_backend == "asyncio"
    async with an_asking_world(database_url) as made:
        made.world.provider.otherwise = SaysPaid()
        yield made


def money(shillings: int, **bent: Any) -> MoneyHeard:
    """A confirmation of money by hand."""
    heard = MoneyHeard(
        receipt=RECEIPT,
        shortcode=SHORTCODE,
        amount=Money.shillings(shillings),
        paid_at=NOW,
        witness=Witness.C2B_CONFIRMATION,
        account="INV-1",
        payer=Msisdn("254722000111"),
    )
    return replace(heard, **bent)


async def comes_by_hand(asking: Asking, shillings: int, **bent: Any) -> None:
    deps, heard = asking.world.deps, money(shillings, **bent)
    now = asking.world.clock.now()
    await deps.db.write(lambda tx: take_receipts(tx, deps, asking.collector, [heard], now))


async def asks(asking: Asking) -> None:
    """Somebody asks about a receipt by hand."""
    deps = asking.world.deps
    await deps.db.write(
        lambda tx: ask_status(tx, deps, RECEIPT, asking.collector, by_hand=True)
    )
    await asking.world.works()


def receipts(asking: Asking) -> list[tuple[str, int, str]]:
    """State, cents and first source of every receipt."""
    return [
        (row.state, row.amount_cents, row.heard_from) for row in asking.world.rows_of_receipts()
    ]


# ── the second witness of a prompt ───────────────────────────────────────────────────────


async def test_from_fifty_thousand_the_receipt_is_asked_about_and_settles(
    asking: Asking,
) -> None:
    attempt = await asking.world.opens(LARGE)

    await asking.world.hears_paid(attempt)
    await asking.world.works()
    assert await asking.world.stands(attempt) == CONFIRMING
    await asking.world.works()
    assert (asking.last.about, asking.last.attempt_id) == (RECEIPT, attempt.id)
    await asking.answers_status(Amount=float(LARGE))

    assert await asking.world.stands(attempt) == PAID
    settled = await asking.world.attempt(attempt.id)
    assert settled.corroboration is Corroboration.CONFIRMED
    assert settled.witnesses[-1] is Witness.STATUS_RESULT
    assert asking.world.booked() == [(1010, 1100, LARGE * 100)]
    assert asking.world.told().count("payment.succeeded") == 1


async def test_the_question_and_its_answer_are_evidence(asking: Asking) -> None:
    attempt = await asking.world.opens(LARGE)
    await asking.world.hears_paid(attempt)
    await asking.world.passes(seconds=3)
    await asking.gives_up()
    await asking.answers_status(Amount=float(LARGE))

    shown = await show_evidence(asking.world.deps, attempt.payment_id)

    kinds = [item["kind"] for item in shown.items]
    assert kinds.count("status_question") == 1
    assert kinds.count("queue_timeout") == 1
    answer = next(item for item in shown.items if item["kind"] == "status_result")
    assert answer["class"] == "B"
    assert answer["claims"] == {
        "result": "0",
        "status": "Completed",
        "receipt": RECEIPT.code,
        "amount": "50000.00",
    }


async def test_it_is_asked_about_once_however_often_the_attempt_is_due(
    asking: Asking,
) -> None:
    attempt = await asking.world.opens(LARGE)

    await asking.world.hears_paid(attempt)
    await asking.world.passes(seconds=100)

    assert len(asking.world.provider.asked) > 3
    assert len(asking.inquirer.asked) == 1


async def test_below_fifty_thousand_stk_query_is_enough(asking: Asking) -> None:
    attempt = await asking.world.opens(LARGE - 1)

    await asking.world.hears_paid(attempt)
    await asking.world.passes(minutes=1)

    assert await asking.world.stands(attempt) == PAID
    assert asking.inquirer.asked == []


@pytest.mark.parametrize("status", ["Cancelled", "Declined", "Expired"])
async def test_a_claim_whose_receipt_moved_no_money_is_for_a_person(
    asking: Asking, status: str
) -> None:
    attempt = await asking.world.opens(LARGE)
    await asking.world.hears_paid(attempt)
    await asking.world.passes(seconds=5)

    await asking.answers_status(TransactionStatus=status)

    assert await asking.world.stands(attempt) == FOR_A_PERSON
    assert (await asking.world.attempt(attempt.id)).contest == "status"
    assert asking.world.booked() == []


async def test_money_credited_to_a_number_that_is_not_ours_is_no_witness(
    asking: Asking,
) -> None:
    attempt = await asking.world.opens(LARGE)
    await asking.world.hears_paid(attempt)
    await asking.world.passes(seconds=5)

    await asking.answers_status(CreditPartyName="600000 - Safaricom Daraja 000")
    assert await asking.world.stands(attempt) == CONFIRMING
    await asking.world.passes(minutes=11)

    assert await asking.world.stands(attempt) == FOR_A_PERSON
    assert asking.world.booked() == []


async def test_a_claim_whose_receipt_nobody_knows_is_asked_about_and_not_settled(
    asking: Asking,
) -> None:
    attempt = await asking.world.opens(LARGE)
    await asking.world.hears_paid(attempt)
    await asking.world.passes(seconds=5)

    await asking.answers_status(code=2032)
    await asking.world.passes(minutes=9)
    assert await asking.world.stands(attempt) == CONFIRMING
    await asking.world.passes(minutes=2)

    assert await asking.world.stands(attempt) == FOR_A_PERSON
    assert asking.world.booked() == []


async def test_what_a_query_denied_is_settled_by_the_receipts_own_status(
    asking: Asking,
) -> None:
    asking.world.provider.otherwise = SaysFailed(failure=CANCELLED)
    attempt = await asking.world.opens()
    await asking.world.hears_paid(attempt)
    await asking.world.works()
    assert await asking.world.stands(attempt) == FOR_A_PERSON
    await asking.world.passes(minutes=2)

    await asking.answers_status()

    assert await asking.world.stands(attempt) == PAID
    assert asking.world.booked() == [(1010, 1100, 10_000)]


async def test_another_amount_in_the_callback_is_proven_by_the_receipts_own_status(
    asking: Asking,
) -> None:
    attempt = await asking.world.opens(100)
    await asking.world.hears_paid(attempt, items={"Amount": 60.0})
    assert await asking.world.stands(attempt) == FOR_A_PERSON
    await asking.world.passes(minutes=1)
    assert asking.last.about == RECEIPT

    await asking.answers_status(Amount=60.0)

    assert (await asking.world.attempt(attempt.id)).proven == Money.shillings(60)
    assert asking.world.booked() == [(1010, 2130, 6_000)]
    assert await asking.world.stands(attempt) == FOR_A_PERSON  # and a person accepts it, or not


async def test_without_an_initiator_large_payments_wait_for_another_witness(
    asking: Asking,
) -> None:
    asking.world.deps = asking.world.without_inquirer()
    attempt = await asking.world.opens(LARGE)

    await asking.world.hears_paid(attempt)
    await asking.world.passes(minutes=11)

    assert await asking.world.stands(attempt) == FOR_A_PERSON
    assert await asking.inquiries() == 0


# ── money by hand ────────────────────────────────────────────────────────────────────────


async def test_a_large_receipt_counts_only_when_safaricom_names_it_too(
    asking: Asking,
) -> None:
    await asking.world.asks(LARGE, phone=None)
    await comes_by_hand(asking, LARGE)
    assert receipts(asking) == [("received", LARGE * 100, "c2b_confirmation")]
    await asking.world.works()
    await asking.world.works()

    await asking.answers_status(Amount=float(LARGE), DebitPartyName="254722000111 - OTIENO")

    assert receipts(asking) == [("matched", LARGE * 100, "c2b_confirmation")]
    told = asking.world.told()
    assert told.count("c2b.verified") == 1
    assert told.count("payment.succeeded") == 1
    assert sum(cents for debit, _, cents in asking.world.booked() if debit == 1010) == (
        LARGE * 100
    )


async def test_a_large_receipt_that_safaricom_denies_never_counts(asking: Asking) -> None:
    await asking.world.asks(LARGE, phone=None)
    await comes_by_hand(asking, LARGE)
    await asking.world.works()
    await asking.world.works()

    await asking.answers_status(TransactionStatus="Cancelled")
    await asking.world.passes(days=1)

    assert receipts(asking) == [("received", LARGE * 100, "c2b_confirmation")]
    assert "c2b.conflict" in asking.world.told()
    assert "payment.succeeded" not in asking.world.told()


async def test_another_amount_than_the_confirmation_named_is_an_alarm(
    asking: Asking,
) -> None:
    await comes_by_hand(asking, 150)
    await asks(asking)

    await asking.answers_status(Amount=15.0)

    assert receipts(asking) == [("unmatched", 15_000, "c2b_confirmation")]
    assert asking.world.told()[-1] == "c2b.conflict"


async def test_money_that_we_missed_is_recovered_by_asking_for_its_receipt(
    asking: Asking,
) -> None:
    await asks(asking)

    await asking.answers_status(DebitPartyName="254722000111 - OTIENO OUMA")

    assert receipts(asking) == [("unmatched", 10_000, "status_result")]
    assert asking.world.booked() == [(1010, 2100, 10_000)]


async def test_a_payouts_receipt_never_becomes_money_received(asking: Asking) -> None:
    await asks(asking)

    await asking.answers_status(
        DebitPartyName=f"{SHORTCODE.digits} - DUKA LA WANJIKU",
        CreditPartyName=f"{PHONE.digits} - WANJIKU KAMAU",
    )

    assert receipts(asking) == []
    assert asking.world.booked() == []


async def test_a_prompts_missed_callback_is_settled_by_asking_for_its_receipt(
    asking: Asking,
) -> None:
    asking.world.provider.otherwise = SaysNothing(reachable=True)
    attempt = await asking.world.opens()
    asking.world.clock.advance(timedelta(minutes=1))
    await asks(asking)

    await asking.answers_status()
    asking.world.provider.otherwise = SaysPaid()
    await asking.world.passes(minutes=2)

    assert await asking.world.stands(attempt) == PAID
    assert asking.world.booked() == [(1010, 1100, 10_000)]
    assert receipts(asking) == [("claimed", 10_000, "status_result")]


async def test_under_c2b_only_verified_every_receipt_is_asked_about(
    database_url: str,
) -> None:
    rules = Rules(c2b_only_verified=True)
    async with an_asking_world(database_url, rules=rules) as asking:
        await comes_by_hand(asking, 150)
        await asking.world.works()
        await asking.world.works()

        await asking.answers_status(Amount=150.0)

        assert receipts(asking) == [("unmatched", 15_000, "c2b_confirmation")]
        assert "c2b.verified" in asking.world.told()
