"""Which addresses may be connected to: by default none that only this machine or its network reaches.

A name is looked up for each try, and the connection is made to the very addresses that were checked. So a
name that first leads to a public address and then to a private one reaches nothing.
"""

from __future__ import annotations

import ipaddress
import socket
from ipaddress import IPv4Address, IPv6Address

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import DefaultResolver
from yarl import URL

NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""Where an IPv4 address is reached through a translator (RFC 6052)."""


class NotPublic(OSError):
    """An address is not on the public internet; the text names it."""


def is_public(written: str) -> bool:
    """Whether an address can be reached from the internet, whichever form it is wrapped in."""
    address = ipaddress.ip_address(written.partition("%")[0])
    inner = _inside(address) if isinstance(address, IPv6Address) else None
    if inner is not None:
        return is_public(str(inner))
    return address.is_global and not address.is_multicast


def _inside(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address stands for."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in NAT64 or int(address) >> 32 == 0:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return None


def check_literal(url: URL) -> None:
    """Check an address that is written in numbers: nothing looks it up.

    Raises:
        NotPublic: it is not.
    """
    try:
        public = is_public(url.host or "")
    except ValueError:
        return  # a name, which is checked when it is looked up
    if not public:
        raise NotPublic(f"{url.host} is not a public address")


class PublicResolver(AbstractResolver):
    """Looks names up, and refuses those that lead to an address that is not public."""

    def __init__(self) -> None:
        self._names = DefaultResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Find the addresses of a name.

        Raises:
            NotPublic: one of them is not.
        """
        found = await self._names.resolve(host, port, family)
        for each in found:
            if not is_public(each["host"]):
                raise NotPublic(f"{host} leads to {each['host']}, which is not a public address")
        return found

    async def close(self) -> None:
        """Let go of what looks names up."""
        await self._names.close()
