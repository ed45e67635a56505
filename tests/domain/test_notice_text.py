"""What people read: in their language, in one SMS, with figures that a person can read."""

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.examples import a_full_payment, a_notice, an_alert, an_attempt
from pokea.daraja.values import AccountReference, Money
from pokea.domain.event import EventType
from pokea.domain.gsm7 import SMS_LENGTH, as_gsm7, septets
from pokea.domain.language import Language
from pokea.domain.notice import Channel, Notice, Target, audience_of
from pokea.domain.notice_text import Facts, compose, facts_of, trial_message
from pokea.domain.payment import Payment
from pokea.flows.represent import represent_payment

PAYMENT = replace(
    a_full_payment(),
    amount=Money.shillings(1500),
    amount_received=Money.shillings(1500),
    status_reason="contested_amount",
)
LARGEST = Money.shillings(250_000)
BOTH: list[Language] = ["en", "sw"]


def facts(payment: Payment = PAYMENT) -> Facts:
    shown = represent_payment(payment, an_attempt())
    return facts_of(json.dumps({"data": {"object": shown}}))


def said(notice: Notice, payment: Payment = PAYMENT, *, name: str = "Duka la Wanjiku") -> str:
    return compose(notice, facts(payment), merchant_name=name).body


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (
            "en",
            (
                "Duka la Wanjiku: we have received KES 1,500.00 for INV-1."
                " M-PESA receipt UAF7X2K9QP. Thank you."
            ),
        ),
        (
            "sw",
            (
                "Duka la Wanjiku: tumepokea KES 1,500.00 kwa INV-1."
                " Risiti ya M-PESA UAF7X2K9QP. Asante."
            ),
        ),
    ],
)
def test_a_customer_reads_who_received_what_for_which_account(
    language: Language, text: str
) -> None:
    assert said(replace(a_notice(), language=language)) == text


def test_a_payment_whose_receipt_is_not_known_yet_names_none() -> None:
    text = said(a_notice(), replace(PAYMENT, receipt=None))

    assert "Your M-PESA message is your receipt." in text


def test_a_customer_who_paid_too_much_reads_what_arrived() -> None:
    text = said(a_notice(), replace(PAYMENT, amount_received=Money.shillings(1700)))

    assert "KES 1,700.00" in text


def test_a_customers_receipt_tells_no_phone() -> None:
    assert "678" not in said(a_notice())


def test_an_exercise_is_marked() -> None:
    text = said(a_notice(), replace(PAYMENT, livemode=False))

    assert text.startswith("TEST Duka la Wanjiku: ")


@pytest.mark.parametrize("language", BOTH)
@given(name=st.text(max_size=200))
def test_every_receipt_fits_one_sms_whatever_the_merchants_name(
    language: Language, name: str
) -> None:
    long = replace(
        PAYMENT,
        livemode=False,
        amount_received=LARGEST,
        account_reference=AccountReference("INVOICE-2026"),
    )
    for payment in (long, replace(long, receipt=None)):
        text = said(replace(a_notice(), language=language), payment, name=name)

        assert septets(text) <= SMS_LENGTH
        assert "KES 250,000.00" in text
        assert "INVOICE-2026" in text


def test_a_long_name_is_shortened_and_the_figures_are_not() -> None:
    text = said(a_notice(), name="The Very Long Name of a Savings and Credit Society " * 3)

    assert text.startswith("The Very Long Name of a Savings and Credit Society The")
    assert text.endswith("M-PESA receipt UAF7X2K9QP. Thank you.")
    assert septets(text) <= SMS_LENGTH


def test_an_email_has_a_subject_and_keeps_the_names_own_letters() -> None:
    mailed = Target(channel=Channel.EMAIL, address="otieno@example.com")
    notice = replace(a_notice(), target=mailed)

    message = compose(notice, facts(), merchant_name="Duka la Ngũgĩ\n")

    assert message.title == "Receipt: Duka la Ngũgĩ"
    assert message.body.startswith("Duka la Ngũgĩ: we have received")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (
            "en",
            (
                "Pokea: A payment needs your decision. pay_00000000000000000000000001,"
                " KES 1,500.00, UAF7X2K9QP, contested_amount, 2547*****678, INV-1."
            ),
        ),
        (
            "sw",
            (
                "Pokea: Malipo yanahitaji uamuzi wako. pay_00000000000000000000000001,"
                " KES 1,500.00, UAF7X2K9QP, contested_amount, 2547*****678, INV-1."
            ),
        ),
    ],
)
def test_an_operator_reads_what_happened_to_what_and_no_whole_phone(
    language: Language, text: str
) -> None:
    assert said(replace(an_alert(), language=language)) == text


@pytest.mark.parametrize("language", BOTH)
@pytest.mark.parametrize("kind", [one for one in EventType if audience_of(one)])
def test_every_alert_fits_one_sms_and_keeps_what_it_is_about(
    kind: EventType, language: Language
) -> None:
    notice = replace(an_alert(), kind=kind.value, language=language, more=99_999)
    longest = replace(
        PAYMENT,
        livemode=False,
        amount=LARGEST,
        account_reference=AccountReference("INVOICE-2026"),
        status_reason="contested_checkout_request_id",
    )

    text = said(notice, longest)

    assert septets(text) <= SMS_LENGTH
    assert PAYMENT.id in text
    assert "99999" in text


def test_an_alert_without_room_leaves_out_what_matters_least() -> None:
    wordy = replace(
        PAYMENT,
        status_reason="contested_checkout_request_id",
        account_reference=AccountReference("INVOICE-2026"),
    )

    text = said(replace(an_alert(), more=37), wordy)

    assert text.endswith("UAF7X2K9QP, contested_checkout_request_id. And 37 more like it.")
    assert "2547*****678" not in text
    assert "INVOICE-2026" not in text


@pytest.mark.parametrize("typed", ["0712345678", "+254 712 345 678", "254712345678"])
def test_a_phone_that_a_payer_typed_as_the_account_is_masked(typed: str) -> None:
    hand = Facts(subject="rct_1", amount="KES 1.00", account=typed)

    text = compose(an_alert(), hand, merchant_name="").body

    assert "345" not in text
    assert "678" in text


@pytest.mark.parametrize("language", BOTH)
def test_every_alert_that_there_is_has_words_of_its_own(language: Language) -> None:
    notice = replace(an_alert(), language=language)
    general = said(replace(notice, kind="unheard.of"))

    assert "unheard.of" in general
    for kind in EventType:
        if audience_of(kind) is notice.audience:
            assert kind.value not in said(replace(notice, kind=kind.value))


def test_a_callback_that_is_stuck_is_named() -> None:
    notice = replace(an_alert(), kind="callback.dead", about_id="inb_1")

    text = compose(notice, Facts(subject="inb_1"), merchant_name="").body

    assert text == "Pokea: A callback could not be applied. inb_1."


@pytest.mark.parametrize("language", BOTH)
def test_a_trial_says_that_it_is_one(language: Language) -> None:
    text = trial_message(language).body

    assert re.search("test|jaribio", text)
    assert as_gsm7(text) == text
