"""How far finished clips may be taken."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ClipRules:
    """How far clips may be taken.

    Attributes:
        max_seconds: how long one may become.
        max_starred: stars that a member may have in a server.
        keep_starred_days: how long a star keeps a clip.
    """

    max_seconds: float
    max_starred: int
    keep_starred_days: float
