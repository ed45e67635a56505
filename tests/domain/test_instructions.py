"""How to pay by hand, as M-PESA's menus read, and only while there is anything to pay."""

from dataclasses import replace

import pytest

from harness.examples import SHORTCODE, TILL, a_payment
from pokea.daraja.values import AccountReference, Money
from pokea.domain.instructions import Instructions, instructions, note, steps
from pokea.domain.language import LANGUAGES
from pokea.domain.payment import Payment, PaymentState

PAYABLE = {PaymentState.OPEN, PaymentState.PROCESSING, PaymentState.PARTIALLY_PAID}
LARGEST = Money.shillings(250_000)
PAYMENT = replace(
    a_payment(), amount=Money.shillings(1500), account_reference=AccountReference("K7QM2X9D")
)


def how(payment: Payment = PAYMENT, *, till: bool = False) -> Instructions:
    found = instructions(payment, TILL if till else None, most=LARGEST)
    assert found is not None
    return found


def test_a_paybill_asks_for_its_number_the_account_and_the_amount() -> None:
    assert [step.text for step in steps(how(), "en")] == [
        "On your phone, open M-PESA and choose Lipa na M-PESA",
        "Choose Pay Bill",
        f"Enter business no. {SHORTCODE}",
        "Enter account no. K7QM2X9D",
        "Enter amount 1500",
        "Enter your M-PESA PIN and confirm",
    ]


def test_a_till_asks_for_its_number_and_the_amount() -> None:
    assert [step.text for step in steps(how(till=True), "sw")] == [
        "Kwenye simu yako, fungua M-PESA uchague Lipa na M-PESA",
        "Chagua Buy Goods and Services",
        f"Weka nambari ya till {TILL}",
        "Weka kiasi 1500",
        "Weka PIN yako ya M-PESA uthibitishe",
    ]


@pytest.mark.parametrize("till", [True, False])
def test_both_languages_have_the_same_steps(*, till: bool) -> None:
    entered = {
        tuple(step.enter for step in steps(how(till=till), language)) for language in LANGUAGES
    }

    assert len(entered) == 1


@pytest.mark.parametrize("state", PaymentState)
def test_only_a_payment_that_may_still_be_paid_says_how(state: PaymentState) -> None:
    found = instructions(replace(PAYMENT, state=state), None, most=LARGEST)

    assert (found is not None) == (state in PAYABLE)


def test_what_was_paid_already_is_not_asked_for_again() -> None:
    assert how(replace(PAYMENT, amount_received=Money.shillings(400))).amount == 1100


def test_cents_are_paid_with_the_shilling_above_them() -> None:
    assert how(replace(PAYMENT, amount_received=Money.cents(50))).amount == 1500


@pytest.mark.parametrize(
    ("shillings", "parts"),
    [
        (1, (1,)),
        (250_000, (250_000,)),
        (250_001, (250_000, 1)),
        (500_000, (250_000, 250_000)),
        (600_000, (250_000, 250_000, 100_000)),
    ],
)
def test_an_amount_is_paid_in_parts_that_mpesa_moves(
    shillings: int, parts: tuple[int, ...]
) -> None:
    found = how(replace(PAYMENT, amount=Money.shillings(shillings)))

    assert found.parts == parts
    assert found.amount == shillings


def test_the_parts_are_told_in_words_in_both_languages() -> None:
    found = how(replace(PAYMENT, amount=Money.shillings(600_000)))

    assert note(how(), "en") is None
    assert note(found, "en") == (
        "M-PESA moves at most KSh 250,000 at once. Pay KSh 250,000, KSh 250,000 and"
        " KSh 100,000, one after the other, each in the same way."
    )
    assert note(found, "sw") == (
        "M-PESA hutuma KSh 250,000 pekee kwa mara moja. Lipa KSh 250,000, KSh 250,000 na"
        " KSh 100,000, moja baada ya nyingine, kwa njia hiyohiyo."
    )
