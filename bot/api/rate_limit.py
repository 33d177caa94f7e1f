"""How many requests a key may make in a minute, and what it is told of that."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

WINDOW = 60.0


@dataclass(frozen=True, kw_only=True)
class Rate:
    """How a key stands.

    Attributes:
        refused: the request is one too many.
        headers: of the answer, as draft-ietf-httpapi-ratelimit-headers has them.
    """

    refused: bool
    headers: dict[str, str]


class Rates:
    """Counts requests, by key, in windows of a minute."""

    def __init__(self, per_minute: int) -> None:
        """Make one from how many requests a key may make."""
        self._most = per_minute
        self._windows: dict[str, tuple[float, int]] = {}

    def count(self, key: str) -> Rate:
        """A request by a key has come."""
        now = time.monotonic()
        began, count = self._windows.get(key, (now, 0))
        if now - began >= WINDOW:
            began, count = now, 0
            self._windows = {
                each: window for each, window in self._windows.items() if now - window[0] < WINDOW
            }
        refused = count >= self._most
        self._windows[key] = (began, count + (not refused))
        left = self._most - self._windows[key][1]
        reset = max(1, math.ceil(began + WINDOW - now))
        headers = {
            "RateLimit-Policy": f'"requests";q={self._most};w={WINDOW:.0f}',
            "RateLimit": f'"requests";r={left};t={reset}',
        }
        if refused:
            headers["Retry-After"] = str(reset)
        return Rate(refused=refused, headers=headers)
