"""Unguessable paths: 64 hex digits that name a thing and prove that we named it.

::

    hex( ulid[16] ‖ HMAC-SHA256(key, purpose ‖ ulid)[:16] )

Safaricom signs nothing, so the path of a callback is the only credential it can carry; the
same form protects the hosted checkout, which therefore works without JavaScript or cookies.
A path is minted before Safaricom is called, so a callback that beats our own commit still finds
its attempt, and it is checked without the database. Hex only: Daraja refuses URLs that contain
words such as ``cmd`` or ``exe`` (SPEC section 9), which base64 would hit now and then.
"""

import hmac
from collections.abc import Sequence
from typing import Final

from pokea.domain.ids import ulid_bytes

PATH_LENGTH: Final = 64
_MAC_BYTES: Final = 16


def path_for(identifier: str, *, purpose: str, key: bytes) -> str:
    """The path that names ``identifier`` for one purpose, as 64 lower-case hex digits."""
    subject = ulid_bytes(identifier)
    return (subject + _mac(subject, purpose, key)).hex()


def subject_of(path: str, *, purpose: str, keys: Sequence[bytes]) -> bytes | None:
    """The 16 bytes that a path names, or None when none of our keys made it.

    Every key is tried and compared in constant time, so an answer's duration tells nothing.
    """
    if len(path) != PATH_LENGTH or not path.isascii():
        return None
    try:
        raw = bytes.fromhex(path)
    except ValueError:
        return None
    if len(raw) != PATH_LENGTH // 2 or raw.hex() != path:
        return None
    subject, mac = raw[:16], raw[16:]
    genuine = False
    for key in keys:
        genuine |= hmac.compare_digest(mac, _mac(subject, purpose, key))
    return subject if genuine else None


def _mac(subject: bytes, purpose: str, key: bytes) -> bytes:
    return hmac.digest(key, purpose.encode() + subject, "sha256")[:_MAC_BYTES]
