"""Settings for members' sound files."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings

from engine.untrusted.sound_headers import SoundLimits


class Sounding(BaseSettings):
    """A part of :class:`bot.config.settings.Settings`."""

    max_sound_bytes: int = Field(
        SoundLimits.max_bytes, ge=1024, description="Largest sound file a member can send, in bytes."
    )
    max_sound_seconds: float = Field(
        SoundLimits.max_seconds,
        ge=1,
        description="Longest sound file a member can send, in seconds; the first ones are used.",
    )
    sound_decode_seconds: float = Field(20.0, gt=0, description="Most seconds for reading a sound file.")
