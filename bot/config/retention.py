"""How long everything is kept."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings


class Keeping(BaseSettings):
    """A part of :class:`bot.config.settings.Settings`."""

    keep_inputs_days: float = Field(
        7.0, ge=0, description="Days to keep members' pictures after their job, for Reroll and Remix."
    )
    keep_clips_days: float = Field(
        7.0, ge=0, description="Days to keep clips after they were posted, for /mydata export."
    )
    keep_prompts_days: float = Field(
        30.0, ge=0, description="Days before a job's prompt is deleted; the statistics stay."
    )
    keep_left_guild_days: float = Field(
        30.0, ge=0, description="Days before a server that the bot has left is forgotten."
    )
    keep_set_aside_days: float = Field(
        30.0,
        gt=0,
        description="Days to keep a database that was set aside because it was damaged or replaced.",
    )
    keep_starred_days: float = Field(
        90.0, gt=0, description="Days to keep a clip after a member gave it a star."
    )
    keep_sheets_days: float = Field(
        7.0, gt=0, description="Days to keep pictures of discarded takes; never longer than the inputs."
    )
    reel_clips: int = Field(
        5, ge=1, le=10, description="Most clips in a reel of the showcase, or of a contest."
    )
    max_effects: int = Field(
        12,
        ge=0,
        le=13,
        description="Most effects of its own that a server can have, beside the twelve that ship; "
        "Discord's lists end at 25.",
    )
    max_starred: int = Field(50, ge=1, description="Most stars a member can have in a server.")
