"""Whether a message is the service's: its signature, its time, and that it was not heard before.

A message only wakes: what has become of a purchase is asked for. So a message that is let through by mistake
costs one look.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

CLOCKS_DIFFER = 300.0
"""Seconds by which a message may be older, or newer, than our clock says."""

REMEMBERED = 10_000
"""Messages that are known again."""


class Forged(Exception):
    """The message is not to be heard; the text says why, for the log."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message as it came: its headers, with names in lower case, and its body."""

    headers: Mapping[str, str]
    body: bytes

    def header(self, name: str) -> str:
        """A header.

        Raises:
            Forged: it is missing.
        """
        found = self.headers.get(name, "")
        if not found:
            raise Forged(f"no {name}")
        return found


class Heard:
    """The messages that were heard lately; none is heard twice."""

    def __init__(self) -> None:
        self._ids: OrderedDict[str, float] = OrderedDict()

    def first_time(self, message: str, now: float) -> bool:
        """Note a message; False where it was noted before. What is too old to pass is forgotten."""
        while self._ids and next(iter(self._ids.values())) < now - 2 * CLOCKS_DIFFER:
            self._ids.popitem(last=False)
        if message in self._ids:
            return False
        self._ids[message] = now
        while len(self._ids) > REMEMBERED:
            self._ids.popitem(last=False)
        return True


def check_standard(message: Message, keys: Iterable[bytes], *, now: float) -> str:
    """Check a message of Standard Webhooks 1.0; return its id.

    Args:
        message: as it came.
        keys: of the secret; two while one replaces the other.
        now: Unix seconds.

    Raises:
        Forged: it is not the service's, or too old.
    """
    name, at = message.header("webhook-id"), message.header("webhook-timestamp")
    _check_time(at, now)
    signed = f"{name}.{at}.".encode() + message.body
    wanted = [hmac.new(key, signed, hashlib.sha256).digest() for key in keys]
    for given in message.header("webhook-signature").split():
        version, _, text = given.partition(",")
        if version == "v1" and any(hmac.compare_digest(_from_base64(text), each) for each in wanted):
            return name
    raise Forged("no signature fits")


def check_fal(message: Message, keys: Iterable[bytes], *, now: float) -> str:
    """Check a message of fal's: Ed25519 over request, user, time and the body's digest; return an id.

    Args:
        message: as it came.
        keys: 32 bytes each, of fal's JWKS.
        now: Unix seconds.

    Raises:
        Forged: it is not the service's, or too old.
    """
    request, user = message.header("x-fal-webhook-request-id"), message.header("x-fal-webhook-user-id")
    at = message.header("x-fal-webhook-timestamp")
    _check_time(at, now)
    try:
        signature = bytes.fromhex(message.header("x-fal-webhook-signature"))
    except ValueError as error:
        raise Forged("the signature is not hexadecimal") from error
    signed = "\n".join((request, user, at, hashlib.sha256(message.body).hexdigest())).encode()
    for key in keys:
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(signature, signed)
        except (InvalidSignature, ValueError):
            continue
        return f"{request} {at}"
    raise Forged("no signature fits")


def keys_in(jwks: object) -> tuple[bytes, ...]:
    """The Ed25519 keys of a JSON Web Key Set; whatever else is in it is left out."""
    listed = jwks.get("keys") if isinstance(jwks, Mapping) else None
    found = []
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, Mapping) and each.get("kty") == "OKP" and isinstance(each.get("x"), str):
            key = _from_base64(each["x"], url_safe=True)
            if len(key) == 32:  # noqa: PLR2004 - of Ed25519
                found.append(key)
    return tuple(found)


def _check_time(at: str, now: float) -> None:
    try:
        seconds = int(at)
    except ValueError as error:
        raise Forged("the time is no number") from error
    if abs(now - seconds) > CLOCKS_DIFFER:
        raise Forged("too old, or from the future")


def _from_base64(text: str, *, url_safe: bool = False) -> bytes:
    """The bytes of a base64 text; none where it is not one."""
    padded = text + "=" * (-len(text) % 4)
    try:
        return base64.b64decode(padded, altchars=b"-_" if url_safe else None, validate=True)
    except (binascii.Error, ValueError):
        return b""
