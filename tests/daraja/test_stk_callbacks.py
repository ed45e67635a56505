"""STK callbacks: every odd body is a typed callback or `MalformedCallback`, nothing else."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pokea.daraja.callbacks import StkFailed, StkPaid, decode
from pokea.daraja.errors import MalformedCallback
from pokea.daraja.results import Kind
from pokea.daraja.values import Money, Msisdn, Receipt

ITEMS: list[dict[str, object]] = [
    {"Name": "Amount", "Value": 1},
    {"Name": "MpesaReceiptNumber", "Value": "NLJ7RT61SV"},
    {"Name": "Balance"},
    {"Name": "TransactionDate", "Value": 20191219102115},
    {"Name": "PhoneNumber", "Value": 254708374149},
]


def body(items: list[dict[str, object]] | None = None, **fields: object) -> bytes:
    callback: dict[str, object] = {
        "MerchantRequestID": "29115-34620561-1",
        "CheckoutRequestID": "ws_CO_191220191020363925",
        "ResultCode": 0,
        "ResultDesc": "The service request is processed successfully.",
        "CallbackMetadata": {"Item": ITEMS if items is None else items},
    } | fields
    return json.dumps({"Body": {"stkCallback": callback}}).encode()


def paid(raw: bytes) -> StkPaid:
    callback = decode("stk", raw)
    assert isinstance(callback, StkPaid)
    return callback


@given(st.permutations(ITEMS))
def test_items_are_read_by_name_in_any_order(items: list[dict[str, object]]) -> None:
    callback = paid(body(items))

    assert callback.amount == Money.shillings(1)
    assert callback.receipt == Receipt("NLJ7RT61SV")
    assert callback.payer == Msisdn("254708374149")
    assert callback.problems == ()


@pytest.mark.parametrize("zero", [0, "0"], ids=repr)
def test_zero_is_zero_as_number_or_text(zero: object) -> None:
    assert paid(body(ResultCode=zero))


@pytest.mark.parametrize(
    "code",
    [
        None,
        "",
        " ",
        "0 ",
        "00",
        "0.0",
        0.0,
        False,
        True,
        [],
        {},
        -1,
        "-0",
        "a b",
        "x" * 21,
        10**40,
    ],
    ids=repr,
)
def test_a_code_that_is_nearly_zero_or_none_is_malformed(code: object) -> None:
    with pytest.raises(MalformedCallback):
        decode("stk", body(ResultCode=code))


def test_a_missing_code_is_malformed() -> None:
    with pytest.raises(MalformedCallback):
        decode("stk", b'{"Body": {"stkCallback": {"CheckoutRequestID": "ws_CO_1"}}}')


@pytest.mark.parametrize("code", ["E3008", "SFC_IC0003", 1032, 99999, "500.001.1001"], ids=repr)
def test_every_other_code_is_not_paid(code: str | int) -> None:
    callback = decode("stk", body(ResultCode=code))

    assert isinstance(callback, StkFailed)
    assert callback.code == str(code)


def test_an_unknown_code_is_doubt_not_failure() -> None:
    callback = decode("stk", body(ResultCode=7777))

    assert isinstance(callback, StkFailed)
    assert callback.result.kind is Kind.UNKNOWN


@pytest.mark.parametrize(
    "amount", [0, -1, "1.005", "abc", True, None, 1e300, [], "1e5", 10**400], ids=repr
)
def test_an_odd_amount_keeps_the_callback_and_is_noted(amount: object) -> None:
    callback = paid(body([{"Name": "Amount", "Value": amount}, *ITEMS[1:]]))

    assert callback.amount is None
    assert callback.receipt == Receipt("NLJ7RT61SV")
    assert [problem.split(":")[0] for problem in callback.problems] == ["Amount"]


def test_two_values_under_one_name_are_both_disbelieved() -> None:
    callback = paid(body([*ITEMS, {"Name": "Amount", "Value": 1000}]))

    assert callback.amount is None
    assert "Amount: stands twice, with two values" in callback.problems


@pytest.mark.parametrize(
    "raw",
    [
        *(
            b"",
            b"null",
            b"[]",
            b"0",
            b'""',
            b"{",
            b"{}",
            b'{"Body": 1}',
            b"\xff\xfe",
            b"\xef\xbb\xbf{}",
        ),
        *(b'{"Body": {"stkCallback": []}}', b'{"Body": {"stkCallback": {"ResultCode": NaN}}}'),
        b'{"Body": {"stkCallback": {"ResultCode": 1, "ResultCode": 0}}}',
        b'{"Body": {"stkCallback": {"ResultCode": 0, "ResultDesc": "\\u0000"}}}',
        b'{"Body": {"stkCallback": {"ResultCode": 0, "ResultDesc": "\\ud800"}}}',
        b'{"Body": {"stkCallback": {"ResultCode": 0, "x": ' + b"[" * 20 + b"]" * 20 + b"}}}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"Body": {"stkCallback": {"ResultCode": 0, "x": ' + b"9" * 5000 + b"}}}",
        b'{"Body": {"stkCallback": {"ResultCode": 0, "x": 1e' + b"9" * 50 + b"}}}",
        b" " * (1024 * 1024 + 1),
    ],
    ids=lambda raw: repr(raw[:70]) + str(len(raw)),
)
def test_what_is_no_callback_is_malformed(raw: bytes) -> None:
    with pytest.raises(MalformedCallback):
        decode("stk", raw)


json_values: st.SearchStrategy[object] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from([0, "0", 1032, "E3008", "NLJ7RT61SV", 20191219102115, 254708374149]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
names: st.SearchStrategy[object] = st.sampled_from([item["Name"] for item in ITEMS])
items: st.SearchStrategy[dict[str, object]] = st.fixed_dictionaries(
    {"Name": names}, optional={"Value": json_values}
)


@given(st.binary() | json_values.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_and_any_json_give_a_callback_or_malformed(raw: bytes) -> None:
    try:
        callback = decode("stk", raw)
    except MalformedCallback:
        return
    assert isinstance(callback, StkPaid | StkFailed)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "ResultCode": json_values,
            "ResultDesc": json_values,
            "MerchantRequestID": json_values,
            "CheckoutRequestID": json_values,
            "CallbackMetadata": json_values
            | st.fixed_dictionaries({"Item": json_values | st.lists(items)}),
        },
    )
)
def test_any_callback_shaped_json_gives_a_callback_or_malformed(
    members: dict[str, object],
) -> None:
    try:
        callback = decode("stk", json.dumps({"Body": {"stkCallback": members}}).encode())
    except MalformedCallback:
        return
    assert isinstance(callback, StkFailed) == (members["ResultCode"] not in (0, "0"))


def test_a_decimal_amount_is_exact() -> None:
    raw = body().replace(b'"Value": 1}', b'"Value": 70.35}')

    assert paid(raw).amount == Money.parse(Decimal("70.35"))
