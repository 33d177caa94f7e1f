"""What can go wrong between the bot and Discord, ordered by a test."""

import re
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Status:
    """An answer with this status in place of the true one; the request is not carried out."""

    status: int
    code: int = 0
    message: str = "The fake was told to fail"


@dataclass(frozen=True)
class RateLimit:
    """429. `cloudflare` answers as the wall before Discord does: no JSON, no `Via` header."""

    retry_after: float = 0.2
    is_global: bool = False
    cloudflare: bool = False


@dataclass(frozen=True)
class LostAnswer:
    """The request is carried out, then the connection dies before the answer."""


@dataclass(frozen=True)
class Cut:
    """The connection dies before the request is carried out."""


@dataclass(frozen=True)
class Slow:
    """The request waits this long before it is carried out."""

    seconds: float


@dataclass(frozen=True)
class TooLarge:
    """413 with code 40005, whatever the size."""


Fault = Status | RateLimit | LostAnswer | Cut | Slow | TooLarge


@dataclass
class Rule:
    """One order to fail: after `after` matching requests, the next `times` of them."""

    method: str
    route: re.Pattern[str]
    how: Fault
    times: int
    after: int
    used: int = 0

    def takes(self, method: str, path: str) -> bool:
        """Whether this request is to fail; counts it where it matches."""
        if self.method not in ("*", method) or not self.route.search(path):
            return False
        if self.after > 0:
            self.after -= 1
            return False
        if self.used >= self.times:
            return False
        self.used += 1
        return True


class Faults:
    """The orders in force."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []

    def add(self, method: str, route: str, how: Fault, *, times: int, after: int) -> Rule:
        """Add an order; `route` is a regex searched in the path after `/api/v10`."""
        rule = Rule(method=method, route=re.compile(route), how=how, times=times, after=after)
        self.rules.append(rule)
        return rule

    def take(self, method: str, path: str) -> Fault | None:
        """The fault this request meets, if any: the first order that takes it."""
        for rule in self.rules:
            if rule.takes(method, path):
                return rule.how
        return None


@dataclass(frozen=True)
class Truncated:
    """The CDN promises the whole length and stops after `at` bytes."""

    at: int


@dataclass(frozen=True)
class Trickle:
    """The CDN sends `step` bytes every `every` seconds (a slow loris)."""

    step: int = 1
    every: float = 0.2


@dataclass(frozen=True)
class Endless:
    """The CDN never stops sending; no length is given. `limit` spares the test machine."""

    limit: int = 1 << 30


@dataclass(frozen=True)
class Redirect:
    """The CDN sends the reader elsewhere."""

    to: str


@dataclass(frozen=True)
class Answers:
    """The CDN answers with this status, or calls the file another type."""

    status: int = 200
    content_type: str | None = None


CdnFault = Truncated | Trickle | Endless | Redirect | Answers


@dataclass(frozen=True)
class Honest:
    """Stands for "what is true of the bytes" where None means "not said at all"."""


HONEST = Honest()


@dataclass(frozen=True)
class Upload:
    """A file that a member attaches. What it claims can be untrue; Discord passes much of that on.

    `content_type`, `width`, `height` and `flags` may be None: then the payload leaves the field out.
    """

    filename: str
    data: bytes
    content_type: str | Honest | None = HONEST
    size: int | Honest = HONEST
    width: int | Honest | None = HONEST
    height: int | Honest | None = HONEST
    flags: int | None = None
    fault: CdnFault | None = None


def claimed(value: Any, honest: Any) -> Any:
    """The claim, or the truth where no claim was made."""
    return honest if isinstance(value, Honest) else value
