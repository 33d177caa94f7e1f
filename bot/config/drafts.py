"""Settings of the drafts that members choose from, and of the form in which they are shown."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings

from bot.config.choices import MOST_TAKES, Containers


class Choosing(BaseSettings):
    """A part of :class:`bot.config.settings.Settings`."""

    most_drafts: int = Field(
        4, ge=0, le=MOST_TAKES, description="Most drafts a member can choose from with takes:. 0: none."
    )
    draft_seconds: float = Field(
        2.0, ge=0.5, description="Length of a draft, where a shorter clip moves as a longer one does."
    )
    draft_steps: float = Field(
        0.34,
        gt=0,
        le=1,
        description="Share of a model's steps in a draft; with fewer it is cheaper and rougher.",
    )
    choose_minutes: float = Field(
        30.0, gt=0, le=1440, description="Minutes to choose a draft before the best one is finished."
    )
    components_v2: Containers = Field(
        Containers.AUTO,
        description="Which messages are posted as [containers](members.md#containers). auto: those that read "
        "better so, which are drafts and /help; all: finished clips, too; off: none.",
    )
