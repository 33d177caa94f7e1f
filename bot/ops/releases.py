"""A list of releases, read once a day, so that the owner hears of security fixes.

The list is JSON: ``{"releases": [{"version": "0.2.0", "security": true, "about": "…"}]}``. Nothing is told to
whoever serves it but that somebody reads it.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
from yarl import URL

from bot.proxy import proxy_for

log = logging.getLogger(__name__)

EVERY = 86_400.0
AGAIN = 3600.0
"""Seconds until a list that could not be read is tried again."""

SECONDS = 20.0
MOST_BYTES = 256 * 1024
_VERSION = re.compile(r"(\d{1,6})\.(\d{1,6})\.(\d{1,6})")


@dataclass(frozen=True, kw_only=True)
class Fix:
    """A release that mends a security problem."""

    version: str
    about: str


class Releases:
    """Knows of the newest release with a security fix."""

    def __init__(self, feed: str, running: str, *, clock: Callable[[], float]) -> None:
        """Make one.

        Args:
            feed: the address of the list.
            running: the version of this program.
            clock: returns Unix seconds.
        """
        self._feed = feed
        self._running = running
        self._clock = clock
        self._due = 0.0
        self._found: Fix | None = None

    async def newest_fix(self) -> Fix | None:
        """The newest release that mends a security problem of this one; None: none is known of."""
        now = self._clock()
        if now >= self._due or self._due - now > EVERY:
            try:
                self._found = newest_fix(await self._read(), self._running)
                self._due = now + EVERY
            except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
                log.warning("the list of releases could not be read: %s", error)
                self._due = now + AGAIN
        return self._found

    async def _read(self) -> bytes:
        timeout = aiohttp.ClientTimeout(total=SECONDS)
        async with (
            aiohttp.ClientSession(timeout=timeout) as http,
            http.get(self._feed, proxy=proxy_for(URL(self._feed)), allow_redirects=False) as answer,
        ):
            answer.raise_for_status()
            data = await answer.content.read(MOST_BYTES + 1)
            while len(data) <= MOST_BYTES and (more := await answer.content.read(MOST_BYTES)):
                data += more
        if len(data) > MOST_BYTES:
            raise ValueError(f"it has more than {MOST_BYTES} bytes")
        return data


def newest_fix(data: bytes, running: str) -> Fix | None:
    """Read a list of releases.

    Raises:
        ValueError: it is something else.
    """
    own = _ordered(running)
    try:
        told: list[dict[str, Any]] = json.loads(data)["releases"]
        fixes = [
            (_ordered(each["version"]), Fix(version=each["version"], about=str(each.get("about", ""))))
            for each in told
            if each.get("security") is True
        ]
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("this is no list of releases") from error
    newer = [(order, fix) for order, fix in fixes if order > own]
    return max(newer, key=lambda each: each[0])[1] if newer else None


def _ordered(version: str) -> tuple[int, ...]:
    match = _VERSION.match(version)
    if match is None:
        raise ValueError(f"{version[:40]!r} is no version")
    return tuple(map(int, match.groups()))
