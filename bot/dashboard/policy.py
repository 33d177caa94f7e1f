"""Who may log in, and for how long. The command line reads this, so it imports nothing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class DashboardPolicy:
    """Who may log in, and for how long.

    Attributes:
        seconds: until a login ends.
        tries: wrong keys in a minute; then none is looked at.
    """

    seconds: float
    tries: int
