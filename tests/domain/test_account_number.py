"""The account number of a payment whose merchant named none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.examples import named
from pokea.domain.account_key import account_key
from pokea.domain.account_number import LENGTH, account_number
from pokea.domain.ids import PaymentId, ulid_text

PAYMENT = PaymentId("pay_01JZ8X4R2W8Z6V4H1G5F3D7S9A")


@pytest.mark.parametrize(
    "reference", ["INV-10042", "order 7 a", "1001", "agizo_7", "ABCDEFGHIJKL"]
)
def test_a_reference_that_can_be_typed_is_the_account_number(reference: str) -> None:
    assert account_number(PAYMENT, reference).text == reference


@pytest.mark.parametrize(
    "reference",
    [None, "", "  ", "7", "A-1", "ORDER-2026-000123", "Mama's kiosk"],
)
def test_any_other_is_replaced_by_one_of_the_payments_own(reference: str | None) -> None:
    assert account_number(PAYMENT, reference).text == "63279J2M"


@given(st.binary(min_size=16, max_size=16))
def test_a_derived_number_is_short_and_has_no_letter_that_looks_like_another(
    ulid: bytes,
) -> None:
    text = account_number(PaymentId(f"pay_{ulid_text(ulid)}"), None).text

    assert len(text) == LENGTH
    assert account_key(text) == text
    assert not set(text) & set("01OILU")


def test_payments_one_after_the_other_have_numbers_of_their_own() -> None:
    payments = [PaymentId(named("pay", number)) for number in range(10_000)]

    assert len({account_number(one, None) for one in payments}) == 10_000


def test_the_time_in_an_id_changes_nothing_so_that_neighbours_differ_by_chance_alone() -> None:
    later = PaymentId("pay_01K" + PAYMENT[7:])

    assert account_number(later, None) == account_number(PAYMENT, None)
