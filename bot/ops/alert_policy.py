"""What the owner is told by direct message. A clip is made without Discord's library."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class AlertPolicy:
    """What the owner is told.

    Attributes:
        wanted: anything at all.
        free_disk: bytes; below that they are told.
        feed: the address of a list of releases; "" for none.
    """

    wanted: bool
    free_disk: int
    feed: str
