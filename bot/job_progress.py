"""How far a job is that runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class JobProgress:
    """Progress of a running job: a stage, the fraction of it (0 … 1), and the take, from 1."""

    stage: str
    fraction: float
    take: int
