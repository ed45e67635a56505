"""Ids: a prefix and a ULID, there and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ulid import ULID

from pokea.domain.ids import PREFIXES, ULID_LENGTH, ulid_bytes, ulid_text


@given(st.binary(min_size=16, max_size=16))
def test_a_ulid_goes_to_text_and_back_and_agrees_with_the_library(value: bytes) -> None:
    text = ulid_text(value)

    assert len(text) == ULID_LENGTH
    assert ulid_bytes(f"pay_{text}") == value
    assert text == str(ULID.from_bytes(value))


@pytest.mark.parametrize(
    "identifier",
    [
        "",
        "pay_",
        "pay_01JZ8X4R2W8Z6V4H1G5F3D7S9",
        "pay_01JZ8X4R2W8Z6V4H1G5F3D7S9AA",
        "pay_01jz8x4r2w8z6v4h1g5f3d7s9a",
        "pay_01JZ8X4R2W8Z6V4H1G5F3D7S9U",
        "pay_8ZZZZZZZZZZZZZZZZZZZZZZZZZ",
    ],
    ids=repr,
)
def test_what_does_not_end_in_a_ulid_is_refused(identifier: str) -> None:
    with pytest.raises(ValueError, match="does not end in a ULID"):
        ulid_bytes(identifier)


def test_every_kind_of_thing_has_its_own_prefix() -> None:
    assert len(set(PREFIXES.values())) == len(PREFIXES)
    assert all(prefix.isalpha() and prefix.islower() for prefix in PREFIXES.values())


def test_ids_sort_by_the_time_in_them() -> None:
    earlier, later = ulid_text(b"\x00" * 16), ulid_text(b"\x01" + b"\x00" * 15)

    assert earlier < later
