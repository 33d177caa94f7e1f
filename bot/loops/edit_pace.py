"""How often, and how many at once, status messages are edited: Discord allows a bot 50 requests a second."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from db.states import JobId

EDITS_A_SECOND = 25.0
"""What running jobs may take of the 50: with more of them, each message is edited less often."""

EDITS_AT_ONCE_IN_CHANNEL = 2
"""Discord counts requests by channel: those of a full one wait there, and must not keep others waiting."""


@dataclass(kw_only=True)
class Shown:
    """What a status message says now, and when it may be edited again.

    Attributes:
        draft: the take whose first look is attached; 0 if there is none, None if unknown.
        channel: where it stands; 0: not known.
    """

    content: str = ""
    draft: int | None = None
    next: float = 0.0
    channel: int = 0


def interval_of(running: int, least: float) -> float:
    """Seconds between two edits of one message while so many jobs run; ``least`` is the owner's."""
    return max(least, running / EDITS_A_SECOND)


def fitting(
    due: Sequence[JobId], shown: Mapping[JobId, Shown], busy: Collection[JobId], *, most: int
) -> Iterator[JobId]:
    """Those whose messages may be edited now.

    Args:
        due: in their order.
        shown: where each message stands, as far as that is known.
        busy: those whose message is being edited.
        most: how many.
    """
    channels = Counter(shown[job].channel for job in busy if job in shown)
    for job in due:
        channel = shown[job].channel if job in shown else 0
        if channel and channels[channel] >= EDITS_AT_ONCE_IN_CHANNEL:
            continue
        channels[channel] += 1
        most -= 1
        if most < 0:
            return
        yield job
