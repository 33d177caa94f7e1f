"""Ed25519 keys in NATS's notation: a seed is secret and begins with SU, its public key begins with U."""

from __future__ import annotations

import base64
import binascii
import re
import secrets

from bot.broker.binary import INSTALL
from bot.broker.errors import BrokerUnusable

_PUBLIC_KEY = re.compile(r"U[A-Z2-7]{55}")
_SEED_BYTES = 32
_CHECKSUM_BYTES = 2


def new_seed() -> str:
    """A new secret key.

    Raises:
        BrokerUnusable: the package ``nkeys`` is not installed.
    """
    try:
        import nkeys  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise BrokerUnusable(f"the package nkeys is not installed: {INSTALL}") from error
    return str(nkeys.encode_seed(secrets.token_bytes(_SEED_BYTES), nkeys.PREFIX_BYTE_USER), "ascii")


def public_key(seed: str) -> str:
    """The public half of a key.

    Raises:
        BrokerUnusable: the package ``nkeys`` is not installed.
        ValueError: it is no seed.
    """
    try:
        import nkeys  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise BrokerUnusable(f"the package nkeys is not installed: {INSTALL}") from error
    try:
        return str(nkeys.from_seed(bytearray(seed.encode())).public_key, "ascii")
    except Exception as error:
        raise ValueError("this is no secret key of a user") from error


def is_public_key(text: str) -> bool:
    """Whether it is one, its checksum included: with a single one that is none, no broker starts."""
    if not _PUBLIC_KEY.fullmatch(text):
        return False
    raw = base64.b32decode(text)
    body, checksum = raw[:-_CHECKSUM_BYTES], raw[-_CHECKSUM_BYTES:]
    return binascii.crc_hqx(body, 0).to_bytes(_CHECKSUM_BYTES, "little") == checksum
