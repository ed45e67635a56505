"""Callbacks of every kind: any bytes give a typed callback or `MalformedCallback`."""

import json
from contextlib import suppress
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pokea.daraja.callbacks import (
    ACKNOWLEDGED,
    BILL_ACKNOWLEDGED,
    KINDS,
    C2bConfirmation,
    PayoutResult,
    Rejection,
    Result,
    ReversalResult,
    StatusResult,
    Timeout,
    accept,
    decode,
    reject,
)
from pokea.daraja.errors import MalformedCallback
from pokea.daraja.results import Kind
from pokea.daraja.values import Money

CORPUS = Path(__file__).parents[2] / "fixtures" / "daraja" / "payloads"
json_values: st.SearchStrategy[object] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
recorded = [
    json.loads(path.read_bytes())
    for path in sorted(CORPUS.glob("*.json"))
    if any(word in path.name for word in ("callback", "result", "confirmation", "notification"))
]


def result(parameters: object = None, **fields: object) -> bytes:
    members = {"ResultType": 0, "ResultCode": 0, "TransactionID": "SG632NMUAB"} | fields
    if parameters is not None:
        members["ResultParameters"] = {"ResultParameter": parameters}
    return json.dumps({"Result": members}).encode()


@given(st.sampled_from(KINDS), st.binary() | json_values.map(lambda v: json.dumps(v).encode()))
def test_any_bytes_give_a_callback_or_malformed(kind: str, raw: bytes) -> None:
    with suppress(MalformedCallback):
        assert decode(kind, raw)


@given(st.data(), st.sampled_from(KINDS))
def test_a_recorded_callback_with_any_member_replaced_is_read_or_malformed(
    data: st.DataObject, kind: str
) -> None:
    body = data.draw(st.sampled_from(recorded))
    changed = replaced(body, data.draw(st.integers(0, 60)), data.draw(json_values))

    with suppress(MalformedCallback):
        assert decode(kind, json.dumps(changed).encode())


def replaced(value: object, nth: int, other: object) -> object:
    """Return the value with its nth leaf replaced."""
    seen = iter(range(10_000))

    def walk(inner: object) -> object:
        if isinstance(inner, dict):
            members = cast("dict[str, object]", inner)
            return {key: walk(item) for key, item in members.items()}
        if isinstance(inner, list):
            return [walk(item) for item in cast("list[object]", inner)]
        return other if next(seen) == nth else inner

    return walk(value)


def test_a_single_parameter_may_come_without_a_list() -> None:
    said = decode("status_result", result({"Key": "TransactionStatus", "Value": "Completed"}))

    assert isinstance(said, StatusResult)
    assert said.is_completed


@pytest.mark.parametrize("status", ["Initiated", "Authorized", "Pending Authorized", ""])
def test_a_query_that_worked_is_not_a_transaction_that_completed(status: str) -> None:
    said = decode("status_result", result([{"Key": "TransactionStatus", "Value": status}]))

    assert isinstance(said, StatusResult)
    assert said.result.succeeded
    assert not said.is_completed
    assert not said.is_refused


@pytest.mark.parametrize("transaction_id", ["SB60000000", "0000000000000000", "OA90000000"])
def test_a_placeholder_is_no_receipt(transaction_id: str) -> None:
    said = decode("result", result(TransactionID=transaction_id))

    assert isinstance(said, Result)
    assert said.receipt is None


def test_a_receipt_on_a_failure_proves_nothing() -> None:
    said = decode("b2c_result", result(ResultCode=2001, TransactionID="SBQ72IFPXT"))

    assert isinstance(said, PayoutResult)
    assert said.receipt is None
    assert said.result.kind is Kind.FAILED


@pytest.mark.parametrize("code", [15, 17, 26, 7777])
def test_after_some_codes_only_a_query_can_tell(code: int) -> None:
    said = decode("b2c_result", result(ResultCode=code))

    assert isinstance(said, PayoutResult)
    assert said.result.kind is Kind.UNKNOWN


def test_a_reversal_refused_because_it_is_done_counts_as_done() -> None:
    said = decode("reversal_result", result(ResultCode="R000001"))

    assert isinstance(said, ReversalResult)
    assert said.was_already_done


def test_a_timeout_gives_no_secret_away() -> None:
    body = {"OriginatorConversationID": "pay-1", "SecurityCredential": "hush", "Amount": 10.5}

    said = decode("timeout", json.dumps(body).encode())

    assert isinstance(said, Timeout)
    assert said.originator_conversation_id == "pay-1"
    assert "hush" not in f"{said!r} {said.request} {said.raw!r}"


def test_money_by_hand_is_found_even_where_its_fields_are_odd() -> None:
    body = {"TransID": "short", "TransAmount": "abc", "MSISDN": "?", "TransTime": "soon"}

    said = decode("c2b_confirmation", json.dumps(body).encode())

    assert isinstance(said, C2bConfirmation)
    assert said.transaction_id == "short"
    assert (said.receipt, said.amount, said.payer, said.paid_at) == (None, None, None, None)
    assert len(said.problems) == 5


def test_money_by_hand_needs_its_id() -> None:
    with pytest.raises(MalformedCallback):
        decode("c2b_confirmation", b'{"TransAmount": "1.00"}')


def test_balances_may_be_negative_and_keep_their_cents() -> None:
    key = "B2CChargesPaidAccountAvailableFunds"

    said = decode("b2c_result", result([{"Key": key, "Value": -1980.5}]))

    assert isinstance(said, PayoutResult)
    assert said.charges_paid_available_cents == -198_050


def test_an_amount_in_text_and_in_number_is_the_same_money() -> None:
    for value in (190, "190.00", 190.0, "190"):
        said = decode("b2c_result", result([{"Key": "TransactionAmount", "Value": value}]))
        assert isinstance(said, PayoutResult)
        assert said.amount == Money.shillings(190)


def test_the_replies_that_we_owe_are_those_recorded() -> None:
    def corpus(name: str) -> object:
        return json.loads((CORPUS / f"{name}.json").read_bytes())

    assert json.loads(accept("1234567890")) == corpus("merchant_ack_validation_with_thirdparty")
    accepted = corpus("c2b_validation_response_accept__portal2025")
    assert json.loads(accept()) == accepted
    assert json.loads(reject(Rejection.PHONE)) == corpus(
        "c2b_validation_response_reject__portal2025"
    )
    assert json.loads(ACKNOWLEDGED) == corpus("merchant_ack_c2b_confirmation")
    assert json.loads(BILL_ACKNOWLEDGED) == corpus("billmanager_merchant_ack__portal2025")


def test_an_unknown_kind_is_the_callers_mistake() -> None:
    with pytest.raises(KeyError):
        decode("nonsense", b"{}")
