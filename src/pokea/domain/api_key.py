"""API keys: 256 random bits that a merchant sees once.

``sk_test_`` + 43 letters and digits + 6 of CRC-32, so that scanners can recognise a leaked key
without asking anybody. Only the SHA-256 is stored: a 256-bit random key needs no slow hash.
"""

import hashlib
import zlib
from dataclasses import dataclass
from typing import Final

from pokea.domain.ids import AccountId, KeyId

RANDOM_BYTES: Final = 32
_BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM_LENGTH: Final = 43
_CHECK_LENGTH: Final = 6
_HINT_LENGTH: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A stored key: whose it is, and a hint to recognise it by."""

    id: KeyId
    account_id: AccountId
    livemode: bool
    sha256: bytes
    hint: str


def new_key(random: bytes, *, livemode: bool) -> str:
    """The text of a key from 32 random bytes."""
    prefix = f"sk_{'live' if livemode else 'test'}_"
    body = prefix + _base62(int.from_bytes(random, "big"), _RANDOM_LENGTH)
    return body + _base62(zlib.crc32(body.encode()), _CHECK_LENGTH)


def key_sha256(text: str) -> bytes:
    """What is stored and looked up."""
    return hashlib.sha256(text.encode()).digest()


def hint(text: str) -> str:
    """The beginning and end of a key: enough to recognise, useless to guess."""
    return f"{text[:_HINT_LENGTH]}…{text[-4:]}"


def _base62(number: int, length: int) -> str:
    digits: list[str] = []
    for _ in range(length):
        number, digit = divmod(number, 62)
        digits.append(_BASE62[digit])
    return "".join(reversed(digits))
