"""Idempotency keys: the same request twice is one payment, for ever.

A key is bound to the account, the mode and the very request; the binding is a row with a unique
constraint, never a look-up. Source: API section 3.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Final

from pokea.domain.ids import AccountId

_VISIBLE: Final = re.compile(r"[\x21-\x7e]{8,255}")


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyKey:
    """One merchant's key and the fingerprint of what was asked with it."""

    account_id: AccountId
    livemode: bool
    key: str
    request_sha256: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyRecord:
    """What a key is bound to. ``body`` is None until the first answer was complete."""

    key: IdempotencyKey
    resource_id: str
    status: int | None
    body: str | None


def is_valid_key(text: str) -> bool:
    """8 to 255 visible ASCII characters."""
    return _VISIBLE.fullmatch(text) is not None


def request_sha256(method: str, path: str, body: object) -> bytes:
    """A fingerprint that ignores spacing and the order of keys, and nothing else."""
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(f"{method} {path}\n{canonical}".encode()).digest()
