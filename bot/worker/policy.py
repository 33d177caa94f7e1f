"""How much and how long, for a machine that draws for a bot elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

from bot.config.settings import Settings


@dataclass(frozen=True, kw_only=True)
class WorkerPolicy:
    """What a worker allows itself.

    Attributes:
        keep_seconds: how long a finished clip is kept that nobody fetches.
        clips_waiting: with so many finished clips on disk, no job is asked for.
        refused_seconds: how long a login may be refused before the worker ends.
        weights_bytes: most bytes of the owner's checkpoints and styles that are fetched and kept.
        stop_grace: seconds that running jobs, and clips that wait, get when it is told to stop.
    """

    keep_seconds: float
    clips_waiting: int
    refused_seconds: float
    weights_bytes: int
    stop_grace: float


def for_worker(settings: Settings) -> WorkerPolicy:
    """What the settings say."""
    return WorkerPolicy(
        keep_seconds=settings.worker_keep_seconds,
        clips_waiting=settings.worker_clips_waiting,
        refused_seconds=settings.worker_refused_seconds,
        weights_bytes=settings.worker_weights_bytes,
        stop_grace=settings.stop_grace,
    )
