"""One SMS: its alphabet, its length, and names written as near as it allows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pokea.domain.gsm7 import SMS_LENGTH, as_gsm7, septets


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("Duka la Wanjiku", "Duka la Wanjiku"),
        ("Café René", "Café René"),
        ("Mama Ngũgĩ\u2019s \u201cHotel\u201d", 'Mama Ngugi\'s "Hotel"'),
        ("Kĩambu \u2013 Thika", "Kiambu - Thika"),
        ("Duka ☕\nla\tKahawa", "Duka la Kahawa"),
        ("متجر", ""),
    ],
)
def test_names_keep_what_a_cheap_message_can_carry(written: str, sent: str) -> None:
    assert as_gsm7(written) == sent


def test_letters_of_the_extension_table_count_twice() -> None:
    assert septets("KES 10") == 6
    assert septets("[KES]") == 7


def test_one_foreign_letter_is_longer_than_any_message() -> None:
    assert septets("Ngũgĩ") > SMS_LENGTH


@given(st.text())
def test_whatever_is_written_is_in_the_alphabet_afterwards(text: str) -> None:
    sent = as_gsm7(text)

    assert septets(sent) <= 2 * len(sent)
    assert as_gsm7(sent) == sent
