"""Idempotency keys and the fingerprints of requests."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pokea.domain.idempotency import is_valid_key, request_sha256

PATH = "/v1/payments"
BODY = {"amount": "1500.00", "phone": "0712345678", "metadata": {"order": "7", "shop": "1"}}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.text(max_size=8), json_values, max_size=5))
def test_order_and_spacing_do_not_matter(body: dict[str, object]) -> None:
    reordered = json.loads(json.dumps(dict(reversed(body.items())), indent=3))

    assert request_sha256("POST", PATH, reordered) == request_sha256("POST", PATH, body)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", PATH, BODY),
        ("POST", "/v1/payouts", BODY),
        ("POST", PATH, BODY | {"amount": "1500.0"}),
        ("POST", PATH, BODY | {"amount": 1500}),
        ("POST", PATH, BODY | {"metadata": {}}),
        ("POST", PATH, BODY | {"description": None}),
    ],
)
def test_anything_else_matters(method: str, path: str, body: object) -> None:
    assert request_sha256(method, path, body) != request_sha256("POST", PATH, BODY)


def test_the_order_of_a_list_matters() -> None:
    assert request_sha256("POST", PATH, [1, 2]) != request_sha256("POST", PATH, [2, 1])


@pytest.mark.parametrize("key", ["order-42", "x" * 255, "!~!~!~!~"])
def test_eight_to_255_visible_characters_are_a_key(key: str) -> None:
    assert is_valid_key(key)


@pytest.mark.parametrize(
    "key", ["", "order-7", "x" * 256, "order 42 ", "order-42\n", "oder-ä-42", "order\t-42"]
)
def test_anything_else_is_no_key(key: str) -> None:
    assert not is_valid_key(key)
