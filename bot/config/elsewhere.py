"""Settings for engines that draw on other machines."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings


class Elsewhere(BaseSettings):
    """A part of :class:`bot.config.settings.Settings`."""

    workflows_dir: Path | None = Field(
        None,
        description="Folder of [ComfyUI workflows](comfyui.md); each is an engine that members can choose. "
        "Unset: there are none.",
    )
