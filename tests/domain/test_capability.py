"""Capability paths: hex that Daraja accepts, that names one thing for one purpose."""

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pokea.daraja.values import CallbackUrl
from pokea.domain.capability import PATH_LENGTH, path_for, subject_of
from pokea.domain.ids import ulid_bytes, ulid_text

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
ATTEMPT = "att_01JZ8X4R2W8Z6V4H1G5F3D7S9A"
PATH = path_for(ATTEMPT, purpose="s", key=KEY)

ulids = st.binary(min_size=16, max_size=16).map(ulid_text)


@given(ulids, st.sampled_from(["s", "c", "pay"]))
def test_a_path_names_its_subject_and_nothing_that_daraja_refuses(
    ulid: str, purpose: str
) -> None:
    path = path_for(f"att_{ulid}", purpose=purpose, key=KEY)

    named = subject_of(path, purpose=purpose, keys=[OTHER_KEY, KEY])
    url = CallbackUrl.parse(f"https://pay.example.co.ke/i/{purpose}/{path}")
    assert named == ulid_bytes(ulid)
    assert len(path) == PATH_LENGTH
    assert set(path) <= set("0123456789abcdef")
    assert url.url.endswith(path)


@pytest.mark.parametrize(
    ("purpose", "keys"),
    [("pay", [KEY]), ("c", [KEY]), ("s", [OTHER_KEY]), ("s", [])],
    ids=["checkout", "c2b", "wrong key", "no key"],
)
def test_a_path_opens_nothing_for_another_purpose_or_key(
    purpose: str, keys: list[bytes]
) -> None:
    assert subject_of(PATH, purpose=purpose, keys=keys) is None


@pytest.mark.parametrize(
    "path",
    [
        PATH.upper(),
        PATH[:-1],
        PATH + "0",
        PATH[:-2] + "  ",
        " " + PATH[:-1],
        PATH[:-1] + "g",
        "0x" + PATH[2:],
        "\u0660" + PATH[1:],
        "",
        "0" * PATH_LENGTH,
    ],
    ids=repr,
)
def test_only_the_exact_path_is_ours(path: str) -> None:
    assert subject_of(path, purpose="s", keys=[KEY]) is None


@given(st.integers(0, PATH_LENGTH - 1), st.sampled_from("0123456789abcdef"))
def test_one_changed_digit_anywhere_is_refused(place: int, digit: str) -> None:
    changed = PATH[:place] + digit + PATH[place + 1 :]

    named = subject_of(changed, purpose="s", keys=[KEY])

    assert (named is None) is (changed != PATH)


@given(st.text(max_size=80))
def test_no_text_from_outside_is_more_than_refused(text: str) -> None:
    assert subject_of(text, purpose="s", keys=[KEY]) is None


def test_a_path_made_before_a_key_was_added_still_opens() -> None:
    assert subject_of(PATH, purpose="s", keys=[OTHER_KEY, KEY]) == ulid_bytes(ATTEMPT)


def test_ten_thousand_paths_are_hexadecimal_and_hold_no_word_that_daraja_refuses() -> None:
    banned = re.compile("mpesa|safaricom|exe|cmd|sql|query", re.IGNORECASE)

    for number in range(10_000):
        subject = hashlib.sha256(number.to_bytes(4, "big")).digest()[:16]
        purpose = "scvbxrtp"[number % 8]
        path = f"/i/{purpose}/" + path_for(ulid_text(subject), purpose=purpose, key=KEY)

        assert re.fullmatch(r"/i/[a-z]/[0-9a-f]{64}", path)
        assert not banned.search(path)
