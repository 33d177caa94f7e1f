"""The proxy between this machine and the internet, from the variables that other programs read too.

``HTTPS_PROXY`` (or ``ALL_PROXY``) is used for Discord's API, its gateway and members' files, ``HTTP_PROXY``
where an address begins with ``http:``; ``NO_PROXY`` lists the hosts that are reached without it. Each may be
written in small letters. This machine itself is reached without a proxy.
"""

from __future__ import annotations

import ipaddress
from urllib.request import getproxies, proxy_bypass

from yarl import URL

SECURE = {"wss": "https", "ws": "http"}
"""A socket goes where a page of the same security would go."""

SCHEMES = frozenset({"http", "https"})
"""What a proxy may be spoken to with."""


class BadProxy(Exception):
    """The proxy that a variable names cannot be used; the text says why."""


def proxy_for(url: URL) -> str | None:
    """The address of the proxy for an address; None where there is none.

    Raises:
        BadProxy: the variable holds no address of an HTTP proxy.
    """
    if url.host is None or _is_this_machine(url.host) or proxy_bypass(url.host):
        return None
    known = getproxies()
    scheme = SECURE.get(url.scheme, url.scheme)
    given = known.get(scheme) or known.get("all")
    if not given:
        return None
    written = given if "://" in given else f"http://{given}"
    try:
        proxy = URL(written)
    except ValueError:
        proxy = URL()
    if proxy.scheme not in SCHEMES or proxy.host is None:
        raise BadProxy(
            f"{scheme.upper()}_PROXY or ALL_PROXY must be the address of an HTTP proxy, such as "
            f"http://proxy.example:3128; to reach {url.host} without it, set NO_PROXY={url.host}"
        )
    return str(proxy)


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def without_password(proxy: str) -> str:
    """An address of a proxy that may be shown."""
    return str(URL(proxy).with_user(None))
