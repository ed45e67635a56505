"""API keys: recognisable when leaked, useless when only their hint is seen."""

import hashlib
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pokea.domain.api_key import RANDOM_BYTES, hint, key_sha256, new_key

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
randoms = st.binary(min_size=RANDOM_BYTES, max_size=RANDOM_BYTES)


@given(randoms, st.booleans())
def test_a_key_is_a_prefix_43_characters_and_a_checksum_of_six(
    random: bytes,
    livemode: bool,  # noqa: FBT001 - hypothesis names it
) -> None:
    key = new_key(random, livemode=livemode)

    body, checksum = key[:-6], key[-6:]
    assert key.startswith("sk_live_" if livemode else "sk_test_")
    assert len(key) == len("sk_test_") + 43 + 6
    assert _number(checksum) == zlib.crc32(body.encode())
    assert _number(body[8:]) == int.from_bytes(random, "big")


def test_even_the_largest_number_fits() -> None:
    key = new_key(b"\xff" * RANDOM_BYTES, livemode=False)

    assert _number(key[8:-6]) == 2**256 - 1


@given(randoms)
def test_a_hint_shows_the_ends_and_hides_the_middle(random: bytes) -> None:
    key = new_key(random, livemode=True)

    shown = hint(key)

    assert shown == f"{key[:12]}…{key[-4:]}"
    assert len(key) - len(shown.replace("…", "")) == 41


@pytest.mark.parametrize("key", ["sk_test_abc", ""])
def test_only_the_hash_of_a_key_is_kept(key: str) -> None:
    assert key_sha256(key) == hashlib.sha256(key.encode()).digest()


def _number(text: str) -> int:
    number = 0
    for digit in text:
        number = number * 62 + DIGITS.index(digit)
    return number
