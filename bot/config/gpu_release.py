"""Settings for leaving a graphics card to other programs, such as games."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, field_validator
from pydantic_settings import BaseSettings, NoDecode

from bot.config.gpu_hours import Hours, read_hours


def _read(value: object) -> object:
    return read_hours(value) if isinstance(value, str) else value


class Leaving(BaseSettings):
    """A part of :class:`bot.config.settings.Settings`."""

    leave_out: Annotated[tuple[Annotated[Hours, BeforeValidator(_read)], ...], NoDecode] = Field(
        (),
        description="Hours in which engines of this machine draw nothing and hold no memory, such as GPU 1 "
        "18:00-23:00. Comma-separated; /queue show has the names, and all is every one.",
    )
    time_zone: str = Field(
        "", description="Time zone of these hours, such as Europe/Berlin. Empty: that of this machine."
    )
    leave_out_memory_gb: float = Field(
        0.0,
        ge=0,
        le=1000,
        description="A GPU is also left out while other programs hold at least so many GB of its memory. 0: "
        "it never is.",
    )
    leave_out_seconds: float = Field(
        60.0,
        ge=0,
        le=86_400,
        description="Seconds in which a running job can still end when its engine is to be left out; then it "
        "goes back to the front of the queue.",
    )

    @field_validator("leave_out", mode="before")
    @classmethod
    def _split_hours(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(part for part in value.split(",") if part.strip())

    @field_validator("time_zone")
    @classmethod
    def _is_known_zone(cls, value: str) -> str:
        if value:
            try:
                ZoneInfo(value)
            except (KeyError, ValueError, OSError):
                raise ValueError("no time zone has this name") from None
        return value
