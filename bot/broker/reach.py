"""Whether a broker can be reached at an address, and whether it is ours. Nothing is said to it."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from enum import StrEnum

from bot.link import certificate
from bot.link.errors import LinkError, WrongPrint

SECONDS = 5.0
"""Most for an answer."""

AGAIN_AFTER = 0.2
"""Seconds between two looks."""

_ADDRESS = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]{1,253}):([0-9]{1,5})")


class Reached(StrEnum):
    """What answers at an address."""

    OURS = "ours"
    OTHER = "other"
    """Something with another certificate."""

    NOTHING = "nothing"


async def look(address: str, fingerprint: str, *, seconds: float = SECONDS) -> Reached:
    """See what answers there.

    Args:
        address: ``host:port``.
        fingerprint: of the broker's certificate.
        seconds: that it has to answer.
    """
    host, port = split(address)
    try:
        await certificate.fetch(host, port, fingerprint=fingerprint, seconds=seconds)
    except WrongPrint:
        return Reached.OTHER
    except LinkError:
        return Reached.NOTHING
    return Reached.OURS


async def look_until_ours(address: str, fingerprint: str, *, seconds: float) -> Reached:
    """As :func:`look`, again and again until it is ours or the seconds are over."""
    clock = asyncio.get_running_loop().time
    end = clock() + seconds
    while True:
        reached = await look(address, fingerprint)
        if reached is Reached.OURS or clock() > end:
            return reached
        await asyncio.sleep(AGAIN_AFTER)


def complete(written: str, port: int) -> str:
    """An address as people write it, as ``host:port``.

    Args:
        written: a name or an address, with a port or without one.
        port: where there is none.

    Raises:
        ValueError: it is none.
    """
    text = written.strip().removeprefix("tls://").rstrip("/")
    if text.count(":") > 1 and not text.startswith("["):
        text = f"[{ipaddress.IPv6Address(text)}]"
    if not re.search(r":\d+$", text.rpartition("]")[2]):
        text = f"{text}:{port}"
    found = _ADDRESS.fullmatch(text)
    if found is None or not 0 < int(found[2]) < 1 << 16:
        raise ValueError(f"{written!r} is no name or address, with or without :PORT behind it")
    return text


def split(address: str) -> tuple[str, int]:
    """Host, without brackets, and port of ``host:port``."""
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def is_local(address: str) -> bool:
    """Whether an address means something only in this network, or only on this machine."""
    host = split(address)[0]
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith(".local") or "." not in host


def own_address() -> str:
    """The address by which this network knows this machine; the machine's own where there is no network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            asked.connect(("192.0.2.1", 9))  # an address of nobody's; nothing is sent
        except OSError:
            return "127.0.0.1"
        return str(asked.getsockname()[0])
