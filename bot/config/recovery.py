"""The settings that say what the bot puts up with: engines that end, restarts, a machine short of something.

They are a part of :class:`bot.config.settings.Settings`, which says how a setting is given.
"""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings


class Endurance(BaseSettings):
    """What a job may go through, and how long is waited for what the machine is short of."""

    crash_limit: int = Field(
        2,
        ge=1,
        description="Engine crashes in one job before it goes last; if the engine then draws others and "
        "crashes in this job again, it is set aside.",
    )
    restart_limit: int = Field(
        5,
        ge=1,
        description="Times that the bot crashed, or the engine was killed, in one job while others went "
        "well, before it is set aside.",
    )
    goes_last_after: int = Field(
        3, ge=1, description="Interruptions of one job, whatever the reason, before it goes last."
    )
    machine_faults: int = Field(
        10,
        ge=1,
        le=1000,
        description="How often GPUs, engines or workers may fail in one job before it ends, at no cost for "
        "its member. Machines that have not failed in it go first, and as long as there is one, it does not "
        "end. A worker of which nothing is heard has not failed.",
    )
    shortage_pause_last: float = Field(
        30.0,
        ge=1,
        description="Most seconds between two tries while the disk is full or memory or file handles are "
        "used up.",
    )
    away_pause_last: float = Field(
        120.0,
        ge=1,
        description="Most seconds between two tries while a server or service that draws can't be reached.",
    )
    reserve_bytes: int = Field(
        8 * 2**20,
        ge=0,
        description="Bytes set aside on the disk, so that the queue can still be written when the disk is "
        "full. 0: none.",
    )
    log_backlog: int = Field(
        1_000_000,
        ge=10_000,
        description="Most bytes of log lines kept while nobody reads them; the rest is dropped and counted.",
    )
