"""Sealing: fields that a stolen disk must not tell.

AES-256-GCM with the field's name and its row's id as associated data, so that a ciphertext
moved to another row or column does not open. The ring of master keys is newest first: the first
seals, all of them open. Each use has a key of its own, derived by HKDF.

The blind index of a phone is ``HMAC(key, SHA-256(digits))[:16]``. The inner hash is deliberate:
Safaricom's own SHA-256 of a payer can be indexed without knowing the number, while the outer,
keyed one keeps a thief from trying all of Kenya's numbers (104 s on one core, unkeyed).
"""

import hashlib
import hmac
import os
from collections.abc import Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pokea.daraja.values import HashedMsisdn, MaskedMsisdn, Msisdn, Payer
from pokea.domain.ids import AccountId

_NONCE: Final = 12
_KEY_ID: Final = 4


class SealBroken(Exception):
    """A sealed field does not open: wrong key ring, or the row was tampered with."""


def derive(master: bytes, purpose: str) -> bytes:
    """The 32-byte key of one purpose."""
    hkdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"pokea/" + purpose.encode())
    return hkdf.derive(master)


class Sealer:
    """Seals, opens and indexes with a ring of master keys, newest first."""

    def __init__(self, ring: Sequence[bytes]) -> None:
        if not ring:
            raise ValueError("a key ring needs at least one key")
        self._ring = [(_key_id(master), AESGCM(derive(master, "field"))) for master in ring]
        self._index_key = derive(ring[-1], "index")
        self.key_id = _key_id(ring[0]).hex()
        self.path_keys = tuple(derive(master, "path") for master in ring)

    def seal(self, plain: bytes, *, field: str, row: str) -> bytes:
        """Seal a field of a row."""
        key_id, cipher = self._ring[0]
        nonce = os.urandom(_NONCE)
        return key_id + nonce + cipher.encrypt(nonce, plain, _bound_to(field, row))

    def open(self, sealed: bytes, *, field: str, row: str) -> bytes:
        """Open a field of a row.

        Raises:
            SealBroken: no key of the ring opens it at this place.
        """
        key_id, nonce = sealed[:_KEY_ID], sealed[_KEY_ID : _KEY_ID + _NONCE]
        for known, cipher in self._ring:
            if known != key_id:
                continue
            try:
                return cipher.decrypt(nonce, sealed[_KEY_ID + _NONCE :], _bound_to(field, row))
            except (InvalidTag, ValueError):  # ValueError: cut off within the nonce
                break
        raise SealBroken(f"{field} of {row} does not open")

    def phone_index(self, phone: Msisdn) -> bytes:
        """The keyed index of a phone: 16 bytes, equal for equal numbers and for nobody else.

        It uses the oldest key of the ring, so that adding a key does not change the index.
        """
        return self._index_of(hashlib.sha256(phone.digits.encode()).digest())

    def payer_index(self, payer: Payer | None) -> bytes | None:
        """The same index of a payer as Safaricom names one; a masked number has none."""
        match payer:
            case Msisdn():
                return self.phone_index(payer)
            case HashedMsisdn():
                return self._index_of(bytes.fromhex(payer.sha256))
            case MaskedMsisdn() | None:
                return None

    def text_index(self, text: str) -> bytes:
        """The keyed index of another secret that must be unique."""
        return hmac.digest(self._index_key, b"text|" + text.encode(), "sha256")[:16]

    def phone_token(self, account: AccountId, phone: Msisdn) -> str:
        """A merchant's own name for a phone: stable, joinable, and useless to others."""
        return self._token(account, self.phone_index(phone))

    def payer_token(self, account: AccountId, payer: Payer | None) -> str | None:
        """The same name for a payer whose number may be hashed; a masked one has none."""
        index = self.payer_index(payer)
        return None if index is None else self._token(account, index)

    def _token(self, account: AccountId, index: bytes) -> str:
        keyed = hmac.digest(self._index_key, account.encode() + index, "sha256")
        return f"phn_{keyed[:12].hex()}"

    def _index_of(self, phone_sha256: bytes) -> bytes:
        return hmac.digest(self._index_key, phone_sha256, "sha256")[:16]


def _key_id(master: bytes) -> bytes:
    return hashlib.sha256(b"pokea/key-id" + master).digest()[:_KEY_ID]


def _bound_to(field: str, row: str) -> bytes:
    return f"{field}|{row}".encode()
