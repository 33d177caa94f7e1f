"""The broker's certificate. Whoever dials in knows its fingerprint from the invitation, and trusts no other.

No authority signs it: the fingerprint says more than an authority could. Its name is always the same, so the
broker can move to another address.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from bot.link.certificate import NAME

YEARS = 20
"""A new one makes every invitation void, so it lasts."""

_A_DAY = dt.timedelta(days=1)  # a clock that is a little slow elsewhere must not find it too young


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """A certificate and its key.

    Attributes:
        certificate: PEM.
        key: PEM, PKCS #8; P-256.
    """

    certificate: str
    key: str = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate in DER, in hex.

        Raises:
            ValueError: it is none.
        """
        der = x509.load_pem_x509_certificate(self.certificate.encode()).public_bytes(Encoding.DER)
        return hashlib.sha256(der).hexdigest()

    @property
    def expires(self) -> dt.datetime:
        """When it stops being valid.

        Raises:
            ValueError: it is none.
        """
        return x509.load_pem_x509_certificate(self.certificate.encode()).not_valid_after_utc


def make_certificate(now: float) -> Certificate:
    """Make a key, and a certificate for it that only it has signed, valid from ``now``, Unix seconds."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    begin = dt.datetime.fromtimestamp(now, dt.UTC) - _A_DAY
    public = key.public_key()
    identifier = x509.SubjectKeyIdentifier.from_public_key(public)
    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,  # it has signed itself, and a strict reader wants that written down
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + dt.timedelta(days=365 * YEARS))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(identifier, critical=False)
        .sign(key, hashes.SHA256())
    )
    return Certificate(
        certificate=made.public_bytes(Encoding.PEM).decode(),
        key=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
    )
