"""Settings of a machine that draws for a bot on another one."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings


class Helping(BaseSettings):
    """A part of :class:`bot.config.settings.Settings`."""

    worker_dir: Path = Field(
        Path("~/.framekiln/worker"),
        description="Folder of a machine that draws for a bot elsewhere: its invitation and its work.",
    )
    worker_keep_seconds: float = Field(
        3600.0,
        ge=60,
        le=86_400,
        description="Most seconds that such a machine keeps a finished clip that the bot does not fetch.",
    )
    worker_clips_waiting: int = Field(
        3,
        ge=1,
        le=8,
        description="While so many finished clips wait for the bot, such a machine asks for no further job.",
    )
    worker_weights_bytes: int = Field(
        20_000_000_000,
        ge=0,
        description="Most bytes of checkpoints and styles of the bot's owner that such a machine fetches and "
        "keeps; the oldest makes room. 0: it fetches none.",
    )
    worker_refused_seconds: float = Field(
        300.0,
        ge=1,
        le=86_400,
        description="Seconds after which such a machine gives up if the bot does not take its invitation.",
    )
