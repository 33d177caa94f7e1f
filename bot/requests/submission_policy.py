"""What may be asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from db.jobs.enqueue import EnqueueLimits
from engine.planning.plan import PlanLimits


@dataclass(frozen=True, kw_only=True)
class SubmissionPolicy:
    """What submissions are held to.

    Attributes:
        most_drafts: that a member can choose from; 0: they can't.
        engine: "auto", or the one that the owner chose.
        data_dir: where the disk must have room.
        min_free_disk: bytes.
        max_prompt: characters.
        per_guild: requests of a guild that are taken in at the same time.
        in_line: those of a guild that may wait for it.
        line_seconds: how long each of them does at most.
    """

    limits: EnqueueLimits
    plan: PlanLimits
    data_dir: Path
    min_free_disk: int
    max_prompt: int
    most_drafts: int
    engine: str
    per_guild: int
    in_line: int
    line_seconds: float
