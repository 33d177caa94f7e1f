"""How much a member and a guild may have in hand at once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class DoorLimits:
    """How much may be in hand at once.

    Attributes:
        per_member: interactions of a member in each slot.
        per_guild: requests for clips in a guild that are taken in.
        in_line: those in a guild that wait for it, one of each member.
    """

    per_member: int
    per_guild: int
    in_line: int
