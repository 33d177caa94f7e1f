"""First looks at what is being drawn, for a job's status message. Held in memory only."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from db.states import JobId


@dataclass(frozen=True, kw_only=True)
class FirstLook:
    """What one of its takes looks like so far.

    Attributes:
        mp4: a small clip.
        asks: the member has not answered yet whether to keep it.
    """

    take: int
    mp4: bytes
    asks: bool = True


class FirstLooks:
    """Which first looks are worth showing, and which of them still ask for an answer."""

    def __init__(self, drafts: Mapping[JobId, FirstLook]) -> None:
        """Make one that reads ``drafts``, the latest first look of each running job."""
        self._drafts = drafts
        self._kept: dict[JobId, int] = {}
        self._left_out: dict[JobId, int] = {}

    def of(self, job: JobId) -> FirstLook | None:
        """The first look to show for a job, if there is one."""
        look = self._drafts.get(job)
        if look is None or self._left_out.get(job) == look.take:
            return None
        return dataclasses.replace(look, asks=self._kept.get(job) != look.take)

    def keep(self, job: JobId) -> bool:
        """Mark the current first look as kept. Returns False if there is none."""
        look = self._drafts.get(job)
        if look is not None:
            self._kept[job] = look.take
        return look is not None

    def leave_out(self, job: JobId, take: int) -> None:
        """Do not try again to show the first look of this take."""
        self._left_out[job] = take

    def forget(self, job: JobId) -> None:
        """The job is over."""
        self._kept.pop(job, None)
        self._left_out.pop(job, None)
