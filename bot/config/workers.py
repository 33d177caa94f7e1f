"""Settings for machines that draw for the bot."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings

from bot.config.choices import ShareWith


class Working(BaseSettings):
    """A part of :class:`bot.config.settings.Settings`."""

    worker_beat_seconds: float = Field(
        2.0, ge=0.5, le=60, description="Seconds between two signs of life of a [worker](workers.md)."
    )
    worker_lease_seconds: float = Field(
        10.0,
        ge=4,
        le=3600,
        description="Seconds without a sign of life before a worker's job is given to another.",
    )
    worker_apart_minutes: float = Field(
        10.0,
        gt=0,
        le=1440,
        description="Minutes without a broker before the jobs of all workers are given to others.",
    )
    worker_losses: int = Field(
        4,
        ge=1,
        le=100,
        description="How often workers' programs may end in a job before it is set aside. A worker counts "
        "once until it has drawn another; a silence is none.",
    )
    worker_bad_clips: int = Field(
        3,
        ge=1,
        le=1000,
        description="Clips in a row that are not what was ordered, after which a worker is shut out.",
    )
    worker_messages_per_second: float = Field(
        25.0, ge=5, le=10_000, description="Messages a second that a worker may send in the long run."
    )
    worker_messages_at_once: int = Field(
        200, ge=20, le=100_000, description="Messages that a worker may send at once; then it is shut out."
    )
    worker_transfers: int = Field(
        32, ge=1, le=128, description="Clips that are fetched from workers at the same time."
    )
    share_weights: ShareWith = Field(
        ShareWith.OWN,
        description="Which workers may fetch a copy of your own checkpoints and styles from the bot: nobody, "
        "own (your machines), friend (also your friends'), public (anybody's). Whoever has a copy keeps it: "
        "look at what a file's licence says about passing it on.",
    )
    share_weights_bytes: int = Field(
        8_000_000_000, ge=1, description="Larger checkpoints and styles are not passed on to workers."
    )
    worker_remembered_hours: float = Field(
        24.0,
        ge=0,
        le=8760,
        description="Hours for which a worker that is away is counted on: what only it can draw waits.",
    )
