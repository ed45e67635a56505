"""Safaricom's certificates, and the security credential that is made with them.

A security credential is the initiator's password, its raw bytes, encrypted by RSA PKCS#1 v1.5
with the key of the environment's certificate. (Some portal pages say "base64 first"; the
numbered steps on the same pages and every working SDK do not.) All published certificates are
long past their dates and Daraja still uses their keys, so dates are reported, never enforced.
"""

import base64
from dataclasses import dataclass, field
from datetime import datetime
from importlib import resources

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from pokea.daraja.credentials import Secret, SecurityCredential
from pokea.daraja.environments import Environment
from pokea.daraja.errors import InvalidValue

_BITS_MIN = 2048
# SHA-256 of the DER, as found in the public repositories that ship them (47 files agree).
_PRODUCTION = "9417915212ac708d3ac82b710e71d976fa0eb783f467b159c15ad7216ef2c16b"
# A is what the portal serves today (PS 2026-09, NM 2026-10); B was the sandbox host's TLS leaf.
_SANDBOX_A = "a542c3c67b598a337a1cc741e5434c70de565081e5c853e05a51c843764766f0"
_SANDBOX_B = "122ac9047cbc99c8c941697e62eeda9704cf1a45aabcc979bd0334cfd0cb18f7"
FINGERPRINTS: dict[str, Environment] = {
    _PRODUCTION: Environment.PRODUCTION,
    _SANDBOX_A: Environment.SANDBOX,
    _SANDBOX_B: Environment.SANDBOX,
}
_FILES: dict[Environment, str] = {
    Environment.PRODUCTION: "production_apigee.apicaller_2017.pem",
    Environment.SANDBOX: "sandbox_A_apicrypt_2014.pem",
}


class InitiatorPassword(Secret):
    """The password of an API operator; it lives 90 days."""

    __slots__ = ()
    name = "initiator_password"


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A certificate with an RSA key of at least 2048 bits; build it by `read` or `packaged`."""

    subject: str
    fingerprint: str
    not_after: datetime
    environment: Environment | None
    _key: rsa.RSAPublicKey = field(repr=False)

    @classmethod
    def packaged(cls, environment: Environment) -> "Certificate":
        """Return the published certificate of an environment."""
        folder = resources.files("pokea.daraja") / "certs"
        return cls.read((folder / _FILES[environment]).read_bytes(), environment)

    @classmethod
    def read(cls, data: bytes, environment: Environment | None = None) -> "Certificate":
        """Read PEM or DER. With an `environment`, refuse the other one's certificate.

        A certificate that nobody has published (a simulator's, a newer one) is taken as it is.
        """
        certificate = _parse(data)
        key = _rsa_key(certificate)
        fingerprint = certificate.fingerprint(SHA256()).hex()
        belongs_to = FINGERPRINTS.get(fingerprint)
        if environment and belongs_to and belongs_to is not environment:
            raise InvalidValue(
                "certificate",
                f"is Safaricom's {belongs_to.name.lower()} certificate, and"
                f" {environment.name.lower()} needs its own ({_FILES[environment]})",
            )
        return cls(
            subject=certificate.subject.rfc4514_string(),
            fingerprint=fingerprint,
            not_after=certificate.not_valid_after_utc,
            environment=belongs_to,
            _key=key,
        )

    def encrypt(self, password: InitiatorPassword) -> SecurityCredential:
        """Make the security credential; padding is random, so each differs and all work."""
        secret = self._key.encrypt(password.reveal().encode("ascii"), padding.PKCS1v15())
        return SecurityCredential(base64.b64encode(secret).decode("ascii"))


def _parse(data: bytes) -> x509.Certificate:
    try:
        if b"-----BEGIN" in data:
            return x509.load_pem_x509_certificate(data)
        return x509.load_der_x509_certificate(data)
    except ValueError:
        raise InvalidValue("certificate", "is no X.509 certificate in PEM or DER") from None


def _rsa_key(certificate: x509.Certificate) -> rsa.RSAPublicKey:
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise InvalidValue("certificate", "has a key that cannot be read") from None
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < _BITS_MIN:
        raise InvalidValue("certificate", f"must have an RSA key of at least {_BITS_MIN} bits")
    return key
