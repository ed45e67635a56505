"""Which callbacks are believed: address, ids, amount, payer and time must all agree."""

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.story import failure
from domain.world import PHONE, START, new_attempt
from pokea.daraja.values import HashedMsisdn, MaskedMsisdn, Money, Msisdn, Payer, Receipt
from pokea.domain.attempt import CallbackDisagreed, CallbackFailed, CallbackPaid, DoubtRaised
from pokea.domain.belief import Believed, Doubted, match
from pokea.domain.inbox import InboxState, Told, ToldFailed, ToldPaid, ToldUnclear

RECEIPT = Receipt("NLJ7RT61SV")
ATTEMPT = replace(new_attempt(Money.shillings(1000)), checkout_request_id="ws_1")
NOW = START + timedelta(seconds=30)
PAID = ToldPaid(
    checkout_request_id="ws_1",
    merchant_request_id="mr_1",
    receipt=RECEIPT,
    amount=Money.shillings(1000),
    paid_at=START + timedelta(seconds=20),
    payer=PHONE,
)
FAILED = ToldFailed(
    checkout_request_id="ws_1", merchant_request_id="mr_1", failure=failure("wrong_pin")
)
UNCLEAR = ToldUnclear(checkout_request_id="ws_1", merchant_request_id="", code="777")
OURS, STRANGERS = (hashlib.sha256(digits).hexdigest() for digits in (b"254712345678", b"254"))


def doubted(told: Told, *, ip_listed: bool = True) -> Doubted:
    matched = match(ATTEMPT, told, ip_listed=ip_listed, now=NOW)
    assert isinstance(matched, Doubted)
    return matched


def test_a_paid_callback_whose_every_field_agrees_is_a_witness() -> None:
    matched = match(ATTEMPT, PAID, ip_listed=True, now=NOW)

    assert isinstance(matched, Believed)
    assert isinstance(matched.event, CallbackPaid)
    assert matched.event.claim.receipt == PAID.receipt
    assert matched.event.claim.heard_at == NOW


def test_a_failed_callback_whose_ids_agree_is_a_witness() -> None:
    matched = match(ATTEMPT, FAILED, ip_listed=True, now=NOW)

    assert isinstance(matched, Believed)
    assert isinstance(matched.event, CallbackFailed)


@pytest.mark.parametrize("told", [PAID, FAILED, UNCLEAR], ids=["paid", "failed", "unclear"])
def test_an_address_that_is_not_listed_makes_us_ask_and_nothing_else(told: Told) -> None:
    parked = doubted(told, ip_listed=False)

    assert (parked.state, parked.reason) == (InboxState.QUARANTINED, "address_not_listed")
    assert isinstance(parked.event, DoubtRaised)


@pytest.mark.parametrize("told", [PAID, FAILED, UNCLEAR], ids=["paid", "failed", "unclear"])
def test_the_id_of_another_request_is_a_conflict(told: Told) -> None:
    parked = doubted(replace(told, checkout_request_id="ws_2"))

    assert (parked.state, parked.reason) == (InboxState.CONFLICT, "checkout_request_id")
    assert isinstance(parked.event, DoubtRaised)


def test_a_callback_that_beats_the_answer_brings_the_id() -> None:
    unanswered = replace(ATTEMPT, checkout_request_id=None)

    assert isinstance(match(unanswered, PAID, ip_listed=True, now=NOW), Believed)


@pytest.mark.parametrize("cents", [99_900, 99_999, 100_001, 100_100, 0, 10_000_000])
def test_another_amount_even_by_a_cent_is_for_a_person(cents: int) -> None:
    parked = doubted(replace(PAID, amount=Money.cents(cents)))

    assert (parked.state, parked.reason) == (InboxState.CONFLICT, "amount")
    assert isinstance(parked.event, CallbackDisagreed)
    assert (parked.event.about, parked.event.receipt) == ("amount", RECEIPT)


@pytest.mark.parametrize(
    "payer",
    [
        PHONE,
        MaskedMsisdn.parse("2547 ***** 678"),
        MaskedMsisdn.parse("254712***678"),
        HashedMsisdn(OURS),
        None,
    ],
    ids=["whole", "masked", "masked less", "hashed", "missing"],
)
def test_a_payer_agrees_in_whatever_safaricom_shows_of_it(payer: Payer | None) -> None:
    told = replace(PAID, payer=payer)

    assert isinstance(match(ATTEMPT, told, ip_listed=True, now=NOW), Believed)


@pytest.mark.parametrize(
    "payer",
    [
        Msisdn("254712345679"),
        MaskedMsisdn.parse("2547 ***** 679"),
        MaskedMsisdn.parse("2541 ***** 678"),
        HashedMsisdn(STRANGERS),
    ],
    ids=["whole", "masked end", "masked beginning", "hashed"],
)
def test_another_payer_is_for_a_person(payer: Payer) -> None:
    parked = doubted(replace(PAID, payer=payer))

    assert (parked.state, parked.reason) == (InboxState.CONFLICT, "payer")
    assert isinstance(parked.event, CallbackDisagreed)
    assert (parked.event.about, parked.event.receipt) == ("payer", RECEIPT)


@pytest.mark.parametrize("minutes", [-5, 0, 24 * 60])
def test_a_time_within_five_minutes_before_and_a_day_after_is_believed(minutes: int) -> None:
    told = replace(PAID, paid_at=START + timedelta(minutes=minutes))

    assert isinstance(match(ATTEMPT, told, ip_listed=True, now=NOW), Believed)


@pytest.mark.parametrize("seconds", [-301, 24 * 3600 + 1, -3 * 3600])
def test_a_time_outside_of_that_is_doubted(seconds: int) -> None:
    parked = doubted(replace(PAID, paid_at=START + timedelta(seconds=seconds)))

    assert (parked.state, parked.reason) == (InboxState.QUARANTINED, "transaction_date")


@pytest.mark.parametrize("field", ["receipt", "amount", "paid_at"])
def test_a_success_that_leaves_out_what_proves_it_is_doubted(field: str) -> None:
    parked = doubted(replace(PAID, **{field: None}))

    assert (parked.state, parked.reason) == (InboxState.QUARANTINED, "incomplete")
    assert isinstance(parked.event, DoubtRaised)


def test_a_result_code_that_we_do_not_know_is_neither_success_nor_failure() -> None:
    parked = doubted(UNCLEAR)

    assert (parked.state, parked.reason) == (InboxState.QUARANTINED, "unknown_result_code")
    assert isinstance(parked.event, DoubtRaised)
