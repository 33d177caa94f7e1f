"""Secrets that webhooks are signed with, as Standard Webhooks 1.0 writes them."""

from __future__ import annotations

import base64
import binascii

PREFIX = "whsec_"
SHORTEST, LONGEST = 24, 64
"""Bytes of a secret."""


class BadSecret(ValueError):
    """A text is no secret; the message says what one looks like, and does not repeat it."""


def key_of(secret: str) -> bytes:
    """The bytes of a secret like ``whsec_…``.

    Raises:
        BadSecret: it is none.
    """
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(PREFIX) or not SHORTEST <= len(key) <= LONGEST:
        raise BadSecret(
            f"must be {PREFIX} and {SHORTEST} to {LONGEST} bytes in base64, as "
            f'`echo "{PREFIX}$(openssl rand -base64 32)"` prints'
        )
    return key
