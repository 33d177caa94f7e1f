"""What the job that runs is doing, and what it looks like so far: for its status message, kept nowhere."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from db.states import JobId


@dataclass(frozen=True, kw_only=True)
class Live:
    """How far the job that runs is: the share (0 … 1) of a stage, and the take, from 1."""

    stage: str
    fraction: float
    take: int


@dataclass(frozen=True, kw_only=True)
class FirstLook:
    """What one take of it looks like so far.

    Attributes:
        mp4: a small clip.
        asks: nobody has said yet what they think of it.
    """

    take: int
    mp4: bytes
    asks: bool = True


@dataclass(kw_only=True)
class Shown:
    """What a status message says now, and when it may be edited again.

    Attributes:
        draft: the take whose first look hangs on it; 0: there is none; None: nobody knows.
    """

    content: str = ""
    draft: int | None = None
    next: float = 0.0


class FirstLooks:
    """Which first looks are worth showing, and which of them still ask for an answer."""

    def __init__(self, drafts: Mapping[JobId, FirstLook]) -> None:
        """Make one that answers from what there is in ``drafts``."""
        self._drafts = drafts
        self._kept: dict[JobId, int] = {}
        self._left_out: dict[JobId, int] = {}

    def of(self, job: JobId) -> FirstLook | None:
        """What there is to show of a job."""
        look = self._drafts.get(job)
        if look is None or self._left_out.get(job) == look.take:
            return None
        return dataclasses.replace(look, asks=self._kept.get(job) != look.take)

    def keep(self, job: JobId) -> bool:
        """The one that there is was liked: it asks no more. False where there is none."""
        look = self._drafts.get(job)
        if look is not None:
            self._kept[job] = look.take
        return look is not None

    def leave_out(self, job: JobId, take: int) -> None:
        """That of this take could not be shown; it is not tried again."""
        self._left_out[job] = take

    def forget(self, job: JobId) -> None:
        """The job is over."""
        self._kept.pop(job, None)
        self._left_out.pop(job, None)
