"""The simulator's own RSA key and certificate: it really opens every SecurityCredential."""

import base64
import binascii
from datetime import datetime, timedelta
from functools import cached_property

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

_BITS = 2048  # SPEC 6: 256 bytes, 344 characters of base64
_YEARS = timedelta(days=3650)


class Vault:
    """Made at the first use, since a key takes a moment to make; kept in the world's file."""

    def __init__(self, private_key_pem: str, now: datetime) -> None:
        self._given_pem = private_key_pem
        self._now = now

    @cached_property
    def _key(self) -> rsa.RSAPrivateKey:
        if self._given_pem:
            found = serialization.load_pem_private_key(self._given_pem.encode(), None)
            if isinstance(found, rsa.RSAPrivateKey):
                return found
        return rsa.generate_private_key(public_exponent=65537, key_size=_BITS)

    @cached_property
    def private_key_pem(self) -> str:
        """The key, for the world's file only."""
        return self._key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()

    @cached_property
    def certificate_pem(self) -> str:
        """What a client encrypts its initiator password with."""
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "pokea simulator")])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._now - timedelta(days=1))
            .not_valid_after(self._now + _YEARS)
            .sign(self._key, hashes.SHA256())
        )
        return certificate.public_bytes(serialization.Encoding.PEM).decode()

    def seal(self, password: str) -> str:
        """A SecurityCredential: PKCS#1 v1.5 over the raw bytes, then base64 (SPEC 6)."""
        sealed = self._key.public_key().encrypt(password.encode(), padding.PKCS1v15())
        return base64.b64encode(sealed).decode()

    def open(self, credential: str) -> str:
        """The password inside, or empty when it was not sealed for this key."""
        try:
            sealed = base64.b64decode(credential, validate=True)
            return self._key.decrypt(sealed, padding.PKCS1v15()).decode()
        except (binascii.Error, ValueError):
            return ""
