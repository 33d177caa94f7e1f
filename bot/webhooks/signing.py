"""Signatures of Standard Webhooks 1.0: HMAC-SHA256 over id, time and body."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence


def signed(keys: Sequence[bytes], event: str, at: int, body: bytes) -> Mapping[str, str]:
    """The headers of a message.

    Args:
        keys: of each secret that a receiver may know; there are two while one replaces the other.
        event: the message's id, the same whenever it is sent.
        at: Unix seconds of this try.
        body: what is sent.
    """
    text = f"{event}.{at}.".encode() + body
    made = (base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode() for key in keys)
    return {
        "webhook-id": event,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in made),
    }
