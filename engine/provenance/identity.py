"""The key that signs the clips of this installation: made once, and kept beside the data.

C2PA requires a certificate that another one has issued. So a small authority is made. It signs this one
certificate and is discarded at once: its key never touches the disk, so it can never issue anything else. No
trust list contains this authority, so a reader says "valid, signer not trusted", which is correct.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

FOLDER = "identity"
"""The name of its folder in the data folder."""

CHAIN = "chain.pem"
KEY = "key.pem"

YEARS = 20
"""A signature without a time stamp is checked against today: it is good for as long as its certificate."""

_A_DAY = dt.timedelta(days=1)  # a clock that is a little slow elsewhere must not find it too young
_NO_USE = dict.fromkeys(
    (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
        *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    ),
    False,
)


@dataclass(frozen=True, kw_only=True)
class Identity:
    """What signs.

    Attributes:
        chain: PEM: the certificate, then the authority's.
        key: PEM, PKCS #8, of the certificate; P-256.
    """

    chain: bytes
    key: bytes = field(repr=False)

    @property
    def expires(self) -> dt.datetime:
        """When its signatures stop being valid."""
        return x509.load_pem_x509_certificates(self.chain)[0].not_valid_after_utc


def load_identity(data_dir: Path) -> Identity | None:
    """Read the identity of an installation; None if none was made yet.

    Raises:
        OSError: it is there and cannot be read.
    """
    folder = data_dir / FOLDER
    if not folder.is_dir():
        return None
    return Identity(chain=(folder / CHAIN).read_bytes(), key=(folder / KEY).read_bytes())


def load_or_make_identity(data_dir: Path) -> Identity:
    """Read the identity of an installation, or make it at the first start.

    Only their owner can read the files, and they appear whole or not at all.

    Args:
        data_dir: the folder of one program; the caller holds the database's lock.

    Raises:
        OSError: it cannot be read or written.
    """
    found = load_identity(data_dir)
    if found is not None:
        return found
    made = make_identity()
    draft = data_dir / f".{FOLDER}"
    shutil.rmtree(draft, ignore_errors=True)  # of a start that was cut off
    draft.mkdir(parents=True, mode=0o700)
    for name, content in ((CHAIN, made.chain), (KEY, made.key)):
        with os.fdopen(os.open(draft / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    draft.replace(data_dir / FOLDER)
    return made


def make_identity() -> Identity:
    """Make a key, and a certificate that C2PA accepts: ES256, for signing, issued by an authority."""
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority_name, name = _named("Framekiln installation"), _named("Framekiln clips")
    authority = (
        _certificate(authority_name, authority_name, authority_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.KeyUsage(**{**_NO_USE, "key_cert_sign": True}), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    issued_by = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    # C2PA takes a certificate for documents as well as e-mail protection; the second is what tools expect.
    purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
    certificate = (
        _certificate(name, authority_name, key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**{**_NO_USE, "digital_signature": True}), critical=True)
        .add_extension(purpose, critical=False)
        .add_extension(issued_by, critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    return Identity(
        chain=certificate.public_bytes(Encoding.PEM) + authority.public_bytes(Encoding.PEM),
        key=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )


def _named(name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Framekiln"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )


def _certificate(
    name: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    begin = dt.datetime.now(dt.UTC) - _A_DAY
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + dt.timedelta(days=365 * YEARS))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )
