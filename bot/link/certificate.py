"""Trusting exactly one certificate: the one whose print the invitation holds."""

from __future__ import annotations

import asyncio
import hashlib
import ssl

from bot.link.errors import LineDown, WrongPrint

NAME = "framekiln-broker"
"""The name in every broker's certificate. Who it is, the print says."""


async def fetch(host: str, port: int, *, fingerprint: str, seconds: float) -> bytes:
    """The certificate of what answers there, in DER. Nothing else is said to it.

    Args:
        host: where.
        port: where.
        fingerprint: SHA-256 of the certificate, in hex.
        seconds: until it has to have answered.

    Raises:
        LineDown: it cannot be reached, or does not speak TLS.
        WrongPrint: it has another certificate.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # compared below, before a word is said
    try:
        async with asyncio.timeout(seconds):
            _, writer = await asyncio.open_connection(host, port, ssl=context, server_hostname=NAME)
    except (OSError, TimeoutError) as error:
        raise LineDown(f"{host}:{port} cannot be reached: {error or 'no answer'}") from error
    try:
        found: bytes = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    finally:
        writer.transport.abort()
    if hashlib.sha256(found).hexdigest() != fingerprint:
        raise WrongPrint(f"{host}:{port} has another certificate than the invitation says")
    return found


def trusting(certificate: bytes) -> ssl.SSLContext:
    """A context that connects to the holder of this one certificate (DER) only, with TLS 1.3."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(cadata=certificate)
    return context
