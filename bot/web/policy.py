"""Where the bot serves its pages. The command line reads this, so it imports nothing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class WebPolicy:
    """Where is served.

    Attributes:
        host: an address of this machine.
        port: 0 takes a free one.
    """

    host: str
    port: int
