"""The catalogues: what a code means, who must act, what the payer reads."""

import pytest

from pokea.daraja.results import (
    CREDENTIAL_CODES,
    ORGANISATION_CODES,
    PRODUCT_CODES,
    REFUSAL_CODES,
    SENTENCES,
    STK_CODES,
    Kind,
    Meaning,
    NewAttempt,
    organisation_result,
    product_result,
    refusal_meaning,
    stk_result,
)

TABLES = {"stk": STK_CODES, "organisation": ORGANISATION_CODES, "refusals": REFUSAL_CODES}
EVERY = [
    pytest.param(meaning, id=f"{table} {code}")
    for table, codes in (TABLES | PRODUCT_CODES).items()
    for code, meaning in codes.items()
]
# The failure codes of the merchant's API are stable for ever.
FAILURE_CODES = {
    *("customer_cancelled", "customer_unreachable", "customer_timeout", "insufficient_funds"),
    *("wrong_pin", "customer_limit", "too_soon", "subscriber_busy", "prompt_failed"),
    *("recipient_not_registered", "float_insufficient", "operator_locked", "operator_invalid"),
    *("operator_not_permitted", "product_not_allowed", "account_inactive", "provider_refused"),
}


@pytest.mark.parametrize("meaning", EVERY)
def test_every_code_has_a_sentence_in_both_languages_and_a_source(meaning: Meaning) -> None:
    assert meaning.sentence.en
    assert meaning.sentence.sw
    assert meaning.source
    assert meaning.failure_code in FAILURE_CODES | {""}


@pytest.mark.parametrize("meaning", EVERY)
def test_nobody_is_told_that_no_money_moved_while_it_may_have(meaning: Meaning) -> None:
    says_so = "No money" in meaning.sentence.en or "Hakuna pesa" in meaning.sentence.sw

    assert not says_so or meaning.kind is Kind.FAILED
    assert meaning.kind is not Kind.UNKNOWN or "Do not pay again" in meaning.sentence.en


def test_both_languages_make_the_same_promise() -> None:
    for sentence in SENTENCES.values():
        assert ("No money" in sentence.en) == ("Hakuna pesa" in sentence.sw)


def test_only_zero_is_paid() -> None:
    paid = [code for code in [*STK_CODES, "0", "00", "", "4999"] if is_paid(code)]

    assert paid == ["0"]


def is_paid(code: str) -> bool:
    return stk_result(code, "The service request is processed successfully.").kind is Kind.PAID


@pytest.mark.parametrize("code", STK_CODES)
def test_every_listed_failure_is_final_whatever_its_text(code: str) -> None:
    assert stk_result(code, "texts drift").kind is Kind.FAILED


@pytest.mark.parametrize("code", ["7777", "1101", "E9999", "", "4999"])
def test_a_code_on_no_list_is_neither_success_nor_failure(code: str) -> None:
    result = stk_result(code, "")

    assert result.kind is Kind.UNKNOWN
    assert result.failure_code == ""
    assert result.meaning.new_attempt is NewAttempt.AFTER_QUERY


def test_one_code_means_other_things_for_other_products() -> None:
    assert stk_result("2001", "").failure_code == "wrong_pin"
    assert organisation_result("2001").failure_code == "operator_invalid"
    assert stk_result("17", "").failure_code == "too_soon"
    assert organisation_result("17").kind is Kind.UNKNOWN
    assert stk_result("1", "").failure_code == "insufficient_funds"
    assert organisation_result("1").failure_code == "float_insufficient"


def test_a_wrong_or_locked_initiator_is_recognised() -> None:
    for code in CREDENTIAL_CODES:
        assert organisation_result(code).failure_code.startswith("operator_")


def test_the_message_decides_where_the_code_is_not_enough() -> None:
    code = "500.001.1001"

    assert refusal_meaning(code, "Wrong credentials").kind is Kind.FAILED
    busy = refusal_meaning(code, "Unable to lock subscriber, a transaction is already")
    assert busy.failure_code == "subscriber_busy"
    assert refusal_meaning(code, "Internal Server Error").kind is Kind.UNKNOWN
    assert refusal_meaning("999.999", "?").kind is Kind.UNKNOWN


def test_an_unknown_code_of_a_product_is_unknown() -> None:
    assert product_result("ratiba", "3001").kind is Kind.UNKNOWN
