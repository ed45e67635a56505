"""Security credentials: the right certificate for the environment, and PKCS#1 v1.5."""

import base64
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from pokea.daraja.certificates import FINGERPRINTS, Certificate, InitiatorPassword
from pokea.daraja.environments import Environment
from pokea.daraja.errors import InvalidValue

PUBLISHED = Path(__file__).parents[2] / "fixtures" / "daraja" / "certs"
PASSWORD = InitiatorPassword("Safaricom999!*!")


def self_signed(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    name = x509.Name.from_rfc4514_string("CN=simulator")
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1)
    builder = builder.not_valid_before(datetime(2014, 1, 1, tzinfo=UTC))
    builder = builder.not_valid_after(datetime(2016, 1, 1, tzinfo=UTC))
    return builder.sign(key, SHA256()).public_bytes(serialization.Encoding.PEM)


@pytest.mark.parametrize("environment", Environment)
def test_the_packaged_certificate_is_the_published_one(environment: Environment) -> None:
    certificate = Certificate.packaged(environment)

    assert certificate.environment is environment
    assert len(base64.b64decode(certificate.encrypt(PASSWORD).reveal())) == 256


def test_every_published_fingerprint_is_known() -> None:
    rows = (PUBLISHED / "fingerprints.tsv").read_text().splitlines()[1:]

    assert {row.split("\t")[2] for row in rows} == set(FINGERPRINTS)


@pytest.mark.parametrize("suffix", ["pem", "der"])
def test_both_encodings_are_read(suffix: str) -> None:
    data = (PUBLISHED / f"sandbox_A_apicrypt_2014.{suffix}").read_bytes()

    assert Certificate.read(data, Environment.SANDBOX).not_after.year == 2016


@pytest.mark.parametrize(
    ("file", "environment"),
    [
        ("sandbox_A_apicrypt_2014.pem", Environment.PRODUCTION),
        ("sandbox_B_tls_leaf_2018.pem", Environment.PRODUCTION),
        ("production_apigee.apicaller_2017.pem", Environment.SANDBOX),
    ],
)
def test_the_other_environments_certificate_is_refused_by_name(
    file: str, environment: Environment
) -> None:
    needed = environment.name.lower()

    with pytest.raises(InvalidValue, match=f"{needed} needs its own") as caught:
        Certificate.read((PUBLISHED / file).read_bytes(), environment)

    assert caught.value.field == "certificate"


def test_a_simulators_own_certificate_works_though_long_expired() -> None:
    key = rsa.generate_private_key(65_537, 2048)

    certificate = Certificate.read(self_signed(key), Environment.SANDBOX)
    secret = base64.b64decode(certificate.encrypt(PASSWORD).reveal())

    assert key.decrypt(secret, padding.PKCS1v15()) == b"Safaricom999!*!"


def test_each_credential_is_different_and_hidden() -> None:
    certificate = Certificate.packaged(Environment.SANDBOX)

    one, other = certificate.encrypt(PASSWORD), certificate.encrypt(PASSWORD)

    assert one.reveal() != other.reveal()
    assert one.reveal() not in f"{one!r} {one}"
    assert PASSWORD.reveal() not in f"{PASSWORD!r} {PASSWORD}"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a certificate",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
    ],
)
def test_a_file_that_is_no_certificate_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidValue, match=r"is no X\.509 certificate"):
        Certificate.read(data)


@pytest.mark.parametrize(
    "key",
    [rsa.generate_private_key(65_537, 1024), ec.generate_private_key(ec.SECP256R1())],  # noqa: S505
    ids=["1024 bits", "no RSA"],
)
def test_a_key_that_is_too_weak_or_of_another_kind_is_refused(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
) -> None:
    with pytest.raises(InvalidValue, match="RSA key of at least 2048 bits"):
        Certificate.read(self_signed(key))
